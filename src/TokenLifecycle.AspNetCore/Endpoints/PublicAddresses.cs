using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace TokenLifecycle.AspNetCore;

/// <summary>
/// The addresses by which browsers and providers know the endpoints. All from configuration and the app's own routes (AR-5).
/// </summary>
internal sealed class PublicAddresses(IOptions<TokenLifecycleWebOptions> options, IHostEnvironment environment)
{
    public const string ProviderPart = "/{provider}";

    private string? _prefix;

    /// <summary>Where the endpoints were mapped, for example <c>/connections</c>; null if they were not.</summary>
    public string? Prefix => _prefix is null ? null : options.Value.PublicPathBase + _prefix;

    /// <summary>The app's own start page.</summary>
    public string Root => options.Value.PublicPathBase + "/";

    /// <summary>Whether cookies can be Secure: everywhere but on a developer's own machine without TLS.</summary>
    public bool IsSecure(HttpRequest request) => OriginOf(request).StartsWith("https://", StringComparison.OrdinalIgnoreCase);

    /// <summary>The path of all endpoints about one provider.</summary>
    public string OfProvider(string provider) => $"{Prefix}/{provider}";

    public string Connect(string provider) => $"{Prefix}/{provider}/connect";

    /// <summary>The page of one connection.</summary>
    public string Page(string provider, string connection, string? returnUrl)
    {
        string query = string.Join('&', new[]
        {
            connection == TokenKey.DefaultConnection ? null : $"{ConnectionEndpoints.ConnectionField}={Uri.EscapeDataString(connection)}",
            returnUrl is null ? null : $"{ConnectionEndpoints.ReturnUrlField}={Uri.EscapeDataString(returnUrl)}",
        }.OfType<string>());
        return query.Length == 0 ? Connect(provider) : $"{Connect(provider)}?{query}";
    }

    public string Disconnect(string provider) => $"{Prefix}/{provider}/disconnect";

    public string Callback(string provider) => $"{Prefix}/{provider}/callback";

    public string Result(string provider, string attempt) => $"{Prefix}/{provider}/result?attempt={attempt}";

    /// <summary>The redirect address, as it has to be registered with the provider.</summary>
    public Uri RedirectUri(HttpRequest request, string provider) => new(OriginOf(request) + Callback(provider));

    /// <summary>The same without a request, for a message; null if the origin is known only from a request, in Development.</summary>
    public string? RedirectAddress(string provider, string? localOrigin) =>
        (options.Value.PublicOrigin is { Length: > 0 } configured ? configured : localOrigin) is { } origin ? origin + Callback(provider) : null;

    /// <summary>
    /// Where the app says that the endpoints are. Needed before the routes are built: reconnect addresses are part of the settings, which
    /// are checked first.
    /// </summary>
    public void Mapped(string prefix) => _prefix = "/" + prefix.Trim('/');

    /// <summary>Learns where the endpoints are from their own route, so that a group around them counts too.</summary>
    public void LearnPrefix(RouteEndpointBuilder endpoint)
    {
        string pattern = "/" + endpoint.RoutePattern.RawText?.TrimStart('/');
        int part = pattern.IndexOf(ProviderPart, StringComparison.Ordinal);
        if (part >= 0)
            _prefix = pattern[..part];
    }

    private string OriginOf(HttpRequest request)
    {
        if (options.Value.PublicOrigin is { Length: > 0 } configured)
            return configured;
        // The start has failed long before this in any other environment; and even in Development no other Host header counts.
        bool isOwn = environment.IsDevelopment()
            && request.HttpContext.Connection.RemoteIpAddress is { } remote && IPAddress.IsLoopback(remote)
            && request.Host.Host is "localhost" or "127.0.0.1" or "[::1]";
        return isOwn
            ? $"{request.Scheme}://{request.Host.Value}"
            : throw new BadHttpRequestException("This address is not known to the app.", StatusCodes.Status421MisdirectedRequest);
    }
}
