namespace TokenLifecycle.Options;

/// <summary>How a provider's connections come about.</summary>
public enum OAuthGrantType
{
    /// <summary>A user connects in the browser (RFC 6749 section 4.1); the connection is kept alive with its refresh token.</summary>
    AuthorizationCode = 0,

    /// <summary>The app gets tokens for itself (RFC 6749 section 4.4); there is no user and no refresh token.</summary>
    ClientCredentials = 1,
}
