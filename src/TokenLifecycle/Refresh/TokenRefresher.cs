using TokenLifecycle.Diagnostics;
using TokenLifecycle.Options;
using TokenLifecycle.Protocol;
using TokenLifecycle.Providers;
using TokenLifecycle.State;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Refresh;

/// <summary>
/// The one path to new tokens: lease and re-read in one step, one POST, save, publish. Belongs to no caller and never throws.
/// <see cref="RefreshResponseHandler"/> handles the response.
/// </summary>
internal sealed class TokenRefresher(
    StoreAccess store,
    RefreshExchange exchange,
    ProviderRegistry providers,
    PendingSaveQueue persistence,
    RefreshPrecheck precheck,
    RefreshResponseHandler handler,
    RefreshedTokenWriter writer,
    LeaseAcquirer leases,
    UnsettledAttempts unsettled,
    RewoundStore rewound,
    ConnectionEvaluator book,
    TokenMetrics metrics,
    TimeProvider time)
{
    private static readonly TimeSpan StorePause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan UnreadablePause = TimeSpan.FromMinutes(1);

    public Task<RefreshResult> RefreshAsync(TokenKey key, OAuthProviderOptions provider, RefreshDemand demand) =>
        MeasuredAsync(key, provider, demand, isSecondRound => WalkAsync(key, provider, demand, isSecondRound));

    /// <summary>The same for a row that the background refresh has acquired: the lease is held already, and the intent recorded.</summary>
    public Task<RefreshResult> RefreshClaimedAsync(ClaimedRow claimed, OAuthProviderOptions provider)
    {
        TokenKey key = claimed.Row.Key;
        return MeasuredAsync(key, provider, RefreshDemand.Claimed, isSecondRound =>
            isSecondRound ? WalkAsync(key, provider, RefreshDemand.ByPlan, isSecondRound) : WalkClaimedAsync(claimed, provider));
    }

    private async Task<RefreshResult> MeasuredAsync(TokenKey key, OAuthProviderOptions provider, RefreshDemand demand, Func<bool, Task<NextStep>> walk)
    {
        using TokenSpan activity = TokenTracing.StartRefresh(key.Provider, demand.Reason);
        long started = time.GetTimestamp();
        RefreshResult result = await GuardedAsync(walk).ConfigureAwait(false);
        string outcome = TelemetryNames.Of(result.Kind);
        activity.Ended(outcome, result.ErrorType);
        metrics.Refreshed(key.Provider, outcome, demand.Reason, result.ErrorType, time.GetElapsedTime(started));
        return result;
    }

    private static async Task<RefreshResult> GuardedAsync(Func<bool, Task<NextStep>> walk)
    {
        try
        {
            // A second round only if the first asks for it: the stored refresh token, the same or a newer, under a new lease and a new
            // intent.
            return (await walk(false).ConfigureAwait(false)).Result
                ?? (await walk(true).ConfigureAwait(false)).Result
                ?? RefreshResult.Unavailable(TokenFailureKind.NoAnswer, StorePause);
        }
        catch (UnreadableTokenException unreadable)
        {
            return RefreshResult.Unavailable(TokenFailureKind.Unreadable, UnreadablePause, row: null, unreadable);
        }
        catch (Exception storeFailure)
        {
            // Only the store throws here. Nothing was sent, or its answer has been settled already (A8).
            return RefreshResult.Unavailable(TokenFailureKind.StoreUnavailable, StorePause, row: null, storeFailure);
        }
    }

    private async Task<NextStep> WalkAsync(TokenKey key, OAuthProviderOptions provider, RefreshDemand demand, bool isSecondRound)
    {
        ProviderCircuit gate = providers.GateOf(key.Provider);
        if (gate.Refusal(provider) is { } refusal)
            return refusal;
        if (!await persistence.TrySettleAsync(key).ConfigureAwait(false))
            return RefreshResult.Unavailable(TokenFailureKind.StoreUnavailable, StorePause);

        (RefreshAttempt? attempt, RefreshResult? settled) = await leases.AcquireAsync(key, provider, gate, demand, isSecondRound).ConfigureAwait(false);
        return attempt is null ? settled! : await PresentAsync(attempt, demand).ConfigureAwait(false);
    }

    private async Task<NextStep> WalkClaimedAsync(ClaimedRow claimed, OAuthProviderOptions provider)
    {
        TokenKey key = claimed.Row.Key;
        var attempt = new RefreshAttempt
        {
            Key = key,
            Provider = provider,
            Gate = providers.GateOf(key.Provider),
            AttemptId = claimed.AttemptId,
            Row = claimed.Row,
            IsForced = false,
            IsSecondRound = false,
            AskedAt = claimed.AskedAt,
        };
        bool isStale;
        try
        {
            RefreshResult? refusal = attempt.Gate.Refusal(provider);

            // The acquired row may be older than what waits here to be saved; or it waited so long for its turn that the lease would expire
            // before the work is done (F17).
            isStale = persistence.Find(key) is not null || !leases.OutlastsTheWork(claimed.AskedAt);
            if (isStale || refusal is not null)
                await writer.GiveUpAsync(attempt).ConfigureAwait(false);
            if (refusal is not null)
                return refusal;
        }
        catch (Exception)
        {
            unsettled.Add(key, claimed.AttemptId, wasSent: false);
            throw;
        }

        return isStale
            ? await WalkAsync(key, provider, RefreshDemand.ByPlan, isSecondRound: false).ConfigureAwait(false)
            : await PresentAsync(attempt, RefreshDemand.Claimed).ConfigureAwait(false);
    }

    private async Task<NextStep> PresentAsync(RefreshAttempt attempt, RefreshDemand demand)
    {
        bool isSending = false;
        RefreshReceipt? receipt = null;
        try
        {
            if (attempt.Row is { } stored && book.FindReplacementOf(stored) is { } newer)
                return await RestoreAsync(attempt, stored, newer, demand).ConfigureAwait(false);
            if (await precheck.RefuseToSendAsync(attempt, demand).ConfigureAwait(false) is { } kept)
                return kept;

            (RefreshAttempt? ready, RefreshResult? changed) = await leases.TakeOverAsync(attempt).ConfigureAwait(false);
            if (ready is null)
                return changed!;

            attempt = ready;
            isSending = true;
            receipt = await exchange.RunAsync(attempt, writer.OnSettledAsync).ConfigureAwait(false);
            return await handler.HandleAsync(attempt, receipt).ConfigureAwait(false);
        }
        catch (Exception) when (receipt?.Kept is not null)
        {
            // The tokens are saved. A later failure must not keep them from callers.
            return receipt.Kept;
        }
        catch (Exception) when (attempt.AttemptId is { } attemptId)
        {
            // The lease is still held: the next attempt continues this one.
            bool hasUnknownOutcome = isSending && receipt?.Reply.Outcome is not (TokenOutcome.Refused or TokenOutcome.NotSent);
            unsettled.Add(attempt.Key, attemptId, wasSent: attempt.WasSentBefore || hasUnknownOutcome);
            throw;
        }
    }

    /// <summary>
    /// Restores a row if the store went back in time (a standby was promoted, a backup was restored): this process has seen its refresh
    /// token replaced. The remembered row replaces it by compare-and-swap under the lease, before anything is sent.
    /// </summary>
    private async Task<NextStep> RestoreAsync(RefreshAttempt attempt, StoredToken stored, StoredToken newer, RefreshDemand demand)
    {
        // If another attempt has sent the older refresh token, the provider may have revoked the newer one.
        bool wasSent = stored.Reauthorization is not null || stored.Intent is { AttemptCount: > 1 };
        SaveResult result = await store.SaveSettledAsync(wasSent ? newer.SavedLate(time.GetUtcNow()) : newer, stored.Version).ConfigureAwait(false);
        if (!result.IsSaved)
            return NextStep.SendAgain; // The row changed in between: read it again.

        writer.ReportRestored(result.Token!, attempt.Provider);
        rewound.Notice();
        return precheck.WithoutRefresh(result.Token!, attempt.Provider, demand.IsDue ? RefreshDemand.ByPlan : demand) is { } ready ? ready : NextStep.SendAgain;
    }
}
