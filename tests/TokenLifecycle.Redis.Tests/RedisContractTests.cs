using TokenLifecycle.Contracts;
using TokenLifecycle.RedisServers;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Redis.Tests;

/// <summary>The contract on a real Redis.</summary>
[Collection(RedisCollection.Name)]
[Trait(RedisServer.Needs, RedisServer.Redis)]
[Trait("Rule", "RS-8")]
public sealed class RedisContractTests(SharedRedis redis) : TokenStoreContract, IAsyncLifetime
{
    private RedisApp _app = null!;

    protected override bool StorageHasItsOwnClock => true;

    public async Task InitializeAsync() => _app = await RedisApp.CreateAsync(redis.Server);

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
