namespace TokenLifecycle.Options;

/// <summary>How a grant is revoked.</summary>
public enum RevocationStyle
{
    /// <summary>RFC 7009: send the token with client authentication.</summary>
    Rfc7009 = 0,

    /// <summary>
    /// Send the access token as Bearer, with <see cref="OAuthProviderOptions.RevocationParameters"/> alone. Needs a valid access token.
    /// </summary>
    BearerToken = 1,

    /// <summary>The provider has no such endpoint: disconnecting reports <see cref="RevocationOutcome.NotSupported"/>.</summary>
    None = 2,
}
