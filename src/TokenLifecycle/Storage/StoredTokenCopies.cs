using System.Collections.Immutable;

namespace TokenLifecycle.Storage;

/// <summary>Creates the changed copies of a <see cref="StoredToken"/> that more than one store needs.</summary>
internal static class StoredTokenCopies
{
    /// <summary>The clocks of processes and stores differ by less.</summary>
    private static readonly TimeSpan LargestSkew = TimeSpan.FromHours(1);

    /// <summary>
    /// Returns the row under a new version, without intent, and with its lists copied, so that later changes by the caller have no effect.
    /// </summary>
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
    public static StoredToken After(this StoredToken token, RefreshCompletion ending)
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

    /// <summary>
    /// Returns the row for when another attempt may have sent the refresh token that its tokens replaced. They may be revoked by now, so
    /// they are not shown as sound, and the next refresh is due.
    /// </summary>
    public static StoredToken SavedLate(this StoredToken row, DateTimeOffset now) => row with
    {
        Failure = new TokenFailure { Kind = TokenFailureKind.SavedLate, At = now, FirstAt = now, Attempts = 1 },
        NextRefreshAt = now,
    };

    /// <summary>
    /// Returns whether another row of the same connection has replaced a row, so that the other is newer whatever the store returns.
    /// </summary>
    public static bool WasReplacedBy(this StoredToken row, StoredToken other) =>
        other.RetiredFingerprints.Count > 0
        && row.Tokens.RefreshToken is { } refreshToken
        && !string.Equals(refreshToken, other.Tokens.RefreshToken, StringComparison.Ordinal)
        && (other.RetiredFingerprints.Contains(TokenFingerprint.Of(refreshToken), StringComparer.Ordinal) || row.IsOlderThanFingerprints(other));

    /// <summary>
    /// A row may be older than the fingerprints go back, as in yesterday's backup of tokens that live an hour. Two clocks must agree on
    /// that, the store's in the version and the processes' in the time of receipt, by more than they ever differ; and the row must not come
    /// after the other, by its own fingerprints.
    /// </summary>
    private static bool IsOlderThanFingerprints(this StoredToken row, StoredToken other) =>
        other.RetiredFingerprints.Count >= TokenFingerprint.Kept
        && row.Version < other.Version
        && row.ReceivedAt < other.ReceivedAt - LargestSkew
        && other.Tokens.RefreshToken is { } newer
        && !row.RetiredFingerprints.Contains(TokenFingerprint.Of(newer), StringComparer.Ordinal);

    /// <summary>Returns whether two rows hold the same tokens, so that one of them is the saved copy of the other.</summary>
    public static bool HoldsSameTokens(this StoredToken row, StoredToken other) =>
        string.Equals(row.Tokens.AccessToken, other.Tokens.AccessToken, StringComparison.Ordinal)
        && string.Equals(row.Tokens.RefreshToken, other.Tokens.RefreshToken, StringComparison.Ordinal);
}
