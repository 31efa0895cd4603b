using TokenLifecycle.Diagnostics;
using TokenLifecycle.Options;
using TokenLifecycle.Providers;
using TokenLifecycle.State;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Refresh;

/// <summary>
/// Acquires the lease of a connection for a refresh: waits while another attempt holds it, takes over from an attempt that did not finish,
/// and repeats a call whose response was lost.
/// </summary>
internal sealed class LeaseAcquirer(
    StoreAccess store,
    RefreshPrecheck precheck,
    RefreshedTokenWriter writer,
    TakeoverWatch takeover,
    UnsettledAttempts unsettled,
    ConnectionEvaluator book,
    TokenMetrics metrics,
    TimeProvider time)
{
    private static readonly TimeSpan FirstPoll = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPoll = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan StorePause = TimeSpan.FromSeconds(5);

    /// <summary>Watches the row first if the lease was taken over from an attempt that did not finish.</summary>
    /// <returns>The attempt with the row after the watch; or null and the result, if the connection has changed or another attempt holds
    /// the lease.</returns>
    public async Task<(RefreshAttempt? Attempt, RefreshResult? Changed)> TakeOverAsync(RefreshAttempt attempt)
    {
        if (!takeover.IsNeeded(attempt))
            return (attempt, null);

        (RefreshClaim claim, (long Monotonic, DateTimeOffset Wall) asked) = await takeover.WatchAsync(attempt).ConfigureAwait(false);
        if (claim.Kind == RefreshClaimKind.NotFound)
            return (null, RefreshResult.Reauthorize(ReauthorizationReason.NotConnected));
        if (claim.Kind == RefreshClaimKind.Held)
            return (null, RefreshResult.Unavailable(TokenFailureKind.LeaseUnavailable, StorePause, attempt.Row));

        RefreshAttempt watched = attempt.With(claim.Token!, asked);
        if (claim.Token!.Version == attempt.Row!.Version && claim.Token.Reauthorization is null)
            return (watched, null);

        // The other process has saved its tokens, or the user has reconnected: that is the result.
        await writer.GiveUpAsync(watched).ConfigureAwait(false);
        return (null, writer.Adopt(claim.Token, attempt.Provider));
    }

    /// <summary>
    /// Repeats a call whose response was lost, once and with the same id: it then takes the lease, or renews the lease that the first call
    /// took. If the store did not respond until its deadline, the call is not repeated; the id is remembered for the next attempt.
    /// </summary>
    private async Task<RefreshClaim> BeginAsync(TokenKey key, string attemptId, bool wasSent, bool isNew)
    {
        long started = time.GetTimestamp();
        for (bool isRepeated = false; ; isRepeated = true)
        {
            try
            {
                return await store.BeginRefreshAsync(key, attemptId, isNew && !isRepeated).ConfigureAwait(false);
            }
            catch (UnreadableTokenException)
            {
                throw;
            }
            catch (Exception)
            {
                if (!isRepeated && time.GetElapsedTime(started) < book.Options.SaveTimeout / 2)
                    continue;
                unsettled.Add(key, attemptId, wasSent);
                throw;
            }
        }
    }

    /// <summary>Takes the lease, or waits for its holder and uses that result.</summary>
    public async Task<(RefreshAttempt? Attempt, RefreshResult? Settled)> AcquireAsync(
        TokenKey key, OAuthProviderOptions provider, ProviderCircuit gate, RefreshDemand demand, bool isSecondRound)
    {
        (string attemptId, bool wasSent, bool isNew) = unsettled.Next(key);
        long started = time.GetTimestamp();
        int waits = 0;
        for (TimeSpan pause = FirstPoll; ; pause = RefreshTiming.Min(pause * 2, LongestPoll))
        {
            (long Monotonic, DateTimeOffset Wall) asked = (time.GetTimestamp(), time.GetUtcNow());
            RefreshClaim claim = await BeginAsync(key, attemptId, wasSent, isNew).ConfigureAwait(false);
            isNew &= claim.Kind == RefreshClaimKind.Held;
            if (claim.Kind == RefreshClaimKind.Acquired && !OutlastsTheWork(asked))
                continue;
            if (claim.Kind != RefreshClaimKind.Held)
            {
                Waited();
                if (claim.Kind == RefreshClaimKind.NotFound && provider.GrantType != OAuthGrantType.ClientCredentials)
                    return (null, RefreshResult.Reauthorize(ReauthorizationReason.NotConnected));

                return (new RefreshAttempt
                {
                    Key = key,
                    Provider = provider,
                    Gate = gate,
                    AttemptId = claim.Kind == RefreshClaimKind.Acquired ? attemptId : null,
                    Row = claim.Token,
                    IsForced = demand.IsForced,
                    IsSecondRound = isSecondRound,
                    AskedAt = asked,
                    WasSentBefore = wasSent && claim.Kind == RefreshClaimKind.Acquired,
                }, null);
            }

            StoredToken row = claim.Token!;
            if (precheck.WithoutRefresh(row, provider, demand) is { } ready)
            {
                Waited();
                return (null, ready);
            }

            // A9: the holder may need its whole deadline; once its lease has expired, this attempt takes over.
            TokenLifecycleOptions options = book.Options;
            if (time.GetElapsedTime(started) > options.LeaseDuration + options.SaveTimeout)
            {
                Waited();
                return (null, RefreshResult.Unavailable(TokenFailureKind.LeaseUnavailable, StorePause, row));
            }

            waits++;
            await Task.Delay(pause, time).ConfigureAwait(false);
            if (unsettled.TryNext(key) is { } own)
                (attemptId, wasSent) = own; // The holder is this process, and could not give the lease back.
        }

        void Waited()
        {
            if (waits > 0)
                metrics.LeaseWaited(key.Provider, time.GetElapsedTime(started));
        }
    }

    /// <summary>
    /// Returns whether the lease lasts until a response can be saved. If a process is stopped while it takes the lease (a suspended
    /// machine, a paused container), another process may hold it afterwards. Acquiring again under the same id renews the lease or returns
    /// its holder (F17).
    /// </summary>
    public bool OutlastsTheWork((long Monotonic, DateTimeOffset Wall) asked)
    {
        TokenLifecycleOptions options = book.Options;
        TimeSpan passed = RefreshTiming.Max(time.GetElapsedTime(asked.Monotonic), time.GetUtcNow() - asked.Wall); // While the machine sleeps, only one of them advances.
        return passed + options.TokenEndpointTimeout + options.SaveTimeout <= options.LeaseDuration;
    }
}
