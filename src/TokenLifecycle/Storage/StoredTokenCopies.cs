using System.Collections.Immutable;

namespace TokenLifecycle.Storage;

/// <summary>Changed copies of a <see cref="StoredToken"/>, written out member by member: a record would print its secrets.</summary>
internal static class StoredTokenCopies
{
    /// <summary>The row under a new version, without intent, and with its lists copied: what the caller does to its own afterwards changes nothing.</summary>
    public static StoredToken Frozen(this StoredToken token, long version) => new()
    {
        Key = token.Key,
        Tokens = token.Tokens.Frozen(),
        Version = version,
        Reauthorization = token.Reauthorization,
        Failure = token.Failure,
        NextRefreshAt = token.NextRefreshAt,
        ReceivedAt = token.ReceivedAt,
        RetiredFingerprints = token.RetiredFingerprints.ToImmutableArray(),
        Intent = null,
    };

    /// <summary>The row with other tokens.</summary>
    public static StoredToken With(this StoredToken token, TokenSet tokens) => new()
    {
        Key = token.Key,
        Tokens = tokens,
        Version = token.Version,
        Reauthorization = token.Reauthorization,
        Failure = token.Failure,
        NextRefreshAt = token.NextRefreshAt,
        ReceivedAt = token.ReceivedAt,
        RetiredFingerprints = token.RetiredFingerprints,
        Intent = token.Intent,
    };

    /// <summary>The row with another intent.</summary>
    public static StoredToken With(this StoredToken token, RefreshIntent? intent) => new()
    {
        Key = token.Key,
        Tokens = token.Tokens,
        Version = token.Version,
        Reauthorization = token.Reauthorization,
        Failure = token.Failure,
        NextRefreshAt = token.NextRefreshAt,
        ReceivedAt = token.ReceivedAt,
        RetiredFingerprints = token.RetiredFingerprints,
        Intent = intent,
    };

    /// <summary>The row after an attempt that brought no new tokens.</summary>
    public static StoredToken With(this StoredToken token, RefreshEnding ending, RefreshIntent? intent) => new()
    {
        Key = token.Key,
        Tokens = token.Tokens,
        Version = token.Version,
        Reauthorization = ending.Reauthorization ?? token.Reauthorization,
        Failure = ending.Failure ?? token.Failure,
        NextRefreshAt = ending.NextRefreshAt ?? ((ending.Reauthorization ?? token.Reauthorization) is null ? token.NextRefreshAt : null),
        ReceivedAt = token.ReceivedAt,
        RetiredFingerprints = token.RetiredFingerprints,
        Intent = intent,
    };

    private static TokenSet Frozen(this TokenSet tokens) => new()
    {
        AccessToken = tokens.AccessToken,
        TokenType = tokens.TokenType,
        RefreshToken = tokens.RefreshToken,
        IssuedAt = tokens.IssuedAt,
        ExpiresAt = tokens.ExpiresAt,
        RefreshTokenExpiresAt = tokens.RefreshTokenExpiresAt,
        Scopes = tokens.Scopes?.ToImmutableArray(),
        AccountId = tokens.AccountId,
        Captured = tokens.Captured.ToImmutableDictionary(StringComparer.Ordinal),
        Issuer = tokens.Issuer,
        ClientId = tokens.ClientId,
    };
}
