using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Contracts;
using TokenLifecycle.RedisServers;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Redis.Tests;

/// <summary>The contract of pending authorization requests on a real Redis.</summary>
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
        AuthorizationRequestBounds bounds = new(5, 20, 10_000);
        for (int i = 0; i < 150; i++)
            await store.TryAddAsync(Row($"old {i}"), bounds, CancellationToken.None);
        Clock.Advance(TimeSpan.FromMinutes(10));

        await store.TryAddAsync(Row("new"), bounds, CancellationToken.None);
        await store.TryAddAsync(Row("newer"), bounds, CancellationToken.None);

        (await _app.FindAsync("{requests}:row:*")).Should().HaveCount(2);
        (await _app.FindAsync("{requests}:browser:*")).Should().HaveCount(2);
        (await _app.FindAsync("{requests}:owner:*")).Should().HaveCount(2);
    }

    [Fact]
    public async Task The_verifier_is_gone_when_its_work_is_done()
    {
        IAuthorizationRequestStore store = OpenAgain();
        await store.TryAddAsync(Row("a"), new AuthorizationRequestBounds(5, 20, 100), CancellationToken.None);
        await store.TryRedeemAsync("a", "browser of a", CancellationToken.None);

        await store.SetOutcomeAsync("a", "outcome", CancellationToken.None);

        (await _app.Database.HashGetAllAsync(_app.Prefix + ":{requests}:row:a")).Select(static field => (string)field.Name!).Should().NotContain("payload").And.Contain("outcome");
    }

    private PendingAuthorization Row(string id) => new()
    {
        Id = id,
        BrowserId = "browser of " + id,
        OwnerId = "owner of " + id,
        Payload = "payload",
        CreatedAt = Clock.GetUtcNow(),
        ExpiresAt = Clock.GetUtcNow() + TimeSpan.FromMinutes(10),
    };
}
