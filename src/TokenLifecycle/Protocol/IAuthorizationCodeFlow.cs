namespace TokenLifecycle.Protocol;

/// <summary>
/// Connects a user by the authorization code grant (RFC 6749 section 4.1), in two steps with the browser's journey between them. Web apps
/// get both from <c>MapTokenLifecycle</c>; use this where there is no ASP.NET Core, and save the result with
/// <see cref="ITokenManager.SaveAsync"/>.
/// </summary>
public interface IAuthorizationCodeFlow
{
    /// <summary>
    /// Begins: makes the address for the browser. Keep the request where only the same browser can reach it again, and use it once.
    /// </summary>
    /// <param name="provider">The provider's name.</param>
    /// <param name="redirectUri">The callback address from your configuration, never from a request's Host header.</param>
    /// <param name="scopes">The scopes to ask for; <see langword="null"/> for the configured ones.</param>
    /// <exception cref="ArgumentException">The redirect address is relative, or http:// elsewhere than on loopback.</exception>
    /// <exception cref="ProviderConfigurationException">The provider is not known or has no authorization endpoint.</exception>
    AuthorizationRequest CreateRequest(string provider, Uri redirectUri, IEnumerable<string>? scopes = null);

    /// <summary>Ends: checks that the response belongs to the request and exchanges the code, which is sent at most once.</summary>
    /// <param name="request">What <see cref="CreateRequest"/> made.</param>
    /// <param name="response">What came back.</param>
    /// <param name="cancellationToken">Cancels before the code is sent, not after: the tokens that the code brings exist nowhere else. Save
    /// them without a cancellation token.</param>
    /// <returns>The tokens, with <see cref="TokenSet.Scopes"/> always set.</returns>
    /// <exception cref="AuthorizationFailedException">There are no tokens; its kind states who can resolve it.</exception>
    Task<TokenSet> ExchangeAsync(AuthorizationRequest request, AuthorizationResponse response, CancellationToken cancellationToken = default);

    /// <summary>
    /// Revokes tokens that could not be kept, once, as well as the provider supports it. Many providers revoke the whole grant of
    /// the account with it, so do not revoke what a working connection to the same account depends on.
    /// </summary>
    /// <param name="provider">The provider's name.</param>
    /// <param name="tokens">What <see cref="ExchangeAsync"/> returned.</param>
    /// <param name="cancellationToken">Cancels before the work begins, not after.</param>
    /// <returns>What became of the grant at the provider.</returns>
    Task<RevocationOutcome> GiveBackAsync(string provider, TokenSet tokens, CancellationToken cancellationToken = default);
}
