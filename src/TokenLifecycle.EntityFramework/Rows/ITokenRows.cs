using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework.Rows;

/// <summary>
/// The steps of <see cref="ITokenStore"/> that change rows or depend on how an engine compares them, in the way of one kind of engine.
/// </summary>
internal interface ITokenRows
{
    /// <summary>The clock of the database; null where the steps run on the clock of the app.</summary>
    Task<DateTimeOffset?> ReadClockAsync(RowSession session, CancellationToken cancellationToken) => Task.FromResult<DateTimeOffset?>(null);

    Task<RefreshClaim> BeginRefreshAsync(RowSession session, TokenKey key, string attemptId, TimeSpan leaseDuration, CancellationToken cancellationToken);

    Task<bool> CompleteRefreshAsync(RowSession session, TokenKey key, string attemptId, long version, RefreshCompletion ending, CancellationToken cancellationToken);

    Task<SaveResult> SaveAsync(RowSession session, StoredToken token, long expectedVersion, CancellationToken cancellationToken);

    Task<DeleteResult> DeleteAsync(RowSession session, TokenKey key, CancellationToken cancellationToken);

    Task<IReadOnlyList<StoredToken>> ClaimDueAsync(
        RowSession session, string provider, string attemptId, int limit, TimeSpan leaseDuration, CancellationToken cancellationToken);

    /// <summary>The ordinal order of keys.</summary>
    IQueryable<OAuthConnection> InOrder(IQueryable<OAuthConnection> rows);

    /// <summary>The rows behind a key in that order.</summary>
    IQueryable<OAuthConnection> After(IQueryable<OAuthConnection> rows, TokenKey key);
}
