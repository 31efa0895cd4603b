using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using StackExchange.Redis;
using TokenLifecycle.Health;
using TokenLifecycle.RedisServers;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Redis.Tests;

/// <summary>A Redis of each test's own that is killed, restarted, or configured badly.</summary>
[Trait(RedisServer.Needs, RedisServer.Redis)]
public sealed class RedisFailureTests : IAsyncLifetime
{
    private RedisServer _server = null!;
    private RedisApp _app = null!;

    public async Task InitializeAsync()
    {
        _server = await RedisServer.StartAsync();
        _app = await RedisApp.CreateAsync(_server);
    }

    public async Task DisposeAsync()
    {
        await _app.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    [Trait("Rule", "RS-4")]
    public async Task What_was_saved_is_there_after_the_server_was_killed()
    {
        ISearchableTokenStore store = _app.NewStore();
        StoredToken row = await store.SavedAsync();
        StoredToken begun = (await store.BeginRefreshAsync(Rows.Key, "a", Rows.Lease, Rows.None)).Token!;

        await _server.KillAsync();
        await _server.StartAgainAsync();

        (await store.FindAsync(Rows.Key, Rows.None)).Should().BeEquivalentTo(begun, "the intent is durable before the refresh token is sent");
        (await store.BeginRefreshAsync(Rows.Key, "b", Rows.Lease, Rows.None)).Kind.Should().Be(RefreshClaimKind.Held);
        (await store.SaveAsync(Rows.New(), row.Version, Rows.None)).IsSaved.Should().BeTrue();
    }

    [Fact]
    [Trait("Rule", "RS-5")]
    public async Task Scripts_that_the_server_has_forgotten_are_sent_again()
    {
        ISearchableTokenStore store = _app.NewStore();
        StoredToken row = await store.SavedAsync();

        await _app.Connection.GetServers()[0].ScriptFlushAsync();

        (await store.SaveAsync(Rows.New(), row.Version, Rows.None)).IsSaved.Should().BeTrue();
    }

    [Fact]
    [Trait("Rule", "RS-5")]
    public async Task A_replica_refuses_to_write_and_nothing_is_changed()
    {
        ISearchableTokenStore store = _app.NewStore();
        StoredToken row = await store.SavedAsync();
        IServer server = _app.Connection.GetServers()[0];
        await server.ExecuteAsync("REPLICAOF", "127.0.0.1", "1");

        await store.Invoking(s => s.SaveAsync(Rows.New(), row.Version, Rows.None)).Should().ThrowAsync<Exception>().WithMessage("*replica*");
        await server.ExecuteAsync("REPLICAOF", "NO", "ONE");

        (await store.FindAsync(Rows.Key, Rows.None)).Should().BeEquivalentTo(row);
        (await store.SaveAsync(Rows.New(), row.Version, Rows.None)).IsSaved.Should().BeTrue();
    }

    [Theory]
    [Trait("Rule", "RS-4")]
    [InlineData("appendfsync", "always", null)]
    [InlineData("appendfsync", "everysec", "*about the last second*")]
    [InlineData("appendfsync", "no", "*about half a minute*")]
    [InlineData("appendonly", "no", "*all changes since its last snapshot*")]
    public async Task The_check_states_what_a_crash_loses(string setting, string value, string? problem)
    {
        await ConfigureAsync(setting, value);

        IReadOnlyList<TokenStoreProblem> problems = await CheckAsync();

        if (problem is null)
            problems.Should().BeEmpty();
        else
            problems.Should().ContainSingle(static found => found.IsConfined).Which.Message.Should().Match(problem);
        (await CheckAsync(RedisDurability.Unchecked)).Should().BeEmpty();
        (await CheckAsync(RedisDurability.EverySecond)).Should().HaveCount(value is "no" ? 1 : 0);
    }

    [Theory]
    [Trait("Rule", "RS-2")]
    [InlineData("allkeys-lru", "100mb", true)]
    [InlineData("allkeys-lru", "0", false)]
    [InlineData("volatile-lru", "100mb", false)]
    [InlineData("noeviction", "100mb", false)]
    public async Task A_server_that_evicts_connections_is_not_used(string policy, string memory, bool isRefused)
    {
        await ConfigureAsync("maxmemory", memory);
        await ConfigureAsync("maxmemory-policy", policy);

        IReadOnlyList<TokenStoreProblem> problems = await CheckAsync();

        problems.Should().HaveCount(isRefused ? 1 : 0);
        problems.All(static problem => !problem.IsConfined && problem.Remedy!.Contains("noeviction", StringComparison.Ordinal)).Should().BeTrue();
    }

    [Fact]
    [Trait("Rule", "RS-2")]
    public async Task What_the_check_may_not_read_is_reported_as_unknown()
    {
        await _app.Connection.GetServers()[0].ExecuteAsync("ACL", "SETUSER", "app", "on", ">secret", "~*", "&*", "+@all", "-config", "-info");
        await using RedisApp restricted = await RedisApp.CreateAsync(_server.Configuration + ",user=app,password=secret");

        IReadOnlyList<TokenStoreProblem> problems = await ((ITokenStoreCheck)restricted.NewStore()).CheckAsync(Rows.None);

        problems.Should().HaveCount(2).And.OnlyContain(static problem => problem.IsConfined && problem.Message.Contains("unknown", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_rights_that_the_documentation_names_are_enough()
    {
        object[] rights = ["~*", "&*", "+@read", "+@write", "+@scripting", "+@pubsub", "+@connection", "+time", "+scan", "+info", "+config|get"];
        await _app.Connection.GetServers()[0].ExecuteAsync("ACL", ["SETUSER", "app", "on", ">secret", .. rights]);
        await using RedisApp restricted = await RedisApp.CreateAsync(_server.Configuration + ",user=app,password=secret");
        ISearchableTokenStore store = restricted.NewStore(configure: static o => o.IndexCheckInterval = TimeSpan.FromHours(1));

        StoredToken row = await store.SavedAsync();
        (await store.ReadClockAsync(Rows.None)).Should().NotBeNull();
        (await store.ClaimDueAsync(Rows.Provider, "a", 10, Rows.Lease, Rows.None)).Should().ContainSingle();
        (await store.CompleteRefreshAsync(Rows.Key, "a", row.Version, new RefreshCompletion { RefreshTokenNotUsed = true }, Rows.None)).Should().BeTrue();
        (await store.ListAsync(Rows.Provider, after: null, 10, Rows.None)).Should().ContainSingle();
        (await ((ITokenStoreStatistics)store).CountAsync(Rows.None)).Should().ContainSingle();
        (await ((ITokenStoreCheck)store).CheckAsync(Rows.None)).Should().BeEmpty();
        (await store.DeleteAsync(Rows.Key, Rows.None)).Existed.Should().BeTrue();
    }

    [Fact]
    [Trait("Rule", "RS-9")]
    public async Task The_health_check_reports_a_server_that_is_down_without_an_exception()
    {
        ServiceProvider process = _app.NewProcess();
        await process.GetRequiredService<ITokenStore>().SavedAsync();
        await _server.KillAsync();

        HealthCheckResult health = await process.GetRequiredService<TokenStoreHealthCheck>().CheckHealthAsync(new HealthCheckContext());

        health.Status.Should().Be(HealthStatus.Unhealthy);
    }

    [Fact]
    [Trait("Rule", "RS-7")]
    public async Task Neither_keys_nor_values_show_tokens_and_no_key_shows_the_user()
    {
        string keyFile = Path.Combine(Directory.CreateTempSubdirectory("tokenlifecycle-redis-keys-").FullName, "keys.json");
        ServiceProvider process = _app.NewProcess(add: builder => builder.AddProvider(Rows.Provider, static o =>
        {
            o.AuthorizationEndpoint = o.TokenEndpoint = "https://localhost/token";
            o.ClientId = o.ClientSecret = "client";
        }).ProtectWithKeyFile(keyFile, createIfMissing: true));
        TokenSet tokens = Rows.New().Tokens;

        await process.GetRequiredService<ITokenManager>().SaveAsync(Rows.Key, tokens);

        StringBuilder stored = new();
        foreach (RedisKey key in await _app.FindAsync("*"))
        {
            key.ToString().Should().NotContain(Rows.Key.UserId);
            if (await _app.Database.KeyTypeAsync(key) == RedisType.Hash)
                stored.AppendJoin('\n', await _app.Database.HashGetAllAsync(key));
        }

        stored.ToString().Should().Contain("access_token").And.NotContain(tokens.AccessToken).And.NotContain(tokens.RefreshToken);
    }

    private Task<RedisResult> ConfigureAsync(string setting, string value) => _app.Connection.GetServers()[0].ExecuteAsync("CONFIG", "SET", setting, value);

    private Task<IReadOnlyList<TokenStoreProblem>> CheckAsync(RedisDurability expected = RedisDurability.EveryWrite) =>
        ((ITokenStoreCheck)_app.NewStore(configure: o => o.ExpectedDurability = expected)).CheckAsync(Rows.None);
}
