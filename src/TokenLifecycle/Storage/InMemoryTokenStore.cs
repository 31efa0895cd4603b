namespace TokenLifecycle.Storage;

/// <summary>
/// Keeps connections in this process only: for tests, and for apps whose users may connect anew after every restart.
/// Leases run on the monotonic clock, so that setting the wall clock neither ends nor prolongs one.
/// </summary>
public sealed class InMemoryTokenStore : ITokenStore
{
    private readonly TimeProvider _clock;
    private readonly Lock _gate = new();
    private readonly Dictionary<TokenKey, LeasedRow> _rows = [];

    // One counter for all rows: a key that is deleted and saved anew can then never meet an old version of itself.
    private long _lastVersion = StoredToken.Unsaved;

    /// <summary>Makes an empty store.</summary>
    /// <param name="clock">The clock of its leases.</param>
    public InMemoryTokenStore(TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(clock);
        _clock = clock;
    }

    /// <inheritdoc/>
    public Task<StoredToken?> FindAsync(TokenKey key, CancellationToken cancellationToken) =>
        Run(key, row => row?.Token, cancellationToken);

    /// <inheritdoc/>
    public Task<RefreshClaim> BeginRefreshAsync(TokenKey key, string attemptId, TimeSpan leaseDuration, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(attemptId);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(leaseDuration, TimeSpan.Zero);
        return Run(key, row =>
        {
            if (row is null)
                return RefreshClaim.NotFound;

            (_rows[key], RefreshClaim claim) = row.Begin(attemptId, leaseDuration, _clock.GetElapsedTime(0, _clock.GetTimestamp()), _clock.GetUtcNow());
            return claim;
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<bool> EndRefreshAsync(TokenKey key, string attemptId, long version, RefreshEnding ending, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(attemptId);
        ArgumentNullException.ThrowIfNull(ending);
        return Run(key, row =>
        {
            LeasedRow? ended = row?.End(attemptId, version, ending);
            if (ended is not null)
                _rows[key] = ended;
            return ended is not null;
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<SaveResult> SaveAsync(StoredToken token, long expectedVersion, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(token);
        return Run(token.Key, row =>
        {
            if ((row?.Token.Version ?? StoredToken.Unsaved) != expectedVersion)
                return SaveResult.Conflict(row?.Token);

            LeasedRow saved = LeasedRow.Saved(token, ++_lastVersion);
            _rows[token.Key] = saved;
            return SaveResult.Saved(saved.Token);
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<DeleteResult> DeleteAsync(TokenKey key, CancellationToken cancellationToken) =>
        Run(key, row => new DeleteResult(_rows.Remove(key), row?.Token), cancellationToken);

    private Task<T> Run<T>(TokenKey key, Func<LeasedRow?, T> step, CancellationToken cancellationToken)
    {
        // default(TokenKey) names nobody; asking it for a part says so.
        _ = key.Provider;
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled<T>(cancellationToken);

        lock (_gate)
        {
            return Task.FromResult(step(_rows.GetValueOrDefault(key)));
        }
    }
}
