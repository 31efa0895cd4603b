using TokenLifecycle.Storage;

namespace TokenLifecycle.TestKit;

/// <summary>A store that can be replaced by an older copy of itself, as when a lagging standby is promoted or a backup is restored.</summary>
public sealed class RewindableStore(TimeProvider clock) : ISearchableTokenStore, ITokenStoreStatistics
{
    private InMemoryTokenStore _current = new(clock);
    private InMemoryTokenStore? _copy;

    /// <summary>Gets or sets what runs between a read and its answer.</summary>
    public Func<TokenKey, Task>? AfterFind { get; set; }

    /// <summary>Copies the rows as they are now.</summary>
    public async Task CopyAsync(params TokenKey[] keys)
    {
        _copy = new InMemoryTokenStore(clock);
        foreach (TokenKey key in keys)
        {
            if (await _current.FindAsync(key, CancellationToken.None) is { } row)
                await _copy.SaveAsync(row, StoredToken.Unsaved, CancellationToken.None);
        }
    }

    /// <summary>Puts the copy in the place of the rows. Its versions have gone back, too.</summary>
    public void GoBack() => _current = _copy ?? throw new InvalidOperationException("There is no copy.");

    public async Task<StoredToken?> FindAsync(TokenKey key, CancellationToken cancellationToken)
    {
        StoredToken? row = await _current.FindAsync(key, cancellationToken);
        if (AfterFind is { } after)
            await after(key);
        return row;
    }

    public Task<RefreshClaim> BeginRefreshAsync(TokenKey key, string attemptId, TimeSpan leaseDuration, CancellationToken cancellationToken) =>
        _current.BeginRefreshAsync(key, attemptId, leaseDuration, cancellationToken);

    public Task<bool> CompleteRefreshAsync(TokenKey key, string attemptId, long version, RefreshCompletion ending, CancellationToken cancellationToken) =>
        _current.CompleteRefreshAsync(key, attemptId, version, ending, cancellationToken);

    public Task<SaveResult> SaveAsync(StoredToken token, long expectedVersion, CancellationToken cancellationToken) =>
        _current.SaveAsync(token, expectedVersion, cancellationToken);

    public Task<DeleteResult> DeleteAsync(TokenKey key, CancellationToken cancellationToken) => _current.DeleteAsync(key, cancellationToken);

    public Task<IReadOnlyList<StoredToken>> ClaimDueAsync(string provider, string attemptId, int limit, TimeSpan leaseDuration, CancellationToken cancellationToken) =>
        _current.ClaimDueAsync(provider, attemptId, limit, leaseDuration, cancellationToken);

    public Task<IReadOnlyList<TokenKey>> FindByAccountAsync(string provider, string accountId, string? tenant, CancellationToken cancellationToken) =>
        _current.FindByAccountAsync(provider, accountId, tenant, cancellationToken);

    public Task<IReadOnlyList<StoredConnection>> ListAsync(string provider, TokenKey? after, int limit, CancellationToken cancellationToken) =>
        _current.ListAsync(provider, after, limit, cancellationToken);

    public Task<IReadOnlyList<ConnectionCount>> CountAsync(CancellationToken cancellationToken) => _current.CountAsync(cancellationToken);
}
