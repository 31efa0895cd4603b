using Microsoft.AspNetCore.Http;

namespace TokenLifecycle.AspNetCore;

/// <summary>The tenant of a request to the pages and endpoints: empty in an app without tenants.</summary>
internal sealed class WebTenant(ICurrentTokenTenant? current = null)
{
    /// <summary>
    /// The current tenant; <see langword="null"/> if the app has tenants and none is current, as at a callback that all tenants share.
    /// </summary>
    public string? OrNull => current is null ? "" : current.Tenant is { Length: > 0 } tenant ? tenant : null;

    /// <exception cref="BadHttpRequestException">The app has tenants, and the request belongs to none.</exception>
    public string Current => OrNull ?? throw new BadHttpRequestException("No tenant is current. UseCurrentTenant must return one for requests to these pages.");
}
