using Microsoft.AspNetCore.Http;

namespace TokenLifecycle.AspNetCore;

/// <summary>Who the provider says has just connected.</summary>
public sealed class ConnectionOwnerContext
{
    /// <summary>The request of the callback.</summary>
    public required HttpContext HttpContext { get; init; }

    /// <summary>The tenant of the request that began to connect.</summary>
    /// <value>The default value is an empty string: the app has no tenants.</value>
    public string Tenant { get; init; } = "";

    /// <summary>The provider's name.</summary>
    public required string Provider { get; init; }

    /// <summary>The provider's immutable id of the account.</summary>
    public required string AccountId { get; init; }

    /// <summary>The further reply members that the provider's <c>CapturedFields</c> name.</summary>
    public required IReadOnlyDictionary<string, string> Captured { get; init; }
}
