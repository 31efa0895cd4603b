namespace TokenLifecycle.Storage;

/// <summary>
/// What outlives a call. Lease and version live in the token's own row, so that "who may refresh" and "what is stored" are read and changed
/// in one atomic step. A store must pass the contract suite in <c>tests/TokenLifecycle.Contracts</c>.
/// </summary>
/// <remarks>
/// Every method is atomic and linearizable per key, keeps values byte for byte, compares keys ordinally, and throws only when the store
/// itself cannot do its work. The store's own clock decides leases: no caller passes a time.
/// </remarks>
public interface ITokenStore
{
    /// <summary>
    /// Whether no method ever blocks its thread, however long the answer takes. <see cref="FindAsync"/> may then be called on the thread of
    /// the caller that asks for a token, which saves the change to another
    /// thread; but with no <see cref="AsyncLocal{T}"/> of theirs, and not where they have a <see cref="SynchronizationContext"/>.
    /// </summary>
    /// <value>
    /// <see langword="false"/>, unless a store overrides it: each call begins on another thread of the pool, so that
    /// <c>TokenLifecycleOptions.SaveTimeout</c> also applies to a store that blocks.
    /// </value>
    bool ReadsWithoutBlocking => false;

    /// <summary>
    /// Reads the store's clock: the clock that decides leases and which connections are due, and whose time is noted in
    /// <see cref="StoredToken.Intent"/>. Called once in the life of a process, to measure how far it differs from the process's own clock.
    /// </summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The time; <see langword="null"/>, unless a store says otherwise, if the store uses the clock of this process.</returns>
    Task<DateTimeOffset?> ReadClockAsync(CancellationToken cancellationToken) => Task.FromResult<DateTimeOffset?>(null);

    /// <summary>Reads one row.</summary>
    /// <param name="key">Whose.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    /// <returns>The row, or <see langword="null"/> if there is none.</returns>
    /// <exception cref="UnreadableTokenException">There is a row, but it cannot be read. It must be left unchanged.</exception>
    Task<StoredToken?> FindAsync(TokenKey key, CancellationToken cancellationToken);

    /// <summary>
    /// Takes the lease on a connection's refresh, records the intent to send its refresh token, and reads the row, all in one step.
    /// Called again with the id that already holds the lease it renews it and leaves the intent unchanged. A lease that ran out may be
    /// taken by
    /// another attempt; until one does, it is still its last holder's to renew, to end, or to save with.
    /// </summary>
    /// <param name="key">Whose.</param>
    /// <param name="attemptId">A new, unique id of this attempt: the owner of the lease.</param>
    /// <param name="leaseDuration">For how long, by the store's clock.</param>
    /// <param name="cancellationToken">Ends the wait; whether the lease was taken is then unknown and calling again with the same id
    /// settles it.</param>
    /// <returns>Whether the lease was taken, is held by another, or there is no row; with the row after this step.</returns>
    /// <exception cref="UnreadableTokenException">There is a row, but it cannot be read. It must be left unchanged.</exception>
    Task<RefreshClaim> BeginRefreshAsync(TokenKey key, string attemptId, TimeSpan leaseDuration, CancellationToken cancellationToken);

    /// <summary>
    /// Ends an attempt that brought no new tokens: records the failure and gives the lease back, if <paramref name="attemptId"/> still
    /// holds it and the row still has the version that the attempt was about. Otherwise changes nothing.
    /// </summary>
    /// <param name="key">Whose.</param>
    /// <param name="attemptId">The id the lease was taken with.</param>
    /// <param name="version">The version of the row that the attempt was about.</param>
    /// <param name="ending">What to record.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Whether it was recorded.</returns>
    Task<bool> CompleteRefreshAsync(TokenKey key, string attemptId, long version, RefreshCompletion ending, CancellationToken cancellationToken);

    /// <summary>
    /// Writes a row whole, if the stored version is still <paramref name="expectedVersion"/>, and gives it the next version. Clears lease
    /// and intent, whichever process holds them: new tokens make every attempt with the old ones pointless.
    /// </summary>
    /// <param name="token">The row; its own <see cref="StoredToken.Version"/> and <see cref="StoredToken.Intent"/> are ignored.</param>
    /// <param name="expectedVersion">The version to replace; <see cref="StoredToken.Unsaved"/> if there must be no row.</param>
    /// <param name="cancellationToken">Ends the wait; whether the row was written is then unknown and reading it settles it.</param>
    /// <returns>The new version, or the row that is stored instead.</returns>
    Task<SaveResult> SaveAsync(StoredToken token, long expectedVersion, CancellationToken cancellationToken);

    /// <summary>
    /// Deletes a row, whatever its version, and returns what was deleted. Only <see cref="ITokenManager.DisconnectAsync"/> calls this.
    /// </summary>
    /// <param name="key">Whose.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Whether there was a row, and what it held as far as it could be read.</returns>
    Task<DeleteResult> DeleteAsync(TokenKey key, CancellationToken cancellationToken);
}
