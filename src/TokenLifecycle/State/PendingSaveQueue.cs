using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using TokenLifecycle.Concurrency;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Storage;

namespace TokenLifecycle.State;

/// <summary>
/// Saves received tokens. If the store fails, the tokens are kept here, used, and saved when the store is available again (law 4). The refresh token that they replaced no longer
/// works, so this is the only usable copy.
/// </summary>
internal sealed class PendingSaveQueue : IDisposable
{
    private readonly StoreAccess _store;
    private readonly TokenSaver _saver;
    private readonly WorkScheduler _work;
    private readonly TimeProvider _time;
    private readonly TokenMetrics _metrics;
    private readonly ILogger<ITokenManager> _logger;
    private readonly PendingSaveRetries _retries;
    private readonly ConcurrentDictionary<TokenKey, PendingSave> _pending = new();
    private readonly ConcurrentDictionary<PendingSave, bool> _saving = new();
    private readonly SettledSaves _settled;

    public PendingSaveQueue(StoreAccess store, TokenSaver saver, WorkScheduler work, TimeProvider time, TokenMetrics metrics, ILogger<ITokenManager> logger) =>
        (_store, _saver, _work, _time, _metrics, _logger, _settled, _retries) =
        (store, saver, work, time, metrics, logger, new SettledSaves(work, logger), new PendingSaveRetries(this, store, work, time));

    /// <summary>How many connections live in memory only.</summary>
    public int PendingCount => _pending.Count;

    /// <summary>Gets since when the oldest pending save waits; null if there is none.</summary>
    public DateTimeOffset? PendingSince => _pending.IsEmpty ? null : _pending.Values.Min(static pending => (DateTimeOffset?)pending.Since);

    /// <summary>Gets the rows that would be lost if the process stopped now: those that wait to be saved, and those that are being saved.</summary>
    public IReadOnlyList<StoredToken> Unsaved =>
        [.. _pending.Values.Select(static pending => pending.Row).Concat(_saving.Keys.Select(static saving => saving.Row)).DistinctBy(static row => row.Key)];

    /// <summary>Gets the connections that wait to be saved, in an order that is the same in each process.</summary>
    public IReadOnlyList<TokenKey> Waiting => [.. _pending.Keys.Order(TokenKeyOrder.Instance)];

    /// <summary>Returns who holds the lease of a connection that waits; <see langword="null"/> without one.</summary>
    public string? AttemptIdOf(TokenKey key) => _pending.TryGetValue(key, out PendingSave? pending) ? pending.AttemptId : null;

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
        var pending = new PendingSave(row, attempt.Row, attempt.AttemptId, deadline, settled);

