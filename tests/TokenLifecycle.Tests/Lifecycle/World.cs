using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Options;
using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>
/// A real authorization server on a real socket, one store, one manual clock for all of them, and any number of "processes": containers with a library
/// of their own that share the store.
/// </summary>
internal sealed class World : IAsyncDisposable
{
    public const string Provider = "acme";

    private readonly List<ServiceProvider> _processes = [];
    private readonly Action<OAuthProviderOptions>? _provider;
    private readonly Action<TokenLifecycleOptions>? _options;
    private readonly Action<IServiceCollection>? _services;

    private World(
        ManualTimeProvider clock,
        SimulatedAuthorizationServer server,
        Action<OAuthProviderOptions>? provider,
        Action<TokenLifecycleOptions>? options,
        Action<IServiceCollection>? services)
    {
        Clock = clock;
        Server = server;
        _provider = provider;
        _options = options;
        _services = services;
        Store = new FaultySearchableStore(new InMemoryTokenStore(clock));
        User = server.SignedInUser;
        Key = new TokenKey(Provider, "ada");
        Services = NewProcess();
    }

    public ManualTimeProvider Clock { get; }

    public SimulatedAuthorizationServer Server { get; }

    public FaultyStore Store { get; }

    public SimulatedUser User { get; }

    public TokenKey Key { get; }

    /// <summary>The first process.</summary>
    public ServiceProvider Services { get; }

    public ITokenManager Tokens => Services.GetRequiredService<ITokenManager>();

    /// <summary>The refreshes that have arrived at the server. Counted on arrival: its log of their outcomes is written after a fault has been answered.</summary>
    public int Refreshes => Server.Log.Requests.Count(request =>
        request.Path == Server.TokenEndpoint.Address.AbsolutePath && request.Body.Contains("grant_type=refresh_token", StringComparison.Ordinal));

    public static async Task<World> StartAsync(
        Action<SimulatedServerOptions>? server = null,
        Action<OAuthProviderOptions>? provider = null,
        Action<TokenLifecycleOptions>? options = null,
        Action<IServiceCollection>? services = null)
    {
        var clock = new ManualTimeProvider();
        SimulatedAuthorizationServer started = await SimulatedAuthorizationServer.StartAsync(o =>
        {
            o.TimeProvider = clock;
            o.SecretMark = Canary.Mark;
            o.Rotation = Rotation.EveryUse;
            o.AccessTokenLifetime = TimeSpan.FromHours(1);
            server?.Invoke(o);
        });
        return new World(clock, started, provider, options, services);
    }

    /// <summary>Another process on the same store, with nothing in memory.</summary>
    public ServiceProvider NewProcess()
    {
        var services = new ServiceCollection();
        services.AddCanaryLogging();
        services.AddSingleton<TimeProvider>(Clock);
        services.AddSingleton<ITokenStore>(Store);
        services.AddTokenLifecycle(_options).WithoutProtection().AddProvider(Provider, o =>
        {
            Server.Configure(o);
            _provider?.Invoke(o);
        });
        _services?.Invoke(services);
        ServiceProvider built = services.BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true, ValidateOnBuild = true });
        _processes.Add(built);
        return built;
    }

    /// <summary>Connects the user: fresh tokens in the store and in the first process.</summary>
    public async Task<TokenSet> ConnectAsync(TokenKey? key = null, SimulatedUser? user = null)
    {
        TokenSet tokens = Server.IssueTokens(user ?? User, "read");
        await Tokens.SaveAsync(key ?? Key, tokens);
        return tokens;
    }

    /// <summary>Connects the user and lets the access token end.</summary>
    public async Task<TokenSet> ConnectExpiredAsync(TokenKey? key = null, SimulatedUser? user = null)
    {
        TokenSet tokens = await ConnectAsync(key, user);
        Clock.Advance(TimeSpan.FromHours(1) + TimeSpan.FromSeconds(1));
        return tokens;
    }

    public async Task<StoredToken> StoredAsync(TokenKey? key = null) =>
        await Store.Inner.FindAsync(key ?? Key, CancellationToken.None) ?? throw new InvalidOperationException("Nothing is stored.");

    public async ValueTask DisposeAsync()
    {
        foreach (ServiceProvider process in _processes)
            await process.DisposeAsync();
        await Server.DisposeAsync();
    }
}
