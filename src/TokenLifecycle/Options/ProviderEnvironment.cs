namespace TokenLifecycle.Options;

/// <summary>
/// One of a provider's environments, such as sandbox or production. What is set here is used where the provider's own setting is empty.
/// </summary>
public sealed class ProviderEnvironment
{
    /// <summary>The authorization endpoint of this environment.</summary>
    public string? AuthorizationEndpoint { get; set; }

    /// <summary>The token endpoint of this environment.</summary>
    public string? TokenEndpoint { get; set; }

    /// <summary>The revocation endpoint of this environment.</summary>
    public string? RevocationEndpoint { get; set; }

    /// <summary>The address that returns the account id, in this environment.</summary>
    public string? UserInfoEndpoint { get; set; }

    /// <summary>The API origins of this environment.</summary>
    public IList<string> ApiOrigins { get; set; } = [];
}
