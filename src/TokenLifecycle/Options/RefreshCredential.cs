namespace TokenLifecycle.Options;

/// <summary>Which token a refresh request sends.</summary>
public enum RefreshCredential
{
    /// <summary>The refresh token (RFC 6749 section 6).</summary>
    RefreshToken = 0,

    /// <summary>
    /// The access token itself, as Meta does. It works until the access token expires; set <see cref="OAuthProviderOptions.RefreshBefore"/>
    /// to several days, and use the background refresh.
    /// </summary>
    AccessToken = 1,
}
