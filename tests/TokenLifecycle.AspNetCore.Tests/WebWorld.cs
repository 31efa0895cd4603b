using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TokenLifecycle.Options;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.AspNetCore.Tests;

/// <summary>A real app on Kestrel, known to the world as https://app.example, and a real authorization server. One clock.</summary>
internal sealed class WebWorld : IAsyncDisposable
{
    public const string Origin = "https://app.example";
    public const string Acme = "acme";
    public const string Strava = "strava";

    private WebWorld(WebApplication app, SimulatedAuthorizationServer server, ManualTimeProvider clock, FaultySearchableStore store)
    {
        App = app;
        Server = server;
        Clock = clock;
        Store = store;
        Address = new Uri(app.Urls.First());
    }

    public WebApplication App { get; }

    public Uri Address { get; }

    public SimulatedAuthorizationServer Server { get; }

    public ManualTimeProvider Clock { get; }

    public FaultySearchableStore Store { get; }

    public ITokenManager Tokens => App.Services.GetRequiredService<ITokenManager>();

    public int Exchanges => Server.Log.Requests.Count(request =>
        request.Path == Server.TokenEndpoint.Address.AbsolutePath && request.Body.Contains("authorization_code", StringComparison.Ordinal));

    public static async Task<WebWorld> StartAsync(
        Action<SimulatedServerOptions>? server = null,
        Action<OAuthProviderOptions>? provider = null,
        Action<TokenLifecycleWebOptions>? web = null,
        Action<IServiceCollection>? services = null,
        Action<WebApplication>? app = null,
        string providerName = Acme,
        string environment = "Production",
        Action<TokenLifecycleBuilder>? builder = null)
    {
        var clock = new ManualTimeProvider();
        SimulatedAuthorizationServer started = await SimulatedAuthorizationServer.StartAsync(o =>
        {
            o.TimeProvider = clock;
            o.SecretMark = Canary.Mark;
            server?.Invoke(o);
        });
        var store = new FaultySearchableStore(new InMemoryTokenStore(clock));
        WebApplicationBuilder host = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = environment });
        host.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        host.Logging.ClearProviders();
        // The framework's own request log is the one known leak, and has tests of its own (LG-6).
        host.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        host.Logging.AddProvider(new CanaryLoggerProvider(CanaryWatch.OfProcess));
        host.Services.AddSingleton<TimeProvider>(clock);
        host.Services.AddSingleton<ITokenStore>(store);
        host.Services.AddAuthentication("cookie").AddCookie("cookie", o => o.TimeProvider = TimeProvider.System);
        TokenLifecycleBuilder library = host.Services.AddTokenLifecycle().WithoutProtection().AddConnectionEndpoints(o =>
        {
            o.PublicOrigin = Origin;
            web?.Invoke(o);
        });
        if (providerName == Strava)
            library.AddStrava(o => Configure(o));
        else
            library.AddProvider(providerName, o => Configure(o));
        builder?.Invoke(library);
        services?.Invoke(host.Services);

        WebApplication built = host.Build();
        built.UseExceptionHandler();
        built.MapGet("/login", (string user, HttpContext context) => context.SignInAsync(new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, user)], "test"))));
        built.MapGet("/whoami", (HttpContext context) => context.User.FindFirstValue(ClaimTypes.NameIdentifier) ?? "nobody");
        built.MapTokenLifecycle("/connections");
        app?.Invoke(built);
        await built.StartAsync();
        return new WebWorld(built, started, clock, store);

        void Configure(OAuthProviderOptions o)
        {
            started.Configure(o);
            if (providerName == Acme)
            {
                o.Scopes = ["read", "write"];
                (o.AccountIdFrom, o.AccountIdPath) = (AccountIdSource.UserInfo, "id");
            }

            provider?.Invoke(o);
        }
    }

    /// <summary>A browser in which a user is signed in.</summary>
    public async Task<Browser> BrowserOfAsync(string? user)
    {
        var browser = new Browser(Address, Origin);
        if (user is not null)
            (await browser.GetAsync("/login?user=" + user)).Status.Should().Be(200);
        return browser;
    }

    public TokenKey Key(string user, string provider = Acme) => new(provider, user);

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        await Server.DisposeAsync();
    }
}
