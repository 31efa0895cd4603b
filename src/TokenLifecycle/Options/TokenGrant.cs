namespace TokenLifecycle.Options;

/// <summary>The grant of a token request, for error rules that hold for one of them only.</summary>
public enum OAuthGrantType
{
    /// <summary><c>authorization_code</c>.</summary>
    AuthorizationCode = 0,

    /// <summary><c>refresh_token</c>.</summary>
    RefreshToken = 1,

    /// <summary><c>client_credentials</c>.</summary>
    ClientCredentials = 2,
}
