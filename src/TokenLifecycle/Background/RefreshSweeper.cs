using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Notifications;
using TokenLifecycle.Options;
using TokenLifecycle.Providers;
using TokenLifecycle.Refresh;
using TokenLifecycle.State;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Background;

/// <summary>
/// Acquires what is due, batch by batch, and refreshes it by the same path as calls for a token. Acquires no more than it can begin at once, so that no lease expires in a queue.
/// </summary>
internal sealed class RefreshSweeper(
    StoreAccess store,
    ProviderRegistry providers,
    ProviderNames names,
    RefreshCoordinator flights,
    ReauthorizationNotifier teller,
    BacklogScheduler backlog,
    ConnectionEvaluator book,
    RefreshLimiters rooms,
    DueCounter counter,
    IOptionsMonitor<BackgroundRefreshOptions> options, TokenMetrics metrics,
    DueClaims claims, TakeoverWatches watches, UnsettledAttempts unsettled,
    TimeProvider time,
    ILogger<ITokenManager> logger) : IRefreshSweeper
{
    private readonly ConcurrentDictionary<Task, bool> _running = new();

    private TimeSpan SpreadAfter => options.CurrentValue.RescheduleBacklogAfter;

    public async Task<RefreshSweepReport> RefreshDueAsync(
        string? provider = null, bool dryRun = false, IProgress<RefreshSweepReport>? progress = null, CancellationToken cancellationToken = default)
    {
        ThrowIfNotSearchable();
        var tally = new BackgroundRefreshProgress();
        foreach (string name in provider is null ? names.Names : [provider])
        {
            _ = providers.OptionsOf(name); // Says that there is none.
            if (dryRun)
                await counter.CountAsync(name, tally, cancellationToken).ConfigureAwait(false);
            else
                await (await PassAsync(name, tally, spreads: false, progress, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
        }

        // A process that runs only for this must not end before its observers have handled the events.
        if (!dryRun)
            await teller.WhenToldAsync(cancellationToken).ConfigureAwait(false);
        return tally.ToReport();
    }

    /// <exception cref="NotSupportedException">The store can only look up keys.</exception>
    public void ThrowIfNotSearchable()
    {
        if (!store.IsSearchable)
            throw new NotSupportedException($"{store.StoreName} can only look up keys, so connections cannot be refreshed in the background. Use .UseEntityFrameworkStore<TContext>() or .UseFileStore(path), or implement ISearchableTokenStore.");
    }

    /// <summary>Acquires and begins until nothing is due, the provider asks for a pause, or the token is canceled.</summary>
    /// <param name="provider">Whose connections.</param>
    /// <param name="tally">Counts them.</param>
    /// <param name="spreads">Whether a backlog is spread over the time to come.</param>
    /// <param name="progress">Reports after every batch.</param>
    /// <param name="stopping">Begin nothing more.</param>
    /// <returns>Completes when all that was begun has finished. A caller with more to acquire need not wait for it: a slow response delays no other connection.</returns>
    public async Task<Task> PassAsync(string provider, BackgroundRefreshProgress tally, bool spreads, IProgress<RefreshSweepReport>? progress, CancellationToken stopping)
    {
        List<Task> begun = [];
        HashSet<TokenKey> seen = [];
        try
        {
            while (!stopping.IsCancellationRequested && await BatchAsync(provider, tally, spreads, seen, begun, stopping).ConfigureAwait(false))
                progress?.Report(tally.ToReport());
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // What was begun is finished.
        }

        return Task.WhenAll(begun);
    }

    /// <summary>Completes when everything that was begun has finished.</summary>
    public Task WhenIdleAsync() => Task.WhenAll(_running.Keys);

    /// <returns>Whether there may be more.</returns>
    private async Task<bool> BatchAsync(string provider, BackgroundRefreshProgress tally, bool spreads, HashSet<TokenKey> seen, List<Task> begun, CancellationToken stopping)
    {
        OAuthProviderOptions settings = providers.OptionsOf(provider);
        ProviderCircuit gate = providers.GateOf(provider);
        if (IsPaused())
            return false;

        // While it is not known whether the provider is back, one connection finds out, and not a batch; at once, however long it is overdue.
        bool probes = !gate.IsOpenToAll;
        using (RefreshPermits places = await rooms.TakeAsync(provider, settings, probes, stopping).ConfigureAwait(false))
        {
            if (IsPaused())
                return false; // It went down while the places were waited for.

            IReadOnlyList<ClaimedRow> rows = await claims.ClaimAsync(provider, places.Count).ConfigureAwait(false);
            metrics.SweepClaimed(provider, rows.Count);
            tally.Found(rows.Count(claimed => !seen.Contains(claimed.Row.Key)));
            foreach (ClaimedRow claimed in rows)
                begun.Add(Begin(claimed, settings, tally, spreads && !probes, places.Use(), stopping));

            // One that is due again at once has come back by a clock that is ahead of ours, and would come back again and again.
            bool isNew = rows.All(claimed => seen.Add(claimed.Row.Key));
            if (!probes)
            {
                begun.RemoveAll(static task => task.IsCompleted);
                return rows.Count == places.Count && isNew;
            }
        }

        await Task.WhenAll(begun).ConfigureAwait(false);
        if (gate.IsOpenToAll)
            return true;

        tally.LeftOut(provider);
        return false;

        bool IsPaused()
        {
            if (gate.PauseFor(settings) == TimeSpan.Zero)
                return false;
            tally.LeftOut(provider);
            return true;
        }
    }

    private Task Begin(ClaimedRow claimed, OAuthProviderOptions settings, BackgroundRefreshProgress tally, bool spreads, Action free, CancellationToken stopping)
    {
        Task running = RunAsync();
        if (!running.IsCompleted)
        {
            _running[running] = true;
            _ = running.ContinueWith(task => _running.TryRemove(task, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        return running;

        async Task RunAsync()
        {
            try
            {
                await WorkAsync(claimed, settings, tally, spreads, free, stopping).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                // F53: an unexpected failure of one connection delays no other. It may still hold its lease: the next attempt continues this one.
                unsettled.Add(claimed.Row.Key, claimed.AttemptId, wasSent: false);
                tally.Failed();
                Log.BackgroundFailed(logger, exception, claimed.Row.Key);
            }
            finally
            {
                free();
            }
        }
    }

    private async Task WorkAsync(ClaimedRow claimed, OAuthProviderOptions settings, BackgroundRefreshProgress tally, bool spreads, Action free, CancellationToken stopping)
    {
        StoredToken row = claimed.Row;
        if (row.Reauthorization is not null)
        {
            tally.Nothing();
            await teller.TellAgainAsync(row, claimed.AttemptId).ConfigureAwait(false);
        }
        else if (stopping.IsCancellationRequested)
        {
            tally.Nothing();
            await GiveBackAsync(claimed, nextRefreshAt: null, failure: null).ConfigureAwait(false);
        }
        else if (spreads && book.UntilDue(row, settings) == TimeSpan.Zero && backlog.NextFor(row, SpreadAfter, providers.GateOf(row.Key.Provider).Outages.LastEnd(SpreadAfter)) is { } later)
        {
            tally.Spread();
            await GiveBackAsync(claimed, later, BacklogScheduler.WithoutAskedPause(row.Failure)).ConfigureAwait(false);
        }
        else if (!watches.TryBegin(claimed, settings, free, out IDisposable? watch))
        {
            tally.Nothing();
            await GiveBackAsync(claimed, time.GetUtcNow() + TakeoverWatches.Later, row.Failure).ConfigureAwait(false);
        }
        else
        {
            using IDisposable? watched = watch;
            metrics.SweepLag(row.Key.Provider, time.GetUtcNow() - (row.NextRefreshAt ?? time.GetUtcNow()));
            tally.Ended((await flights.RunClaimedAsync(claimed, settings).ConfigureAwait(false)).Kind);
        }
    }

    private Task<bool> GiveBackAsync(ClaimedRow claimed, DateTimeOffset? nextRefreshAt, TokenFailure? failure) => store.CompleteRefreshAsync(
        claimed.Row.Key, claimed.AttemptId, claimed.Row.Version, new RefreshCompletion { RefreshTokenNotUsed = true, NextRefreshAt = nextRefreshAt, Failure = failure });
}
