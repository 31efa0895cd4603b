namespace TokenLifecycle.DependencyInjection;

/// <summary>The app's own way of naming the current tenant, as given to <c>UseCurrentTenant</c>.</summary>
internal sealed class CurrentTokenTenant(IServiceProvider services, Func<IServiceProvider, string?> tenant) : ICurrentTokenTenant
{
    public string? Tenant => tenant(services);
}
