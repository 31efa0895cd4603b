namespace TokenLifecycle.Storage;

/// <summary>
/// Remembers which authorization requests have been redeemed, until they expire. Shared by all nodes that may get a callback. What a
/// request needs travels in
/// the browser's own cookie, encrypted, so a request that no one finishes leaves nothing in a store.
/// </summary>
/// <remarks>
/// In SQL: one table. To redeem is one <c>INSERT</c> with a unique id; what is read afterwards shows each caller whether it was the
/// first. Ids and
/// holders are hashes, outcomes come encrypted; all are compared ordinally and stored unchanged. An expired row counts as none.
/// </remarks>
public interface IAuthorizationRequestStore
{
    /// <summary>Redeems an id for a holder, if no other call has redeemed it: one atomic step across all nodes.</summary>
    /// <param name="id">A hash of 43 characters, for example of a state.</param>
    /// <param name="holder">The hash of what it belongs to, for example of the browser's cookie.</param>
    /// <param name="expiresAt">When it is forgotten.</param>
    /// <param name="cancellationToken">Ends the wait; whether it was redeemed is then unknown, and so it must count as redeemed.</param>
    Task<AuthorizationRedemption> TryRedeemAsync(string id, string holder, DateTimeOffset expiresAt, CancellationToken cancellationToken);

    /// <summary>Stores the outcome of what was redeemed, until it expires.</summary>
    /// <param name="id">The hash that was redeemed; one that is not known is ignored.</param>
    /// <param name="outcome">The outcome, encrypted; at most 8 KB.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task SetOutcomeAsync(string id, string outcome, CancellationToken cancellationToken);

    /// <summary>Reads an outcome, without redeeming anything.</summary>
    /// <param name="id">The hash that was redeemed.</param>
    /// <param name="holder">The hash of what it belongs to.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The outcome; <see langword="null"/> if there is none that this holder may see.</returns>
    Task<string?> FindOutcomeAsync(string id, string holder, CancellationToken cancellationToken);
}
