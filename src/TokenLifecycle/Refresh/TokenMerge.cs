using TokenLifecycle.Options;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Refresh;

/// <summary>What a connection holds after a reply: the new tokens, and everything of the old that the reply did not replace.</summary>
internal static class TokenMerge
{
    /// <summary>The tokens after a successful refresh.</summary>
    public static TokenSet Refreshed(StoredToken row, TokenSet reply, OAuthProviderOptions provider)
    {
        string? refreshToken = RefreshTokenAfter(row, reply.RefreshToken);
        bool replaced = !string.Equals(refreshToken, row.Tokens.RefreshToken, StringComparison.Ordinal);
        return row.Tokens with
        {
            AccessToken = reply.AccessToken,
            TokenType = reply.TokenType,
            RefreshToken = refreshToken,
            IssuedAt = reply.IssuedAt,
            ExpiresAt = ExpiryOf(reply, row.Tokens.Lifetime, provider),
            RefreshTokenExpiresAt = RefreshTokenEnd(reply, provider) ?? (replaced && provider.RefreshTokenAbsoluteLimit is null ? null : row.Tokens.RefreshTokenExpiresAt),

            // RFC 6749 section 6: a refresh reply without a scope has the scope of before.
            Scopes = reply.Scopes ?? row.Tokens.Scopes,
            AccountId = row.Tokens.AccountId ?? reply.AccountId,
            Captured = Merged(row.Tokens.Captured, reply.Captured),
            Issuer = reply.Issuer,
            ClientId = reply.ClientId,
        };
    }

    /// <summary>Returns the tokens after an answer in which only the refresh token is usable (B6).</summary>
    public static TokenSet Salvaged(StoredToken row, string refreshToken) => row.Tokens with { RefreshToken = RefreshTokenAfter(row, refreshToken) };

    /// <summary>The fingerprints of the replaced refresh tokens once <paramref name="next"/> is stored.</summary>
    public static IReadOnlyList<string> RetiredAfter(StoredToken row, TokenSet next)
    {
        if (row.Tokens.RefreshToken is not { } old || string.Equals(old, next.RefreshToken, StringComparison.Ordinal))
            return row.RetiredFingerprints;

        return [.. row.RetiredFingerprints.Append(TokenFingerprint.Of(old)).TakeLast(TokenFingerprint.Kept)];
    }

    /// <summary>
    /// When a token expires: as stated, else by the lifetime of the previous one (never by its expiry, D2), else by the provider's
    /// settings, else unknown.
    /// </summary>
    public static DateTimeOffset? ExpiryOf(TokenSet tokens, TimeSpan? previousLifetime, OAuthProviderOptions provider)
    {
        if (tokens.ExpiresAt is { } told)
            return told;

        TimeSpan? lifetime = previousLifetime > TimeSpan.Zero ? previousLifetime : provider.DefaultLifetime;
        return tokens.IssuedAt.Plus(lifetime);
    }

    /// <summary>
    /// When a refresh token that was just received or used expires: as stated, else by the idle limit, which each use extends.
    /// </summary>
    public static DateTimeOffset? RefreshTokenEnd(TokenSet tokens, OAuthProviderOptions provider) =>
        tokens.RefreshTokenExpiresAt ?? (provider.GrantType == OAuthGrantType.ClientCredentials ? null : tokens.IssuedAt.Plus(provider.RefreshTokenIdleLimit));

    /// <summary>A response that repeats some of the members keeps the others: a provider reports many of them only once.</summary>
    private static IReadOnlyDictionary<string, string> Merged(IReadOnlyDictionary<string, string> before, IReadOnlyDictionary<string, string> reply)
    {
        if (before.Count == 0 || reply.Count == 0)
            return reply.Count == 0 ? before : reply;

        var merged = new Dictionary<string, string>(before, StringComparer.Ordinal);
        foreach ((string path, string value) in reply)
            merged[path] = value;
        return merged;
    }

    private static string? RefreshTokenAfter(StoredToken row, string? returned)
    {
        // B1: no refresh token in the reply means that the stored one stays.
        if (returned is null)
            return row.Tokens.RefreshToken;

        // B8: a server that returns one which this connection has already replaced must not undo the newer one.
        bool stale = row.Tokens.RefreshToken is not null && row.RetiredFingerprints.Contains(TokenFingerprint.Of(returned), StringComparer.Ordinal);
        return stale ? row.Tokens.RefreshToken : returned;
    }
}
