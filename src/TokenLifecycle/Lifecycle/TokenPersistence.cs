using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Lifecycle;

/// <summary>
/// Saves received tokens. If the store fails, the tokens are kept here, used, and saved when the store is available again (law 4). The refresh token that they replaced no longer
/// works, so this is the only usable copy.
/// </summary>
internal sealed class TokenPersistence(StoreAccess store, TokenSaver saver, WorkScheduler work, TimeProvider time, TokenMetrics metrics, ILogger<TokenManager> logger) : IDisposable
{
    /// <summary>How many saves run at the same time when the store is available again.</summary>
    private const int MostAtOnce = 8;

    private readonly ConcurrentDictionary<TokenKey, PendingSave> _pending = new();
    private readonly PendingSaveProbe _probe = new(work, time);

    /// <summary>How many connections live in memory only.</summary>
    public int PendingCount => _pending.Count;

    /// <summary>Gets since when the oldest pending save waits; null if there is none.</summary>
    public DateTimeOffset? PendingSince => _pending.IsEmpty ? null : _pending.Values.Min(static pending => (DateTimeOffset?)pending.Since);

    /// <summary>Gets the rows that wait to be saved.</summary>
    public IReadOnlyList<StoredToken> Pending => [.. _pending.Values.Select(static pending => pending.Row)];

    /// <summary>The tokens that are newer than what the store holds; null if there are none.</summary>
    public StoredToken? Find(TokenKey key) => _pending.TryGetValue(key, out PendingSave? pending) ? pending.Row : null;

    /// <summary>Saves a row, or keeps it in memory and saves it later.</summary>
    /// <param name="row">The row with the new tokens.</param>
    /// <param name="attempt">The attempt that received them.</param>
    /// <param name="leaseDuration">How long the attempt's lease lasts.</param>
    /// <param name="deadline">How long the store may take.</param>
    /// <param name="settled">Called once with the stored row when a delayed save has succeeded, or with what is stored instead.</param>
    /// <returns>The store's answer; null if the save is delayed.</returns>
    public async Task<SaveResult?> SaveAsync(StoredToken row, RefreshAttempt attempt, TimeSpan leaseDuration, TimeSpan deadline, Func<SaveResult, Task> settled)
    {
        var pending = new PendingSave(row, attempt.Row, attempt.AttemptId, deadline, settled, new AsyncSemaphore(work, 1));
        SpanTime begun = SpanTime.Begin();
        Exception failure;
        try
        {
            // A process that was stalled for longer than its lease first checks whether another one has taken over.
            return await saver.SaveAsync(pending, looksFirst: attempt.HasOutlived(leaseDuration, time)).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            // Kept first: what follows is the app's, and may throw or never return.
            _pending[row.Key] = pending;
            failure = exception;
        }

        Keep(pending);
        store.ReportFailedSave(row.Key, failure, begun);
        Log.SaveDelayed(logger, failure, row.Key);
        return null;
    }

    /// <summary>Saves a row that an earlier process could not save, as soon as the store accepts it. Until then the row is used in place of the stored one.</summary>
    public void Recover(StoredToken row, TimeSpan deadline, Func<SaveResult, Task> settled)
    {
        var pending = new PendingSave(row, before: null, attemptId: null, deadline, settled, new AsyncSemaphore(work, 1)) { IsRecovered = true };
        if (_pending.TryAdd(row.Key, pending))
            Keep(pending);
    }

    /// <summary>Tries a delayed save at once.</summary>
    /// <returns>Whether nothing is pending any more.</returns>
    public async Task<bool> TrySettleAsync(TokenKey key)
    {
        if (!_pending.TryGetValue(key, out PendingSave? pending))
            return true;

        await pending.Turn.TakeAsync().ConfigureAwait(false);
        try
        {
            if (!_pending.Contains(KeyValuePair.Create(key, pending)))
                return true;

            SpanTime begun = SpanTime.Begin();
            SaveResult result;
            try
            {
                result = await saver.SaveAsync(pending, looksFirst: true).ConfigureAwait(false);
            }
            catch (Exception failure)
            {
                store.ReportFailedSave(key, failure, begun);
                return false;
            }

            if (Remove(pending))
            {
                if (result.IsSaved)
                    Log.SaveCaughtUp(logger, key);
                else
                    Log.SaveSuperseded(logger, key);
                await pending.Settled(result).ConfigureAwait(false);
            }

            return true;
        }
        catch (Exception)
        {
            return true; // The row is saved. What followed is code of the app.
        }
        finally
        {
            pending.Turn.Release();
        }
    }

    /// <summary>Gives up a delayed save because the user disconnected or reconnected.</summary>
    /// <returns>What was pending.</returns>
    public StoredToken? Forget(TokenKey key) => _pending.TryGetValue(key, out PendingSave? pending) && Remove(pending) ? pending.Row : null;

    /// <summary>Retries all pending saves once, a few at a time. Ends early if the store accepts none.</summary>
    public async Task SettleAllAsync()
    {
        var places = new AsyncSemaphore(work, MostAtOnce);
        int failures = 0;
        List<Task> running = [];
        foreach (TokenKey key in _pending.Keys.Order(TokenKeyOrder.Instance))
        {
            await places.TakeAsync().ConfigureAwait(false);
            if (Volatile.Read(ref failures) >= MostAtOnce)
                break;
            running.Add(SettleAsync(key));
        }

        await Task.WhenAll(running).ConfigureAwait(false);

        async Task SettleAsync(TokenKey key)
        {
            if (await TrySettleAsync(key).ConfigureAwait(false))
                Volatile.Write(ref failures, 0);
            else
                Interlocked.Increment(ref failures);
            places.Release();
        }
    }

    public void Dispose() => _probe.Dispose();

    private void Keep(PendingSave pending)
    {
        pending.Since = time.GetUtcNow();
        metrics.UnsavedRotationsChanged(1);
        _probe.Start(ProbeAsync);
    }

    /// <summary>Probes the store with one row, a different one each turn, so that a single refused row does not block the others.</summary>
    /// <returns>Whether any save is still pending.</returns>
    private async Task<bool> ProbeAsync(int turn)
    {
        TokenKey[] waiting = [.. _pending.Keys.Order(TokenKeyOrder.Instance)];
        if (waiting.Length == 0)
            return false;

        try
        {
            TokenKey probe = waiting[turn % waiting.Length];
            if (await TrySettleAsync(probe).ConfigureAwait(false))
                await SettleAllAsync().ConfigureAwait(false);
            else
                await RenewLeaseAsync(probe).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            Log.BackgroundFailed(logger, failure, waiting[0]);
        }

        return !_pending.IsEmpty;
    }

    /// <summary>Renews the lease. Until the new tokens are in the store, no other process may send the stored refresh token, which was already used.</summary>
    private async Task RenewLeaseAsync(TokenKey key)
    {
        try
        {
            if (_pending.TryGetValue(key, out PendingSave? pending) && pending.AttemptId is { } attemptId)
                await store.BeginRefreshAsync(key, attemptId).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Logged by StoreAccess. A store that cannot be written assigns the lease to no other process either.
        }
    }

    private bool Remove(PendingSave pending)
    {
        bool removed = _pending.TryRemove(KeyValuePair.Create(pending.Row.Key, pending));
        if (removed)
            metrics.UnsavedRotationsChanged(-1);
        return removed;
    }
}
