using TokenLifecycle.Contracts;
using TokenLifecycle.RedisServers;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Redis.Tests;

/// <summary>The contract on a single Redis.</summary>
[Collection(RedisCollection.Name)]
[Trait(RedisServer.Needs, RedisServer.Redis)]
[Trait("Rule", "RS-8")]
public sealed class RedisContractTests(SharedRedis redis) : RedisStoreContract
{
    protected override string Configuration => redis.Server.Configuration;
}

/// <summary>The contract on Redis Cluster, where a script may only use keys of one slot.</summary>
[Trait(RedisServer.Needs, RedisServer.Redis)]
[Trait("Rule", "RS-3")]
public sealed class RedisClusterContractTests(RedisCluster cluster) : RedisStoreContract, IClassFixture<RedisCluster>
{
    protected override string Configuration => cluster.Configuration;
}

/// <summary>The contract in an app of its own.</summary>
public abstract class RedisStoreContract : TokenStoreContract, IAsyncLifetime
{
    private RedisApp _app = null!;

    protected abstract string Configuration { get; }

    protected override bool StorageHasItsOwnClock => true;

    public async Task InitializeAsync() => _app = await RedisApp.CreateAsync(Configuration);

    public async Task DisposeAsync() => await _app.DisposeAsync();

    protected override Task<ITokenStore> CreateStoreAsync(TimeProvider clock) => Task.FromResult<ITokenStore>(_app.NewStore(clock));

    protected override Task<ITokenStore?> OpenAgainAsync(TimeProvider clock) => Task.FromResult<ITokenStore?>(_app.NewStore(clock));

    protected override Task AdvanceStoreClockAsync(TimeSpan by) => _app.AgeLeasesAsync(by);

    protected override async Task<bool> SpoilRowAsync(TokenKey key)
    {
        await _app.Database.HashSetAsync(_app.Keys.RowOf(key).Row, "expires_at", "cut off");
        return true;
    }
}
