namespace TokenLifecycle.Storage;

/// <summary>
/// Keeps the attempts to connect whose browsers are away at a provider. Shared by all nodes that may get the callback. A row is taken exactly once, and
/// leaves behind what became of it until it would have expired, so that the same callback, repeated, sees the same ending.
/// </summary>
/// <remarks>
/// In SQL: one table. What takes a request is one statement, <c>UPDATE requests SET taken_by = @mine WHERE id = @id AND browser_id = @browser AND taken_by
/// IS NULL AND expires_at > @now</c>, of which of all nodes only one changes a row; what is read afterwards shows each whether it was the
/// one. Ids are compared
/// ordinally. Texts come encrypted and are stored unchanged.
/// </remarks>
public interface IAuthorizationRequestStore
{
    /// <summary>Keeps a new request. Those of the same browser or owner beyond the bounds make room for it, oldest first.</summary>
    /// <param name="request">The row.</param>
    /// <param name="bounds">How many there may be.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Whether it was kept; <see langword="false"/> if the store holds as many as it may of all browsers together.</returns>
    Task<bool> TryAddAsync(PendingAuthorization request, AuthorizationRequestBounds bounds, CancellationToken cancellationToken);

    /// <summary>Takes a request, if this browser began it and no other call has taken it: one atomic step across all nodes.</summary>
    /// <param name="id">The hash of the state.</param>
    /// <param name="browserId">The hash of the cookie.</param>
    /// <param name="cancellationToken">Ends the wait; whether it was taken is then unknown, and so it must count as taken.</param>
    Task<AuthorizationRedemption> TryRedeemAsync(string id, string browserId, CancellationToken cancellationToken);

    /// <summary>Notes what became of a request that was taken, for as long as it would have lived.</summary>
    /// <param name="id">The hash of the state.</param>
    /// <param name="outcome">What became of it, encrypted; at most 8 KB.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task SetOutcomeAsync(string id, string outcome, CancellationToken cancellationToken);

    /// <summary>Reads what became of a request, without taking anything.</summary>
    /// <param name="id">The hash of the state.</param>
    /// <param name="browserId">The hash of the cookie.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The outcome; <see langword="null"/> if there is none that this browser may see.</returns>
    Task<string?> FindOutcomeAsync(string id, string browserId, CancellationToken cancellationToken);
}
