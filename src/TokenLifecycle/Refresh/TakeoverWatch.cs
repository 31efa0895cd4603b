using Microsoft.Extensions.Logging;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Options;
using TokenLifecycle.Providers;
using TokenLifecycle.State;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Refresh;

/// <summary>
/// Watches a connection before sending a refresh token that another attempt may have used. That attempt's lease expired before its outcome
/// was recorded, so its process may be frozen, cut off from the store, or crashed. If it is still running, it may hold the only refresh
/// token that works, and saves it as soon as it can (docs/adr/0017).
/// </summary>
internal sealed class TakeoverWatch(StoreAccess store, ConnectionEvaluator book, TimeProvider time, ILogger<ITokenManager> logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>How much longer than one save of the other process a watch lasts, so that a save in progress is seen.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(1);

    /// <summary>Returns whether the refresh token must not be sent before the row has been watched.</summary>
    public bool IsNeeded(RefreshAttempt attempt) => attempt is { AttemptId: { } own, Row: { } row } && IsNeeded(row, own, attempt.Provider);

    /// <summary>Returns the same for a row that an attempt has acquired.</summary>
    public bool IsNeeded(StoredToken row, string own, OAuthProviderOptions provider)
    {
        if (row.Intent is not { AttemptId: { } unfinished } intent || string.Equals(unfinished, own, StringComparison.Ordinal))
            return false;

        if (provider.GrantType == OAuthGrantType.ClientCredentials || provider.Rotation is RefreshTokenRotation.Static or RefreshTokenRotation.None)
            return false;

        // Both times are the store's. Within the reuse period the provider repeats what the other attempt got.
        return intent.LastAt - intent.FirstAt + book.Options.TokenEndpointTimeout >= provider.RefreshTokenReusePeriod;
    }

    /// <summary>
    /// Watches the row under this attempt's own lease. Each check also renews the lease: a store that accepts this write would also have
    /// accepted the other attempt's save.
    /// </summary>
    /// <returns>
    /// The row and its lease at the end of the watch; earlier if the row has changed, is gone, or another attempt holds it.
    /// </returns>
    public async Task<(RefreshClaim Claim, (long Monotonic, DateTimeOffset Wall) AskedAt)> WatchAsync(RefreshAttempt attempt)
    {
        TokenLifecycleOptions options = book.Options;
        TimeSpan watch = RefreshTiming.Max(options.TakeoverWatch, options.SaveTimeout + Margin);
        Log.TakeoverWatched(logger, attempt.Key, watch);
        long started = time.GetTimestamp();
        while (true)
        {
            TimeSpan left = watch - time.GetElapsedTime(started);
            await Task.Delay(RefreshTiming.Max(RefreshTiming.Min(Interval, left), TimeSpan.FromMilliseconds(1)), time).ConfigureAwait(false);
            (long, DateTimeOffset) asked = (time.GetTimestamp(), time.GetUtcNow());
            RefreshClaim claim = await store.BeginRefreshAsync(attempt.Key, attempt.AttemptId!).ConfigureAwait(false);
            bool isUnchanged = claim is { Kind: RefreshClaimKind.Acquired, Token: { } row } && row.Version == attempt.Row!.Version && row.Reauthorization is null;
            if (!isUnchanged || time.GetElapsedTime(started) >= watch)
                return (claim, asked);
        }
    }
}
