namespace TokenLifecycle.Storage;

/// <summary>
/// A store that can also be searched: for connections that are due, those of an account, and all of them in order.
/// A store that can only look up keys, as a cache, does without.
/// </summary>
public interface ISearchableTokenStore : ITokenStore
{
    /// <summary>
    /// Takes the leases of connections whose refresh is due, and notes the intent, for each exactly as
    /// <see cref="ITokenStore.BeginRefreshAsync"/> does. Due is a row whose <see cref="StoredToken.NextRefreshAt"/> has come by the store's
    /// clock, and which no other live lease holds. A row that needs a reconnect is due when its user is to be notified again. Two
    /// concurrent calls never get the same row, and neither waits for the other. Rows that cannot be read are left out and block no other
    /// row.
    /// </summary>
    /// <param name="provider">Whose connections.</param>
    /// <param name="attemptId">A new, unique id: the owner of all the leases taken.</param>
    /// <param name="limit">The maximum number of rows to acquire.</param>
    /// <param name="leaseDuration">For how long, by the store's clock.</param>
    /// <param name="cancellationToken">Cancels the wait; leases that were taken nevertheless expire.</param>
    /// <returns>The acquired rows in their state after this step, longest due first.</returns>
    Task<IReadOnlyList<StoredToken>> ClaimDueAsync(string provider, string attemptId, int limit, TimeSpan leaseDuration, CancellationToken cancellationToken);

    /// <summary>Finds whose connection belongs to an account at the provider.</summary>
    /// <param name="provider">The provider.</param>
    /// <param name="accountId">The provider's immutable id of the account; compared ordinally.</param>
    /// <param name="tenant">The tenant to look in, empty for the app without tenants; <see langword="null"/> for all tenants.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The keys, in the order of <see cref="ListAsync"/>; usually one or none. Two users, or two connections of one user, may be
    /// connected to the same account.</returns>
    Task<IReadOnlyList<TokenKey>> FindByAccountAsync(string provider, string accountId, string? tenant, CancellationToken cancellationToken);

    /// <summary>
    /// Reads connections page by page, of all tenants, ordered by user id, connection and tenant, compared ordinally. Nothing secret is
    /// read.
    /// </summary>
    /// <param name="provider">Whose connections.</param>
    /// <param name="after">The last key of the page before; <see langword="null"/> for the first page.</param>
    /// <param name="limit">The most rows to read.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The page; empty after the last.</returns>
    Task<IReadOnlyList<StoredConnection>> ListAsync(string provider, TokenKey? after, int limit, CancellationToken cancellationToken);
}