        // A process that was stalled for longer than its lease first checks whether another one has taken over.
        return await SaveOrKeepAsync(pending, () => _saver.SaveAsync(pending, looksFirst: attempt.HasOutlived(leaseDuration, _time))).ConfigureAwait(false);
    }

    /// <summary>Saves what a user has just granted, or keeps it in memory and saves it later, but never over something newer.</summary>
    /// <param name="row">The row with the new tokens.</param>
    /// <param name="before">The row that it replaces; null if there was none or it is unknown.</param>
    /// <param name="deadline">How long the store may take.</param>
    /// <param name="settled">Called once with the stored row when a delayed save has succeeded, or with what is stored instead.</param>
    /// <returns>The store's answer; null if the save is delayed.</returns>
    /// <exception cref="UnreadableTokenException">The stored row cannot be read. It stays, and nothing is kept.</exception>
    public Task<SaveResult?> SaveGrantAsync(StoredToken row, StoredToken? before, TimeSpan deadline, Func<SaveResult, Task> settled)
    {
        var pending = new PendingSave(row, before, attemptId: null, deadline, settled) { IsNewGrant = true };
        return SaveOrKeepAsync(pending, () => _store.SaveFirstAsync(row, pending.ExpectedVersion, deadline));
    }

    /// <summary>Saves a row that an earlier process could not save, as soon as the store accepts it. Until then the row is used in place of the stored one.</summary>
    public void Recover(StoredToken row, bool isNewGrant, TimeSpan deadline, Func<SaveResult, Task> settled)
    {
        var pending = new PendingSave(row, before: null, attemptId: null, deadline, settled) { IsRecovered = !isNewGrant, IsNewGrant = isNewGrant };
        if (_pending.TryAdd(row.Key, pending))
            Keep(pending);
    }

    /// <summary>Retries a pending save at once.</summary>
    /// <param name="key">The connection.</param>
    /// <param name="patience">How long to wait for the store, if that is less than its settings allow.</param>
    /// <returns>Whether nothing is pending any more.</returns>
    public async Task<bool> TrySettleAsync(TokenKey key, TimeSpan? patience = null)
    {
        if (!_pending.TryGetValue(key, out PendingSave? pending))
            return true;
        if (!pending.TryBeginRetry())
            return false;

        SpanTime begun = SpanTime.Begin();
        SaveResult result;
        try
        {
            result = await _saver.SaveAsync(pending, looksFirst: true, patience).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            _store.ReportFailedSave(key, failure, begun);
            return !_pending.Contains(KeyValuePair.Create(key, pending));
        }
        finally
        {
            pending.EndRetry();
        }

        // Something else is stored. A retry that is in progress may replace it all the same, and only then is its result final.
        if (!result.IsSaved)
            await pending.HoldAsync(_work).ConfigureAwait(false);
        Settle(pending, result);
        return true;
    }

    /// <summary>Holds back the retries of a pending save, and waits for those that are in progress: one of them could save the row again after it was deleted.</summary>
    /// <returns>The pending save, to be released or forgotten; null if there is none.</returns>
    public async Task<PendingSave?> HoldAsync(TokenKey key)
    {
        if (!_pending.TryGetValue(key, out PendingSave? pending))
            return null;
        await pending.HoldAsync(_work).ConfigureAwait(false);
        return pending;
    }

    /// <summary>Gives up a pending save because the user disconnected or reconnected.</summary>
    /// <returns>What was pending.</returns>
    public StoredToken? Forget(TokenKey key) => _pending.TryGetValue(key, out PendingSave? pending) && Remove(pending) ? pending.Row : null;

    /// <summary>Retries all pending saves once, a few at a time. Ends early if the store accepts none.</summary>
    public Task SettleAllAsync() => _retries.SettleAllAsync(patience: null);

    /// <summary>Completes when the work that follows from the saves so far has finished, such as revocations and log messages.</summary>
    public Task WhenSettledAsync() => _settled.WhenEndedAsync();

    public void Dispose() => _retries.Dispose();

    private async Task<SaveResult?> SaveOrKeepAsync(PendingSave pending, Func<Task<SaveResult>> save)
    {
        TokenKey key = pending.Row.Key;
        _saving[pending] = true;
        SpanTime begun = SpanTime.Begin();
        Exception failure;
        try
        {
            return await save().ConfigureAwait(false);
        }
        catch (Exception exception) when (!pending.IsNewGrant || exception is not UnreadableTokenException)
        {
            // The refresh of a grant that the user has replaced meanwhile.
            if (!pending.IsNewGrant && _pending.TryGetValue(key, out PendingSave? newer) && newer.IsNewGrant)
                return null;

            // Kept first: what follows is the app's, and may throw or never return.
            if (pending.IsNewGrant)
                Forget(key);
            _pending[key] = pending;
            failure = exception;
        }
        finally
        {
            _saving.TryRemove(pending, out _);
        }

        Keep(pending);
        _store.ReportFailedSave(key, failure, begun);
        Log.SaveDelayed(_logger, failure, key);
        return null;
    }

    private void Keep(PendingSave pending)
    {
        pending.Since = _time.GetUtcNow();
        _metrics.UnsavedRotationsChanged(1);
        _retries.Start();
    }

    /// <summary>Ends a pending save. The cache follows at once. Work that may wait, such as a revocation or a log provider, does not hold up other saves.</summary>
    private void Settle(PendingSave pending, SaveResult result)
    {
        if (!pending.TryEnd())
            return;

        Task published = _settled.PublishAsync(pending, result);
        if (Remove(pending))
            _settled.Finish(pending, result, published);
    }

    private bool Remove(PendingSave pending)
    {
        bool removed = _pending.TryRemove(KeyValuePair.Create(pending.Row.Key, pending));
        if (removed)
            _metrics.UnsavedRotationsChanged(-1);
        return removed;
    }
}
