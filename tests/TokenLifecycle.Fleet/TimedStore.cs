using System.Collections.Concurrent;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Fleet;

/// <summary>The real store, and how long things took: how late a row was claimed, how late it was saved, and the claims and saves themselves.</summary>
internal sealed class TimedStore(ISearchableTokenStore inner, TimeProvider time) : ISearchableTokenStore
{
    private readonly ConcurrentDictionary<TokenKey, DateTimeOffset> _due = new();

    public ConcurrentQueue<double> Lags { get; } = new();

    public ConcurrentQueue<double> Done { get; } = new();

    public ConcurrentQueue<double> Claims { get; } = new();

    public ConcurrentQueue<double> Saves { get; } = new();

    public void Forget()
    {
        foreach (ConcurrentQueue<double> queue in new[] { Lags, Done, Claims, Saves })
            queue.Clear();
    }

    public async Task<IReadOnlyList<StoredToken>> ClaimDueAsync(string provider, string attemptId, int limit, TimeSpan leaseDuration, CancellationToken cancellationToken)
    {
        long started = time.GetTimestamp();
        IReadOnlyList<StoredToken> rows = await inner.ClaimDueAsync(provider, attemptId, limit, leaseDuration, cancellationToken);
        if (rows.Count == 0)
            return rows;

        Claims.Enqueue(time.GetElapsedTime(started).TotalMilliseconds);
        DateTimeOffset now = time.GetUtcNow();
        foreach (StoredToken row in rows)
        {
            Lags.Enqueue((now - row.NextRefreshAt!.Value).TotalMilliseconds);
            _due[row.Key] = row.NextRefreshAt.Value;
        }

        return rows;
    }

    public async Task<SaveResult> SaveAsync(StoredToken token, long expectedVersion, CancellationToken cancellationToken)
    {
        long started = time.GetTimestamp();
        SaveResult result = await inner.SaveAsync(token, expectedVersion, cancellationToken);
        Saves.Enqueue(time.GetElapsedTime(started).TotalMilliseconds);
        if (_due.TryRemove(token.Key, out DateTimeOffset due))
            Done.Enqueue((time.GetUtcNow() - due).TotalMilliseconds);
        return result;
    }

    public Task<StoredToken?> FindAsync(TokenKey key, CancellationToken cancellationToken) => inner.FindAsync(key, cancellationToken);

    public Task<RefreshClaim> BeginRefreshAsync(TokenKey key, string attemptId, TimeSpan leaseDuration, CancellationToken cancellationToken) =>
        inner.BeginRefreshAsync(key, attemptId, leaseDuration, cancellationToken);

    public Task<bool> CompleteRefreshAsync(TokenKey key, string attemptId, long version, RefreshCompletion ending, CancellationToken cancellationToken) =>
        inner.CompleteRefreshAsync(key, attemptId, version, ending, cancellationToken);

    public Task<DeleteResult> DeleteAsync(TokenKey key, CancellationToken cancellationToken) => inner.DeleteAsync(key, cancellationToken);

    public Task<IReadOnlyList<TokenKey>> FindByAccountAsync(string provider, string accountId, string? tenant, CancellationToken cancellationToken) => inner.FindByAccountAsync(provider, accountId, tenant, cancellationToken);

    public Task<IReadOnlyList<StoredConnection>> ListAsync(string provider, TokenKey? after, int limit, CancellationToken cancellationToken) => inner.ListAsync(provider, after, limit, cancellationToken);
}
