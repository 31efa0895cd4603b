namespace TokenLifecycle.Options;

/// <summary>The grants of OAuth 2.0 that the library uses (RFC 6749 section 1.3).</summary>
public enum OAuthGrantType
{
    /// <summary>
    /// <c>authorization_code</c>: a user connects in the browser, and the connection is kept alive with its refresh token (RFC 6749 section
    /// 4.1).
    /// </summary>
    AuthorizationCode = 0,

    /// <summary>
    /// <c>refresh_token</c>: a new access token of an existing connection (RFC 6749 section 6). Not a provider's grant type: it follows
    /// from the other two.
    /// </summary>
    RefreshToken = 1,

    /// <summary>
    /// <c>client_credentials</c>: the app gets tokens for itself (RFC 6749 section 4.4). There is no user and no refresh token.
    /// </summary>
    ClientCredentials = 2,
}
