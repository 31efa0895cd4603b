namespace TokenLifecycle.Storage;

/// <summary>
/// Keeps connections in this process only: for tests, and for apps whose users may connect again after every restart.
/// Leases run on the monotonic clock, so that setting the wall clock neither ends nor prolongs one.
/// </summary>
public sealed class InMemoryTokenStore : ISearchableTokenStore, ITokenStoreStatistics
{
    private readonly TimeProvider _clock;
    private readonly Lock _gate = new();
    private readonly Dictionary<TokenKey, LeasedConnection> _rows = [];

    // One counter for all rows: a key that is deleted and saved again can then never meet an old version of itself.
    private long _lastVersion = StoredToken.Unsaved;

    /// <summary>Makes an empty store.</summary>
    /// <param name="clock">The clock of its leases.</param>
    public InMemoryTokenStore(TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(clock);
        _clock = clock;
    }

    /// <inheritdoc/>
    public bool ReadsWithoutBlocking => true;

    /// <inheritdoc/>
    public Task<DateTimeOffset?> ReadClockAsync(CancellationToken cancellationToken) => Run<DateTimeOffset?>(() => _clock.GetUtcNow(), cancellationToken);

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

            (_rows[key], RefreshClaim claim) = row.Begin(attemptId, leaseDuration, Elapsed(), _clock.GetUtcNow());
            return claim;
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<bool> CompleteRefreshAsync(TokenKey key, string attemptId, long version, RefreshCompletion ending, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(attemptId);
        ArgumentNullException.ThrowIfNull(ending);
        return Run(key, row =>
        {
            LeasedConnection? ended = row?.End(attemptId, version, ending);
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

            LeasedConnection saved = LeasedConnection.Saved(token, ++_lastVersion);
            _rows[token.Key] = saved;
            return SaveResult.Saved(saved.Token);
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<DeleteResult> DeleteAsync(TokenKey key, CancellationToken cancellationToken) =>
        Run(key, row => new DeleteResult(_rows.Remove(key), row?.Token), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredToken>> ClaimDueAsync(string provider, string attemptId, int limit, TimeSpan leaseDuration, CancellationToken cancellationToken)
    {
        StoredTokenSearch.CheckClaim(provider, attemptId, limit, leaseDuration);
        return Run<IReadOnlyList<StoredToken>>(() =>
        {
            TimeSpan now = Elapsed();
            DateTimeOffset utcNow = _clock.GetUtcNow();
            List<StoredToken> claimed = [];
            foreach (LeasedConnection row in RowsOf(provider).Where(row => row.IsDueFor(attemptId, now, utcNow)).OrderBy(static row => row.Token.NextRefreshAt).Take(limit).ToList())
            {
                (LeasedConnection begun, _) = row.Begin(attemptId, leaseDuration, now, utcNow);
                _rows[begun.Token.Key] = begun;
                claimed.Add(begun.Token);
            }

            return claimed;
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<TokenKey>> FindByAccountAsync(string provider, string accountId, string? tenant, CancellationToken cancellationToken)
    {
        StoredTokenSearch.CheckAccount(provider, accountId);
        return Run<IReadOnlyList<TokenKey>>(
            () => [.. RowsOf(provider).Where(row => row.Token.IsOfAccount(accountId, tenant)).Select(static row => row.Token.Key).Order(TokenKeyOrder.Instance)],
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredConnection>> ListAsync(string provider, TokenKey? after, int limit, CancellationToken cancellationToken)
    {
        StoredTokenSearch.CheckPage(provider, limit);
        return Run<IReadOnlyList<StoredConnection>>(
            () =>
            [
                .. RowsOf(provider)
                    .Where(row => after is not { } last || TokenKeyOrder.Instance.Compare(row.Token.Key, last) > 0)
                    .OrderBy(static row => row.Token.Key, TokenKeyOrder.Instance)
                    .Take(limit)
                    .Select(static row => row.Token.ToConnection()),
            ],
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<ConnectionCount>> CountAsync(CancellationToken cancellationToken) =>
        Run<IReadOnlyList<ConnectionCount>>(() => StoredTokenSearch.Count(_rows.Values.Select(static row => (row.Token.Key, (StoredToken?)row.Token))), cancellationToken);

    private IEnumerable<LeasedConnection> RowsOf(string provider) => _rows.Values.Where(row => row.Token.Key.IsOf(provider));

    private TimeSpan Elapsed() => _clock.GetElapsedTime(0, _clock.GetTimestamp());

    private Task<T> Run<T>(TokenKey key, Func<LeasedConnection?, T> step, CancellationToken cancellationToken)
    {
        // default(TokenKey) names no user; reading a part of it throws.
        _ = key.Provider;
        return Run(() => step(_rows.GetValueOrDefault(key)), cancellationToken);
    }

    private Task<T> Run<T>(Func<T> step, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled<T>(cancellationToken);

        lock (_gate)
        {
            return Task.FromResult(step());
        }
    }
}
