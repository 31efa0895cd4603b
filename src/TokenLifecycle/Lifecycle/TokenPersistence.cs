using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Lifecycle;

/// <summary>
/// Gets received tokens into the store. If the store fails they are kept here, used, and the save is tried again until it succeeds or something newer
/// is stored (law 4): the refresh token that they replaced is spent, so these are the only ones that work.
/// </summary>
internal sealed class TokenPersistence(StoreAccess store, WorkScheduler work, TimeProvider time, TokenMetrics metrics, ILogger<TokenManager> logger)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<TokenKey, PendingSave> _pending = new();

    /// <summary>How many connections live in memory only.</summary>
    public int PendingCount => _pending.Count;

    /// <summary>The tokens that are newer than what the store holds; null if there are none.</summary>
    public StoredToken? Find(TokenKey key) => _pending.TryGetValue(key, out PendingSave? pending) ? pending.Row : null;

    /// <summary>Saves a row, or keeps it and goes on trying.</summary>
    /// <param name="row">The row with the new tokens.</param>
    /// <param name="expectedVersion">The version that it replaces.</param>
    /// <param name="attemptId">The holder of the lease, which is renewed while the save is being retried; null without a lease.</param>
    /// <param name="deadline">How long the store may take.</param>
    /// <param name="settled">Called once with the stored row when a delayed save has succeeded, or with what is stored instead.</param>
    /// <returns>The store's answer; null if the save is delayed.</returns>
    public async Task<SaveResult?> SaveAsync(StoredToken row, long expectedVersion, string? attemptId, TimeSpan deadline, Func<SaveResult, Task> settled)
    {
        var pending = new PendingSave(row, expectedVersion, attemptId, deadline, settled, new AsyncSemaphore(work, 1));
        SpanTime begun = SpanTime.Begin();
        Exception failure;
        try
        {
            return Settled(pending, await store.SaveFirstAsync(row, expectedVersion, deadline).ConfigureAwait(false));
        }
        catch (Exception exception)
        {
            // Kept first: what follows is the app's, and may throw or never return.
            _pending[row.Key] = pending;
            failure = exception;
        }

        metrics.UnsavedRotationsChanged(1);
        _ = RetryAsync(pending);
        store.ReportFailedSave(row.Key, failure, begun);
        Log.SaveDelayed(logger, failure, row.Key);
        return null;
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

            SaveResult result = await TryAsync(pending).ConfigureAwait(false);
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
            return false; // Logged by StoreAccess; tried again.
        }
        finally
        {
            pending.Turn.Release();
        }
    }

    /// <summary>Gives up a delayed save because the user disconnected or reconnected.</summary>
    /// <returns>What was pending.</returns>
    public StoredToken? Forget(TokenKey key) => _pending.TryGetValue(key, out PendingSave? pending) && Remove(pending) ? pending.Row : null;

    /// <summary>Tries everything that is pending once more, for a process that is about to stop.</summary>
    public Task SettleAllAsync() => Task.WhenAll(_pending.Keys.Order(TokenKeyOrder.Instance).Select(TrySettleAsync));

    private async Task<SaveResult> TryAsync(PendingSave pending)
    {
        return Settled(pending, await store.SaveAsync(pending.Row, pending.ExpectedVersion, pending.Deadline).ConfigureAwait(false));
    }

    /// <summary>An earlier try may have reached the store although its answer was lost: then our own row stands in the way, and all is well.</summary>
    private static SaveResult Settled(PendingSave pending, SaveResult result) =>
        !result.IsSaved && result.Token is { } current && current.HoldsSameTokens(pending.Row) ? SaveResult.Saved(current) : result;

    private async Task RetryAsync(PendingSave pending)
    {
        for (TimeSpan pause = FirstPause; ; pause = RefreshTiming.Min(pause * 2, LongestPause))
        {
            await Task.Delay(pause, time).ConfigureAwait(false);
            if (!_pending.Contains(KeyValuePair.Create(pending.Row.Key, pending)) || await TrySettleAsync(pending.Row.Key).ConfigureAwait(false))
                return;

            await RenewLeaseAsync(pending).ConfigureAwait(false);
        }
    }

    /// <summary>As long as the new tokens are not in the store no other process may present the spent refresh token that still is.</summary>
    private async Task RenewLeaseAsync(PendingSave pending)
    {
        if (pending.AttemptId is null)
            return;

        try
        {
            await store.BeginRefreshAsync(pending.Row.Key, pending.AttemptId).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Logged by StoreAccess. A store that cannot be written gives the lease to nobody else either.
        }
    }

    private bool Remove(PendingSave pending)
    {
        bool removed = _pending.TryRemove(KeyValuePair.Create(pending.Row.Key, pending));
        if (removed)
            metrics.UnsavedRotationsChanged(-1);
        return removed;
    }

    private sealed class PendingSave(StoredToken row, long expectedVersion, string? attemptId, TimeSpan deadline, Func<SaveResult, Task> settled, AsyncSemaphore turn)
    {
        public StoredToken Row { get; } = row;

        public long ExpectedVersion { get; } = expectedVersion;

        public string? AttemptId { get; } = attemptId;

        /// <summary>How long the store may take: as it was set when the tokens came, since to read settings can fail.</summary>
        public TimeSpan Deadline { get; } = deadline;

        public Func<SaveResult, Task> Settled { get; } = settled;

        /// <summary>One try at a time.</summary>
        public AsyncSemaphore Turn { get; } = turn;
    }
}
