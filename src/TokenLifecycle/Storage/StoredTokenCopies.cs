using System.Collections.Immutable;

namespace TokenLifecycle.Storage;

/// <summary>Creates the changed copies of a <see cref="StoredToken"/> that more than one store needs.</summary>
internal static class StoredTokenCopies
{
    /// <summary>Returns the row under a new version, without intent, and with its lists copied, so that later changes by the caller have no effect.</summary>
    public static StoredToken Frozen(this StoredToken token, long version) => token with
    {
        Tokens = token.Tokens with
        {
            Scopes = token.Tokens.Scopes?.ToImmutableArray(),
            Captured = token.Tokens.Captured.ToImmutableDictionary(StringComparer.Ordinal),
        },
        Version = version,
        RetiredFingerprints = token.RetiredFingerprints.ToImmutableArray(),
        Intent = null,
    };

    /// <summary>Returns the row after an attempt that received no new tokens. The caller sets the intent.</summary>
    public static StoredToken After(this StoredToken token, RefreshEnding ending)
    {
        ReauthorizationReason? reauthorization = ending.Reauthorization ?? token.Reauthorization;
        return token with
        {
            Reauthorization = reauthorization,
            Failure = ending.Failure ?? token.Failure,
            ClientFingerprint = ending.ClientFingerprint ?? token.ClientFingerprint,
            NextRefreshAt = ending.NextRefreshAt ?? (reauthorization is null ? token.NextRefreshAt : null),
        };
    }

    /// <summary>Returns whether another row of the same connection has replaced the refresh token of this row. The other row is then newer, whatever the versions say.</summary>
    public static bool WasReplacedBy(this StoredToken row, StoredToken other) =>
        other.RetiredFingerprints.Count > 0
        && row.Tokens.RefreshToken is { } refreshToken
        && !string.Equals(refreshToken, other.Tokens.RefreshToken, StringComparison.Ordinal)
        && other.RetiredFingerprints.Contains(TokenFingerprint.Of(refreshToken), StringComparer.Ordinal);

    /// <summary>Returns whether two rows hold the same tokens, so that one of them is the saved copy of the other.</summary>
    public static bool HoldsSameTokens(this StoredToken row, StoredToken other) =>
        string.Equals(row.Tokens.AccessToken, other.Tokens.AccessToken, StringComparison.Ordinal)
        && string.Equals(row.Tokens.RefreshToken, other.Tokens.RefreshToken, StringComparison.Ordinal);
}
