using TokenLifecycle.Providers;
using TokenLifecycle.Storage;

namespace TokenLifecycle.State;

/// <summary>
/// The one function that evaluates a connection's state. Status pages, callers, the handler and the background refresh all use it,
/// so that no two parts can disagree about a token (incident A).
/// </summary>
internal static class Freshness
{
    /// <param name="token">The stored row, or null if there is none.</param>
    /// <param name="remaining">How long the access token still lives by the stricter of wall clock and monotonic clock; null if its expiry
    /// is unknown.</param>
    /// <param name="timing">The windows that hold for this token.</param>
    /// <param name="renewable">Whether a new access token can be had without the user: there is a refresh token, or the grant needs
    /// none.</param>
    public static FreshnessVerdict Of(StoredToken? token, TimeSpan? remaining, RefreshTiming timing, bool renewable)
    {
        if (token is null)
            return new FreshnessVerdict(TokenState.Missing, ReauthorizationReason.NotConnected, IsLive: false, MustWait: true);

        // Unknown does not mean unlimited: the token is used until the API rejects it (D1).
        bool live = remaining is null || remaining > TimeSpan.Zero;
        if (token.Reauthorization is { } reason)
            return new FreshnessVerdict(TokenState.ReauthorizationRequired, reason, live, MustWait: false);

        if (!live)
        {
            return renewable
                ? new FreshnessVerdict(TokenState.Expired, Reason: null, IsLive: false, MustWait: true)
                : new FreshnessVerdict(TokenState.ReauthorizationRequired, ReauthorizationReason.NoRefreshToken, IsLive: false, MustWait: false);
        }

        if (remaining is { } left && left <= timing.RefreshBefore && renewable)
            return new FreshnessVerdict(TokenState.ExpiringSoon, Reason: null, IsLive: true, MustWait: left < timing.MinimumValidity);

        return new FreshnessVerdict(TokenState.Valid, Reason: null, IsLive: true, MustWait: false);
    }
}
