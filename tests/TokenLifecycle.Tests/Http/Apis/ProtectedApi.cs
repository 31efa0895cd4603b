using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.Http.Apis;

/// <summary>An API on Kestrel that accepts the provider's valid tokens only, and keeps what it received.</summary>
internal sealed class ProtectedApi : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ProtectedApi(WebApplication app) => _app = app;

    /// <summary>Every call, in order of arrival.</summary>
    public ConcurrentQueue<ReceivedCall> Calls { get; } = new();

    /// <summary>Whether the API accepts a token; set when the provider runs.</summary>
    public Func<string, bool> IsLive { get; set; } = static _ => false;

    public Uri Address => new(_app.Urls.First());

    public string Origin => Address.GetLeftPart(UriPartial.Authority);

    public IEnumerable<int> Statuses => Calls.Select(static call => call.Status);

    /// <param name="map">Adds the endpoints. Without any, each accepted call is answered with 200.</param>
    /// <param name="services">Adds the services of the endpoints.</param>
    /// <param name="protocols">What the API speaks.</param>
    public static async Task<ProtectedApi> StartAsync(
        Action<WebApplication, ProtectedApi>? map = null,
        Action<IServiceCollection>? services = null,
        HttpProtocols protocols = HttpProtocols.Http1)
    {
        WebApplicationBuilder builder = WebApplication.CreateBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = protocols));
        builder.Logging.ClearProviders();
        services?.Invoke(builder.Services);
        WebApplication app = builder.Build();
        var api = new ProtectedApi(app);
        if (map is null)
            ((IApplicationBuilder)app).Run(api.AcceptAsync);
        else
            map(app, api);
        await app.StartAsync();
        return api;
    }

    /// <summary>The world of an app whose client <c>api</c> calls this API.</summary>
    public async Task<World> WorldAsync(Action<IHttpClientBuilder>? client = null, bool hasLifetime = true)
    {
        World world = await World.StartAsync(
            server => server.SendExpiresIn = hasLifetime,
            provider => provider.ApiOrigins = [Origin],
            services: all =>
            {
                IHttpClientBuilder builder = all.AddHttpClient("api", http => http.BaseAddress = Address);
                client?.Invoke(builder);
                builder.AddTokenHandler(World.Provider);
            });
        IsLive = world.Server.IsLive;
        return world;
    }

    public static HttpClient ClientOf(World world) => world.Services.GetRequiredService<IHttpClientFactory>().CreateClient("api");

    /// <summary>Whether the call's token is valid.</summary>
    public bool IsAccepted(HttpContext context) =>
        context.Request.Headers.Authorization.ToString() is { Length: > 7 } header && IsLive(header["Bearer ".Length..]);

    /// <summary>Reads the whole body, keeps it, and answers 200 or 401.</summary>
    public async Task AcceptAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        string body = await reader.ReadToEndAsync();
        context.Response.StatusCode = IsAccepted(context) ? StatusCodes.Status200OK : StatusCodes.Status401Unauthorized;
        Calls.Enqueue(new ReceivedCall(context.Response.StatusCode, body, context.Request.ContentType));
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
