using TokenLifecycle.EntityFramework.Model;
using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework.Rows;

/// <summary>What a save writes: everything but what the store itself keeps in the row (version, lease, intent, times of the row).</summary>
internal static class RowValues
{
    /// <summary>The largest random step that raises a version when the time is not greater than the version.</summary>
    public const int LongestVersionStep = 1 << 20;

    private const int TicksOfMicrosecond = 10;

    public static Dictionary<string, object?> Of(StoredToken token)
    {
        TokenSet tokens = token.Tokens;
        Dictionary<string, object?> row = new(StringComparer.Ordinal)
        {
            [Row.Provider] = token.Key.Provider,
            [Row.UserId] = token.Key.UserId,
            [Row.Connection] = token.Key.Connection,
            [Row.Tenant] = token.Key.Tenant,
            [Row.AccessToken] = tokens.AccessToken,
            [Row.RefreshToken] = tokens.RefreshToken,
            [Row.TokenType] = tokens.TokenType,
            [Row.Captured] = RowText.Pairs(tokens.Captured),
            [Row.IssuedAt] = Time(tokens.IssuedAt),
            [Row.ExpiresAt] = Time(tokens.ExpiresAt),
            [Row.RefreshTokenExpiresAt] = Time(tokens.RefreshTokenExpiresAt),
            [Row.Scopes] = RowText.Words(tokens.Scopes),
            [Row.AccountId] = tokens.AccountId,
            [Row.Issuer] = tokens.Issuer,
            [Row.ClientId] = tokens.ClientId,
            [Row.ReceivedAt] = token.ReceivedAt == default ? null : Time(token.ReceivedAt),
            [Row.NextRefreshAt] = Time(token.NextRefreshAt),
            [Row.Reauthorization] = token.Reauthorization?.ToString(),
            [Row.ClientFingerprint] = token.ClientFingerprint,
            [Row.RetiredFingerprints] = token.RetiredFingerprints.Count == 0 ? null : RowText.Words(token.RetiredFingerprints),
        };
        SetFailure(row, token.Failure);
        return row;
    }

    public static void SetFailure(Dictionary<string, object?> row, TokenFailure? failure)
    {
        row[Row.FailureKind] = failure?.Kind.ToString();
        row[Row.FailureAt] = Time(failure?.At);
        row[Row.FailureFirstAt] = Time(failure?.FirstAt);
        row[Row.FailureAttempts] = failure?.Attempts;
        row[Row.FailureErrorCode] = failure?.ErrorCode;
        row[Row.FailureHttpStatus] = failure?.HttpStatus;
    }

    /// <summary>In UTC, in whole microseconds: no engine's timestamps are finer than PostgreSQL's are guaranteed to be, and what is returned must be what is stored.</summary>
    public static DateTime? Time(DateTimeOffset? moment) =>
        moment is { } at ? new DateTime(at.UtcTicks - (at.UtcTicks % TicksOfMicrosecond), DateTimeKind.Utc) : null;
}
