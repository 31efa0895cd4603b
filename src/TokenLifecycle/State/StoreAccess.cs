using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TokenLifecycle.Concurrency;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Options;
using TokenLifecycle.Storage;

namespace TokenLifecycle.State;

/// <summary>
/// The store with a deadline on every call, none of which a caller can cancel. A store that ignores its token is left behind, so that a
/// hanging database never holds callers for longer than the deadline.
/// </summary>
internal sealed partial class StoreAccess(
    ITokenStore store,
    IOptionsMonitor<TokenLifecycleOptions> options,
    WorkScheduler work,
    TimeProvider time,
    StoreClock clock,
    TokenMetrics metrics,
    UnreadableRows unreadableRows,
    ILogger<ITokenManager> logger)
{
    private readonly StoreDeadline _deadline = new(work, time);
    private readonly StoreSilence _silence = new(time);

    /// <summary>Whether the store currently does not respond, so that callers with a valid token should not wait for it.</summary>
    public bool IsSilent => _silence.IsSilent;

    public Task<StoredToken?> FindAsync(TokenKey key) => RunAsync(key, "find", async cancel => clock.FromStore(await store.FindAsync(key, cancel).ConfigureAwait(false)));

    /// <inheritdoc cref="ITokenStore.ReadsWithoutBlocking"/>
    public bool ReadsWithoutBlocking => store.ReadsWithoutBlocking;

    /// <summary>Whether the store can be searched.</summary>
    public bool IsSearchable => store is ISearchableTokenStore;

    /// <summary>What the store is, to name it in a message.</summary>
    public string StoreName => store.GetType().Name;

    public Task<IReadOnlyList<StoredConnection>> ListAsync(string provider, TokenKey? after, int limit) =>
        RunAsync(provider, "list", async cancel => clock.FromStore(await ((ISearchableTokenStore)store).ListAsync(provider, after, limit, cancel).ConfigureAwait(false)));

    public Task<IReadOnlyList<TokenKey>> FindByAccountAsync(string provider, string accountId, string? tenant) => store is ISearchableTokenStore searchable
        ? RunAsync(provider, "find by account", cancel => searchable.FindByAccountAsync(provider, accountId, tenant, cancel))
        : Task.FromResult<IReadOnlyList<TokenKey>>([]);

    public Task<bool> CompleteRefreshAsync(TokenKey key, string attemptId, long version, RefreshCompletion ending) =>
        RunAsync(key, "end refresh", cancel => store.CompleteRefreshAsync(key, attemptId, version, clock.ToStore(ending), cancel));

    /// <summary>
    /// Saves what exists nowhere else (docs/adr/0020): until the store has answered, nothing runs but the store. What it throws is not
    /// reported yet, so that the caller can keep the row first: see <see cref="ReportFailedSave"/>.
    /// </summary>
    public async Task<SaveResult> SaveFirstAsync(StoredToken row, long expectedVersion, TimeSpan deadline)
    {
        SpanTime begun = SpanTime.Begin();
        SaveResult result = clock.FromStore(await CallAsync(deadline, cancel => store.SaveAsync(clock.ToStore(row), expectedVersion, cancel)).ConfigureAwait(false));
        unreadableRows.Remove(row.Key);
        TokenTracing.Saved(row.Key.Provider, begun.End(), result.IsSaved ? "saved" : "superseded", errorType: null);
        return result;
    }

    /// <summary>
    /// Reads before a late save, with the deadline that was set when its tokens came. What it throws is for the save to report.
    /// </summary>
    public async Task<StoredToken?> FindFirstAsync(TokenKey key, TimeSpan deadline) =>
        clock.FromStore(await CallAsync(deadline, cancel => store.FindAsync(key, cancel)).ConfigureAwait(false));

    public Task<SaveResult> SaveAsync(StoredToken row, long expectedVersion) => SaveAsync(row, expectedVersion, options.CurrentValue.SaveTimeout);

    public async Task<SaveResult> SaveAsync(StoredToken row, long expectedVersion, TimeSpan deadline)
    {
        SpanTime begun = SpanTime.Begin();
        try
        {
            return await SaveFirstAsync(row, expectedVersion, deadline).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            ReportFailedSave(row.Key, failure, begun);
            throw;
        }
    }

    /// <summary>Reports what <see cref="SaveFirstAsync"/> threw.</summary>
    public void ReportFailedSave(TokenKey key, Exception failure, SpanTime begun)
    {
        TokenTracing.Saved(key.Provider, begun.End(), "failed", failure.GetType().FullName);
        ReportFailure(key.Provider, key, "save", failure);
    }

    /// <summary>Saves, and settles by reading whether a save whose answer was lost has arrived.</summary>
    public async Task<SaveResult> SaveSettledAsync(StoredToken row, long expectedVersion)
    {
        try
        {
            return await SaveAsync(row, expectedVersion).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            StoredToken? current = await FindAsync(row.Key).ConfigureAwait(false);
            return current is not null && current.HoldsSameTokens(row)
                ? SaveResult.Saved(current)
                : throw new InvalidOperationException($"{row.Key.ToRedactedString()}: the store failed, and the tokens are not in it.", failure);
        }
    }

    public Task<DeleteResult> DeleteAsync(TokenKey key) => RunAsync(key, "delete", cancel => store.DeleteAsync(key, cancel));

    /// <summary>Looks again at a row that could not be read. Not logged: it was logged when a caller needed it.</summary>
    /// <returns>Why it cannot be read; null if it can.</returns>
    public async Task<string?> WhyUnreadableAsync(TokenKey key)
    {
        try
        {
            await FindFirstAsync(key, options.CurrentValue.SaveTimeout).ConfigureAwait(false);
            unreadableRows.Remove(key);
            return null;
        }
        catch (UnreadableTokenException unreadable)
        {
            return unreadable.Message;
        }
    }

    private Task<T> RunAsync<T>(TokenKey key, string operation, Func<CancellationToken, Task<T>> call) => RunAsync(key.Provider, key, operation, call);

    private Task<T> RunAsync<T>(string provider, string operation, Func<CancellationToken, Task<T>> call) => RunAsync(provider, null, operation, call);

    private async Task<T> RunAsync<T>(string provider, TokenKey? key, string operation, Func<CancellationToken, Task<T>> call)
    {
        TimeSpan deadline = options.CurrentValue.SaveTimeout;
        try
        {
            T result = await CallAsync(deadline, call).ConfigureAwait(false);
            if (key is { } readable)
                unreadableRows.Remove(readable);
            return result;
        }
        catch (Exception failure)
        {
            ReportFailure(provider, key, operation, failure);
            throw;
        }
    }

    private async Task<T> CallAsync<T>(TimeSpan deadline, Func<CancellationToken, Task<T>> call)
    {
        bool hasFailed = true;
        _silence.Begin();
        try
        {
            T result = await _deadline.RunAsync(deadline, call, mayBlock: !store.ReadsWithoutBlocking).ConfigureAwait(false);
            hasFailed = false;
            return result;
        }
        catch (UnreadableTokenException)
        {
            hasFailed = false; // It has answered; one row is not the store.
            throw;
        }
        finally
        {
            _silence.End(hasFailed);
        }
    }

    private void ReportFailure(string provider, TokenKey? key, string operation, Exception failure)
    {
        if (failure is UnreadableTokenException unreadable && key is { } named)
        {
            unreadableRows.Add(named);
            Log.Unreadable(logger, unreadable, named);
            return;
        }

        metrics.StoreFailed(operation, failure);
        if (key is { } whose)
            Log.StoreFailed(logger, failure, whose, operation);
        else
            Log.StoreSearchFailed(logger, failure, provider, operation);
    }
}
