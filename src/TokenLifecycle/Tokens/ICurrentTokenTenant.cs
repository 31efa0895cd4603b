namespace TokenLifecycle;

/// <summary>
/// Says which tenant of the app the current code acts for, where neither a key nor a request names one: in a web app the tenant of the
/// current request. Register your own with <c>UseCurrentTenant</c>, or as a singleton: HTTP handlers are shared by all tenants and ask it
/// again for each request. An app without tenants registers none.
/// </summary>
/// <remarks>
/// With such a service, a request without a tenant is refused rather than sent with the token of another one.
/// </remarks>
public interface ICurrentTokenTenant
{
    /// <summary>The current tenant, or <see langword="null"/> if there is none.</summary>
    string? Tenant { get; }
}
