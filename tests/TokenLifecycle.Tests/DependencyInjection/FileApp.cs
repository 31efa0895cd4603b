using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using TokenLifecycle.Health;
using TokenLifecycle.Testing;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.DependencyInjection;

/// <summary>An app in a host, with its tokens in a folder, and a provider to get them from.</summary>
internal sealed class FileApp : IAsyncDisposable
{
    private const string Provider = "acme";

    private readonly string _folder;
    private readonly Action<TokenLifecycleBuilder> _protection;
    private readonly List<IHost> _hosts = [];

    private FileApp(string folder, Action<TokenLifecycleBuilder> protection, ManualTimeProvider clock, SimulatedAuthorizationServer server)
    {
        (_folder, _protection, Clock, Server) = (folder, protection, clock, server);
        Host = NewHost();
    }

    public ManualTimeProvider Clock { get; }

    public SimulatedAuthorizationServer Server { get; }

    /// <summary>The first process, not started yet.</summary>
    public IHost Host { get; }

    public ITokenManager Tokens => Host.Services.GetRequiredService<ITokenManager>();

    public int Refreshes => Server.Log.RefreshRequests.Count;

    /// <param name="folder">Where the tokens are kept.</param>
    /// <param name="protection">How they are protected.</param>
    public static async Task<FileApp> StartAsync(string folder, Action<TokenLifecycleBuilder>? protection = null)
    {
        ManualTimeProvider clock = new();
        SimulatedAuthorizationServer server = await SimulatedAuthorizationServer.StartAsync(options =>
        {
            options.TimeProvider = clock;
            options.SecretMark = Canary.Mark;
            options.Rotation = Rotation.EveryUse;
            options.AccessTokenLifetime = TimeSpan.FromHours(1);
        });
        return new FileApp(folder, protection ?? (static builder => builder.WithoutProtection()), clock, server);
    }

    public static TokenKey KeyOf(string user) => new(Provider, user);

    /// <summary>Another process on the same folder.</summary>
    public IHost NewHost()
    {
        HostApplicationBuilder app = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        app.Services.AddCanaryLogging();
        app.Services.AddSingleton<TimeProvider>(Clock);
        _protection(app.Services.AddTokenLifecycle().AddProvider(Provider, Server.Configure).UseFileStore(_folder));
        IHost host = app.Build();
        _hosts.Add(host);
        return host;
    }

    public async Task<TokenSet> ConnectAsync(string user)
    {
        TokenSet tokens = Server.IssueTokens(Server.AddUser(user), "read");
        await Tokens.SaveAsync(KeyOf(user), tokens);
        return tokens;
    }

    /// <summary>Lets all access tokens end.</summary>
    public void Expire() => Clock.Advance(TimeSpan.FromHours(1) + TimeSpan.FromSeconds(1));

    public Task<AccessToken> GetAsync(string user) => Tokens.GetAccessTokenAsync(KeyOf(user)).AsTask();

    public Task<HealthCheckResult> StoreHealthAsync() => Host.Services.GetRequiredService<TokenStoreHealthCheck>().CheckHealthAsync(new HealthCheckContext());

    public Task<HealthCheckResult> HealthAsync() => Host.Services.GetRequiredService<TokenLifecycleHealthCheck>().CheckHealthAsync(new HealthCheckContext());

    public async ValueTask DisposeAsync()
    {
        foreach (IHost host in _hosts)
            host.Dispose();
        await Server.DisposeAsync();
    }
}
