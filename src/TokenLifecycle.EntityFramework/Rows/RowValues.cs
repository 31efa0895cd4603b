using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework.Rows;

/// <summary>What a save writes: everything but what the store itself keeps in the row (version, lease, intent, times of the row).</summary>
internal static class RowValues
{
    /// <summary>The largest random step that raises a version when the time is not greater than the version.</summary>
    public const int LongestVersionStep = 1 << 20;

    private const int TicksOfMicrosecond = 10;

    public static OAuthConnection Of(StoredToken token)
    {
        TokenSet tokens = token.Tokens;
        OAuthConnection row = new()
        {
            Provider = token.Key.Provider,
            UserId = token.Key.UserId,
            Connection = token.Key.Connection,
            Tenant = token.Key.Tenant,
            AccessToken = tokens.AccessToken,
            RefreshToken = tokens.RefreshToken,
            TokenType = tokens.TokenType,
            Captured = RowText.Pairs(tokens.Captured),
            IssuedAt = Time(tokens.IssuedAt),
            ExpiresAt = Time(tokens.ExpiresAt),
            RefreshTokenExpiresAt = Time(tokens.RefreshTokenExpiresAt),
            Scopes = RowText.Words(tokens.Scopes),
            AccountId = tokens.AccountId,
            Issuer = tokens.Issuer,
            ClientId = tokens.ClientId,
            SignInIssuer = tokens.SignInIssuer,
            ReceivedAt = token.ReceivedAt == default ? null : Time(token.ReceivedAt),
            NextRefreshAt = Time(token.NextRefreshAt),
            Reauthorization = token.Reauthorization?.ToString(),
            ClientFingerprint = token.ClientFingerprint,
            RetiredFingerprints = token.RetiredFingerprints.Count == 0 ? null : RowText.Words(token.RetiredFingerprints),
        };
        SetFailure(row, token.Failure);
        return row;
    }

    public static void SetFailure(OAuthConnection row, TokenFailure? failure)
    {
        row.FailureKind = failure?.Kind.ToString();
        row.FailureAt = Time(failure?.At);
        row.FailureFirstAt = Time(failure?.FirstAt);
        row.FailureAttempts = failure?.Attempts;
        row.FailureErrorCode = failure?.ErrorCode;
        row.FailureHttpStatus = failure?.HttpStatus;
    }

    /// <summary>
    /// In UTC, in whole microseconds: no engine's timestamps are finer than PostgreSQL's are guaranteed to be, and what is returned must be
    /// what is stored.
    /// </summary>
    public static DateTime? Time(DateTimeOffset? moment) =>
        moment is { } at ? new DateTime(at.UtcTicks - (at.UtcTicks % TicksOfMicrosecond), DateTimeKind.Utc) : null;
}
