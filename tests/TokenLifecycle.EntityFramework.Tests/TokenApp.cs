using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using TokenLifecycle.Health;
using TokenLifecycle.Testing;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.EntityFramework.Tests;

/// <summary>A database, a provider and one clock, and processes of the whole library between them.</summary>
internal sealed class TokenApp(PostgresDatabase database, SimulatedAuthorizationServer server, ManualTimeProvider clock) : IAsyncDisposable
{
    public const string Provider = "acme";

    private readonly Dictionary<string, SimulatedUser> _users = new(StringComparer.Ordinal);

    public PostgresDatabase Database => database;

    public SimulatedAuthorizationServer Server => server;

    public ManualTimeProvider Clock => clock;

    public int Refreshes => server.Log.RefreshRequests.Count;

    public static async Task<TokenApp> StartAsync(Postgres.PostgresCluster cluster, Action<SimulatedServerOptions>? configure = null)
    {
        ManualTimeProvider clock = new();
        SimulatedAuthorizationServer server = await SimulatedAuthorizationServer.StartAsync(options =>
        {
            options.TimeProvider = clock;
            options.SecretMark = Canary.Mark;
            options.Rotation = Rotation.EveryUse;
            options.AccessTokenLifetime = TimeSpan.FromHours(1);
            configure?.Invoke(options);
        });
        return new TokenApp(await PostgresDatabase.CreateAsync(cluster), server, clock);
    }

    /// <summary>Somebody who was connected.</summary>
    public SimulatedUser UserOf(string user) => _users[user];

    public static TokenKey KeyOf(string user) => new(Provider, user);

    /// <param name="configure">How tokens are protected; not at all if nothing is said.</param>
    public StoreProcess NewProcess(Action<TokenLifecycleBuilder>? configure = null) => database.NewProcess(clock: clock, configure: builder =>
    {
        builder.AddProvider(Provider, server.Configure);
        configure?.Invoke(builder);
    });

    public async Task<TokenSet> ConnectAsync(StoreProcess process, string user)
    {
        if (!_users.TryGetValue(user, out SimulatedUser? known))
            _users[user] = known = server.AddUser(user);
        TokenSet tokens = server.IssueTokens(known, "read");
        await process.Tokens.SaveAsync(KeyOf(user), tokens);
        return tokens;
    }

    /// <summary>Lets all access tokens end.</summary>
    public void Expire() => clock.Advance(TimeSpan.FromHours(1) + TimeSpan.FromSeconds(1));

    public static Task<AccessToken> GetAsync(StoreProcess process, string user) => process.Tokens.GetAccessTokenAsync(KeyOf(user)).AsTask();

    public static async Task<TokenException> RefusalAsync(StoreProcess process, string user) =>
        (await FluentActions.Awaiting(() => GetAsync(process, user)).Should().ThrowAsync<TokenException>()).Which;

    public static Task<HealthCheckResult> StoreHealthAsync(StoreProcess process) =>
        process.Services.GetRequiredService<TokenStoreHealthCheck>().CheckHealthAsync(new HealthCheckContext());

    public static Task<HealthCheckResult> HealthAsync(StoreProcess process) =>
        process.Services.GetRequiredService<TokenLifecycleHealthCheck>().CheckHealthAsync(new HealthCheckContext());

    /// <summary>Every column of a user's row.</summary>
    public async Task<string> RowAsync(string user) => (string)(await database.QueryAsync($"SELECT t::text FROM oauth_connections t WHERE user_id = '{user}'"))!;

    public async ValueTask DisposeAsync()
    {
        await database.DisposeAsync();
        await server.DisposeAsync();
    }
}
