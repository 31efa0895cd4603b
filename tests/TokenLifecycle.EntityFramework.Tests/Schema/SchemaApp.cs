using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using TokenLifecycle.EntityFramework.Schema;
using TokenLifecycle.Health;
using TokenLifecycle.Options;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.EntityFramework.Tests.Schema;

/// <summary>A process of an app: the whole library, a context, a database, and a provider to get tokens from.</summary>
internal sealed class SchemaApp : IAsyncDisposable
{
    public const string Provider = "acme";

    private readonly IHost _host;
    private readonly Dictionary<string, SimulatedUser> _users = new(StringComparer.Ordinal);

    private SchemaApp(IHost host, SimulatedAuthorizationServer server, ManualTimeProvider clock)
    {
        _host = host;
        Server = server;
        Clock = clock;
    }

    public SimulatedAuthorizationServer Server { get; }

    public ManualTimeProvider Clock { get; }

    public IServiceProvider Services => _host.Services;

    public ITokenManager Tokens => Services.GetRequiredService<ITokenManager>();

    public static async Task<SchemaApp> NewAsync<TContext>(Action<DbContextOptionsBuilder> database, StoreCheckMode mode = StoreCheckMode.Fail, Action<TokenLifecycleBuilder>? builder = null)
        where TContext : DbContext
    {
        ManualTimeProvider clock = new();
        SimulatedAuthorizationServer server = await SimulatedAuthorizationServer.StartAsync(o =>
        {
            o.TimeProvider = clock;
            o.SecretMark = Canary.Mark;
            o.Rotation = Rotation.EveryUse;
            o.AccessTokenLifetime = TimeSpan.FromHours(1);
        });
        HostApplicationBuilder app = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        app.Services.AddCanaryLogging();
        app.Services.AddSingleton<TimeProvider>(clock);
        app.Services.AddDbContext<TContext>(database);
        TokenLifecycleBuilder library = app.Services.AddTokenLifecycle(options => options.CheckStoreOnStart = mode)
            .AddProvider(Provider, server.Configure)
            .UseEntityFrameworkStore<TContext>()
            .UsePostgreSql()
            .WithoutProtection();
        builder?.Invoke(library);
        app.Services.AddHealthChecks().AddCheck<TokenStoreHealthCheck>("token-store");
        return new SchemaApp(app.Build(), server, clock);
    }

    public Task StartAsync() => _host.StartAsync();

    public static TokenKey KeyOf(string user) => new(Provider, user);

    /// <summary>Connects a user.</summary>
    public async Task<TokenSet> ConnectAsync(string user)
    {
        if (!_users.TryGetValue(user, out SimulatedUser? known))
            _users[user] = known = Server.AddUser(user);
        TokenSet tokens = Server.IssueTokens(known, "read");
        await Tokens.SaveAsync(KeyOf(user), tokens);
        return tokens;
    }

    /// <summary>Lets all access tokens end.</summary>
    public void Expire() => Clock.Advance(TimeSpan.FromHours(1) + TimeSpan.FromSeconds(1));

    public Task<AccessToken> GetAsync(string user) => Tokens.GetAccessTokenAsync(KeyOf(user)).AsTask();

    /// <summary>Why there is no token.</summary>
    public async Task<TokenTemporarilyUnavailableException> RefusalAsync(string user) =>
        (await FluentActions.Awaiting(() => GetAsync(user)).Should().ThrowAsync<TokenTemporarilyUnavailableException>()).Which;

    public Task<HealthReport> HealthAsync() => Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();

    /// <summary>What the validation finds; empty if it is content.</summary>
    public async Task<IReadOnlyList<TokenStoreProblem>> ProblemsAsync()
    {
        try
        {
            await Services.ValidateTokenLifecycleSchemaAsync();
            return [];
        }
        catch (TokenStoreNotReadyException unfit)
        {
            foreach (TokenStoreProblem problem in unfit.Problems)
                unfit.Message.Should().Contain(problem.ToString());
            return unfit.Problems;
        }
    }

    /// <summary>Lets the gate look again.</summary>
    public void PassPause() => Clock.Advance(SchemaGate.Pause);

    /// <summary>Everything that a connection lives through.</summary>
    public async Task LiveAsync(string user)
    {
        await ConnectAsync(user);
        Expire();
        (await GetAsync(user)).Value.Should().NotBeEmpty();
        Expire();
        (await GetAsync(user)).Value.Should().NotBeEmpty();
        await Tokens.DisconnectAsync(KeyOf(user));
        (await Tokens.GetStatusAsync(KeyOf(user))).State.Should().Be(TokenState.Missing);
    }

    public async ValueTask DisposeAsync()
    {
        if (_host is IAsyncDisposable host)
            await host.DisposeAsync();
        await Server.DisposeAsync();
    }
}
