using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Contracts;
using TokenLifecycle.RedisServers;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Redis.Tests;

/// <summary>The contract of redeemed authorization requests on a real Redis.</summary>
[Collection(RedisCollection.Name)]
[Trait(RedisServer.Needs, RedisServer.Redis)]
public sealed class RedisRequestStoreTests(SharedRedis redis) : AuthorizationRequestStoreContract
{
    private RedisApp _app = null!;

    protected override int Flood => 2000;

    public override async Task DisposeAsync() => await _app.DisposeAsync();

    protected override async Task<IAuthorizationRequestStore> CreateStoreAsync()
    {
        _app = await RedisApp.CreateAsync(redis.Server);
        return OpenAgain();
    }

    protected override IAuthorizationRequestStore OpenAgain() => _app.NewProcess(Clock).GetRequiredService<IAuthorizationRequestStore>();

    [Fact]
    public async Task Nothing_is_left_of_requests_that_have_expired()
    {
        IAuthorizationRequestStore store = OpenAgain();
        for (int i = 0; i < 150; i++)
            await TakeAsync(store, $"old {i}");
        Clock.Advance(TimeSpan.FromMinutes(10));

        await TakeAsync(store, "new");
        await TakeAsync(store, "newer");

        (await _app.FindAsync("{requests}:row:*")).Should().HaveCount(2);
    }

    private Task<AuthorizationRedemption> TakeAsync(IAuthorizationRequestStore store, string id) =>
        store.TryRedeemAsync(id, "browser of " + id, Clock.GetUtcNow() + TimeSpan.FromMinutes(10), CancellationToken.None);
}
