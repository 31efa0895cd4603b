namespace TokenLifecycle.Protocol;

/// <summary>The exchange for who saves the tokens at once: nothing of the app's sees the request before (docs/adr/0020).</summary>
internal interface ICodeExchange
{
    /// <summary>As <see cref="IAuthorizationCodeFlow.ExchangeAsync"/>, but the request is not recorded in the app's trace yet.</summary>
    /// <returns>The tokens, and what records the request: to be called once, when they are saved.</returns>
    Task<(TokenSet Tokens, Action Report)> ExchangeAsync(AuthorizationRequest request, AuthorizationResponse response);
}
