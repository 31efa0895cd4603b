using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using StackExchange.Redis;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Redis;

/// <summary>
/// Rows as fields and values of a hash. The scripts decide by the same rules as <see cref="ToToken"/> whether a row can be read.
/// </summary>
internal static class RowMapper
{
    /// <summary>Gets the fields that a save writes, apart from those that the script itself writes.</summary>
    public static List<RedisValue> Fields(StoredToken token)
    {
        TokenSet tokens = token.Tokens;
        List<RedisValue> fields = [];
        Add(RowFields.Tenant, token.Key.Tenant is { Length: > 0 } tenant ? tenant : null);
        Add(RowFields.Provider, token.Key.Provider);
        Add(RowFields.UserId, token.Key.UserId);
        Add(RowFields.Connection, token.Key.Connection);
        Add(RowFields.AccessToken, tokens.AccessToken);
        Add(RowFields.RefreshToken, tokens.RefreshToken);
        Add(RowFields.TokenType, tokens.TokenType);
        Add(RowFields.IssuedAt, Time(tokens.IssuedAt));
        Add(RowFields.ExpiresAt, Time(tokens.ExpiresAt));
        Add(RowFields.RefreshTokenExpiresAt, Time(tokens.RefreshTokenExpiresAt));
        Add(RowFields.Scopes, List(tokens.Scopes));
        Add(RowFields.AccountId, tokens.AccountId);
        Add(RowFields.AccountKey, tokens.AccountId is { } account ? TokenFingerprint.Of(account) : null);
        Add(RowFields.Issuer, tokens.Issuer);
        Add(RowFields.ClientId, tokens.ClientId);
        Add(RowFields.SignInIssuer, tokens.SignInIssuer);
        Add(RowFields.ReceivedAt, token.ReceivedAt == default ? null : Time(token.ReceivedAt));
        Add(RowFields.NextRefreshAt, Time(token.NextRefreshAt));
        Add(RowFields.Reauthorization, token.Reauthorization?.ToString());
        Add(RowFields.ClientFingerprint, token.ClientFingerprint);
        Add(RowFields.RetiredFingerprints, token.RetiredFingerprints.Count == 0 ? null : List(token.RetiredFingerprints));
        foreach ((string name, string value) in tokens.Captured)
            Add(RowFields.CapturedPrefix + name, value);
        if (token.Failure is { } failure)
            fields.AddRange(Fields(failure));
        return fields;

        void Add(string name, string? value)
        {
            if (value is not null)
                fields.AddRange([name, value]);
        }
    }

    /// <summary>Gets the fields of a failure.</summary>
    public static List<RedisValue> Fields(TokenFailure failure)
    {
        List<RedisValue> fields =
        [
            RowFields.FailureKind, failure.Kind.ToString(), RowFields.FailureAt, Time(failure.At), RowFields.FailureFirstAt, Time(failure.FirstAt), RowFields.FailureAttempts, failure.Attempts,
        ];
        if (failure.ErrorCode is { } code)
            fields.AddRange([RowFields.FailureErrorCode, code]);
        if (failure.HttpStatus is { } status)
            fields.AddRange([RowFields.FailureHttpStatus, status]);
        return fields;
    }

    /// <summary>In whole microseconds since 1970, as a script can compare them.</summary>
    public static string? Time(DateTimeOffset? moment) =>
        moment is { } at ? ((at.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / TimeSpan.TicksPerMicrosecond).ToString(CultureInfo.InvariantCulture) : null;

    /// <summary>Reads a row.</summary>
    /// <exception cref="UnreadableTokenException">The row was not written by this library, or by a newer version of it, or it belongs to
    /// another connection.</exception>
    public static StoredToken ToToken(TokenKey key, IReadOnlyDictionary<string, string> row)
    {
        RowReader read = new(key, row);
        read.Check(key);
        return new StoredToken
        {
            Key = key,
            Version = read.Number(RowFields.Version) ?? throw read.Damaged(RowFields.Version),
            Reauthorization = read.Reauthorization(),
            Failure = read.Failure(),
            NextRefreshAt = read.Moment(RowFields.NextRefreshAt),
            ReceivedAt = read.Moment(RowFields.ReceivedAt) ?? default,
            ClientFingerprint = read.Text(RowFields.ClientFingerprint),
            RetiredFingerprints = read.List(RowFields.RetiredFingerprints) ?? [],
            Intent = read.Intent(),
            Tokens = new TokenSet
            {
                AccessToken = read.Text(RowFields.AccessToken) ?? throw read.Damaged(RowFields.AccessToken),
                RefreshToken = read.Text(RowFields.RefreshToken),
                TokenType = read.Text(RowFields.TokenType) ?? "Bearer",
                IssuedAt = read.Moment(RowFields.IssuedAt),
                ExpiresAt = read.Moment(RowFields.ExpiresAt),
                RefreshTokenExpiresAt = read.Moment(RowFields.RefreshTokenExpiresAt),
                Scopes = read.List(RowFields.Scopes),
                AccountId = read.Text(RowFields.AccountId),
                Captured = row.Where(static field => field.Key.StartsWith(RowFields.CapturedPrefix, StringComparison.Ordinal))
                    .ToImmutableDictionary(static field => field.Key[RowFields.CapturedPrefix.Length..], static field => field.Value, StringComparer.Ordinal),
                Issuer = read.Text(RowFields.Issuer),
                ClientId = read.Text(RowFields.ClientId),
                SignInIssuer = read.Text(RowFields.SignInIssuer),
            },
        };
    }

    /// <summary>Gets the reason why a script found that a row cannot be read.</summary>
    public static UnreadableTokenException Unreadable(TokenKey key, IReadOnlyDictionary<string, string> row)
    {
        try
        {
            _ = ToToken(key, row);
            return new UnreadableTokenException(key, "one of its numbers is damaged. Restore it from a backup, or disconnect and connect again.");
        }
        catch (UnreadableTokenException reason)
        {
            return reason;
        }
    }

    /// <summary>Reads a row; returns <see langword="null"/> if it cannot be read.</summary>
    public static StoredToken? ToTokenOrNull(TokenKey key, IReadOnlyDictionary<string, string> row)
    {
        try
        {
            return ToToken(key, row);
        }
        catch (UnreadableTokenException)
        {
            return null;
        }
    }

    /// <summary>Reads what a list shows, from the fields <see cref="RowFields.Listed"/>.</summary>
    public static StoredConnection ToConnection(TokenKey key, Dictionary<string, string> row)
    {
        row[RowFields.AccessToken] = ""; // It was not read, and its absence must not make the row unreadable.
        return ToTokenOrNull(key, row)?.ToConnection() ?? new StoredConnection { Key = key, IsUnreadable = true };
    }

    private static string? List(IReadOnlyList<string>? words) => words is null ? null : JsonSerializer.Serialize([.. words], RowJsonContext.Default.StringArray);
}
