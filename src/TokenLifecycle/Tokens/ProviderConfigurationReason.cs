namespace TokenLifecycle;

/// <summary>What the operator or developer has to correct.</summary>
public enum ProviderConfigurationReason
{
    /// <summary>No provider of that name is registered.</summary>
    UnknownProvider = 0,

    /// <summary>The provider rejected the client: its id, secret, grant type or scopes.</summary>
    ClientRejected = 1,

    /// <summary>
    /// The stored tokens were issued elsewhere (another token endpoint or client), and a refresh token is only ever sent to who issued it.
    /// </summary>
    IssuerChanged = 2,

    /// <summary>A request was about to carry a token to an origin that is not allowed, or without TLS.</summary>
    OriginNotAllowed = 3,

    /// <summary>A request did not say whose token it needs.</summary>
    UserNotNamed = 4,

    /// <summary>The provider's settings are incomplete or contradict each other.</summary>
    InvalidOptions = 5,

    /// <summary>A request names a user, but all tokens of its HTTP client belong to the application or to one other user.</summary>
    UserNotApplicable = 6,

    /// <summary>A request did not say for which tenant of the app it needs a token, and the app has tenants.</summary>
    TenantNotNamed = 7,
}
