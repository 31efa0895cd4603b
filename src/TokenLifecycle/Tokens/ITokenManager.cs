namespace TokenLifecycle;

/// <summary>
/// The API of the library: returns a working token for a user and provider. A singleton; safe for any number of threads.
/// </summary>
public interface ITokenManager
{
    /// <summary>
    /// Returns an access token that is valid for at least the configured <c>MinimumValidity</c> (capped at a quarter of the token's
    /// lifetime), refreshing it if need be. While the stored token is valid it is returned whatever fails around it.
    /// </summary>
    /// <param name="key">Whose token.</param>
    /// <param name="cancellationToken">Ends this caller's wait. A refresh that has begun goes on.</param>
    /// <exception cref="ReauthorizationRequiredException">The user has to connect (again).</exception>
    /// <exception cref="TokenTemporarilyUnavailableException">There is no valid token now; try again after <c>RetryAfter</c>.</exception>
    /// <exception cref="ProviderConfigurationException">The operator has to correct the provider's settings.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    ValueTask<AccessToken> GetAccessTokenAsync(TokenKey key, CancellationToken cancellationToken = default);

    /// <summary>
    /// As <see cref="GetAccessTokenAsync(TokenKey, CancellationToken)"/>, for work that needs the token for a while: a token with less than
    /// <paramref name="minimumValidity"/> left is refreshed first. If the provider's tokens do not live that long the longest that can be
    /// had is returned and a warning is logged: compare <see cref="AccessToken.ExpiresAt"/>.
    /// </summary>
    /// <param name="key">Whose token.</param>
    /// <param name="minimumValidity">How long the token must stay valid. Not negative.</param>
    /// <param name="cancellationToken">Ends this caller's wait. A refresh that has begun goes on.</param>
    /// <exception cref="ReauthorizationRequiredException">The user has to connect (again).</exception>
    /// <exception cref="TokenTemporarilyUnavailableException">There is no valid token now; try again after <c>RetryAfter</c>.</exception>
    /// <exception cref="ProviderConfigurationException">The operator has to correct the provider's settings.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    ValueTask<AccessToken> GetAccessTokenAsync(TokenKey key, TimeSpan minimumValidity, CancellationToken cancellationToken = default);

    /// <summary>
    /// Stores the tokens of a user who has just connected or reconnected. Ends any earlier failure state of the connection.
    /// </summary>
    /// <remarks>
    /// The code that the tokens were issued for is spent, so they can't be requested again. If the store fails, the tokens are kept in
    /// memory and used, and they are saved when the store responds, unless it then holds newer ones. The method returns all the same: the
    /// user is connected, and calling it again isn't necessary. Until the tokens are saved, the health check is Degraded and
    /// <see cref="TokenEventKind.SaveDelayed"/> is raised; <see cref="TokenEventKind.Connected"/> follows the save. If the method throws,
    /// nothing was saved and nothing is kept.
    /// </remarks>
    /// <param name="key">Whose connection.</param>
    /// <param name="tokens">The whole answer of the token endpoint.</param>
    /// <param name="cancellationToken">Cancels before the write begins, not after. Pass none for tokens that were just exchanged: if the
    /// caller goes away, they are lost.</param>
    /// <exception cref="ArgumentException">The set holds something that cannot be a token, for example the account id in place of the
    /// access token.</exception>
    /// <exception cref="ReauthorizationRequiredException">The connection belongs to another account
    /// (<see cref="ReauthorizationReason.DifferentAccount"/>) and is unchanged.</exception>
    /// <exception cref="TokenTemporarilyUnavailableException">The stored row can't be read, or other processes keep changing it. It is
    /// unchanged: the user is not connected, so report it to the user.</exception>
    /// <exception cref="ProviderConfigurationException">The provider is not registered or not configured.</exception>
    Task SaveAsync(TokenKey key, TokenSet tokens, CancellationToken cancellationToken = default);

    /// <summary>
    /// Gets a new access token because the current one was rejected, or because the app needs a new one. A compare-and-swap: if the stored
    /// token is no longer <paramref name="rejected"/>, the stored one is returned and no call is made. Within a minute of such a refresh no
    /// other is made.
    /// </summary>
    /// <param name="key">Whose token.</param>
    /// <param name="rejected">The token that the API refused; <see langword="null"/> to refresh whatever is stored.</param>
    /// <param name="cancellationToken">Ends this caller's wait. A refresh that has begun goes on.</param>
    /// <returns>The stored token after the attempt; the same as <paramref name="rejected"/> if the provider has no newer one to give
    /// now.</returns>
    /// <exception cref="ReauthorizationRequiredException">The user has to connect (again).</exception>
    /// <exception cref="TokenTemporarilyUnavailableException">The refresh could not be done now.</exception>
    /// <exception cref="ProviderConfigurationException">The operator has to correct the provider's settings.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    Task<AccessToken> RefreshAsync(TokenKey key, AccessToken? rejected = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Says how a connection is doing. Reads the store, calls no provider, and never throws for a state: a missing or unreadable row is an
    /// answer.
    /// </summary>
    /// <param name="key">Whose connection.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="TokenTemporarilyUnavailableException">The store could not be read and nothing is remembered of this
    /// connection.</exception>
    /// <exception cref="ProviderConfigurationException">The provider is not registered or not configured.</exception>
    Task<ConnectionStatus> GetStatusAsync(TokenKey key, CancellationToken cancellationToken = default);

    /// <summary>
    /// Ends a connection: stops using it, revokes it at the provider as far as the provider can, and deletes it. A revocation that fails
    /// does not keep the row. A refresh in flight cannot bring it back.
    /// </summary>
    /// <param name="key">Whose connection.</param>
    /// <param name="cancellationToken">Cancels before the work begins, not after.</param>
    /// <returns>What became of the grant at the provider.</returns>
    /// <exception cref="TokenTemporarilyUnavailableException">The store could not be read or written: the row is still there; try
    /// again.</exception>
    /// <exception cref="ProviderConfigurationException">The provider is not registered or not configured.</exception>
    Task<RevocationOutcome> DisconnectAsync(TokenKey key, CancellationToken cancellationToken = default);
}
