using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.Lifecycle;

public sealed class GetTests
{
    [Fact]
    public async Task A_connected_user_gets_the_token_that_was_saved()
    {
        await using World world = await World.StartAsync();
        TokenSet saved = await world.ConnectAsync();

        AccessToken token = await world.Tokens.GetAccessTokenAsync(world.Key);

        token.Value.Should().Be(saved.AccessToken);
        token.ExpiresAt.Should().Be(saved.ExpiresAt);
        world.Refreshes.Should().Be(0);
    }

    [Fact]
    public async Task An_expired_token_is_refreshed_and_saved_before_it_is_handed_out()
    {
        await using World world = await World.StartAsync();
        TokenSet old = await world.ConnectExpiredAsync();

        AccessToken token = await world.Tokens.GetAccessTokenAsync(world.Key);

        token.Value.Should().NotBe(old.AccessToken);
        token.ExpiresAt.Should().Be(world.Clock.GetUtcNow() + TimeSpan.FromHours(1));
        (await world.StoredAsync()).Tokens.AccessToken.Should().Be(token.Value);
        world.Refreshes.Should().Be(1);
    }

    [Fact]
    public async Task A1_Ten_thousand_callers_share_one_refresh()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();

        AccessToken[] tokens = await Task.WhenAll(Enumerable.Range(0, 10_000).Select(_ => Task.Run(async () => await world.Tokens.GetAccessTokenAsync(world.Key))));

        tokens.Select(token => token.Value).Distinct().Should().ContainSingle();
        world.Server.Log.TokenRequests.Should().ContainSingle();
    }

    [Fact]
    public async Task Two_processes_share_one_refresh()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        ITokenManager other = world.NewProcess().GetRequiredService<ITokenManager>();
        FaultHold hold = Fault.Hold();
        world.Server.TokenEndpoint.FailNext(hold);

        Task<AccessToken> first = world.Tokens.GetAccessTokenAsync(world.Key).AsTask();
        await hold.Reached;
        Task<AccessToken> second = other.GetAccessTokenAsync(world.Key).AsTask();
        hold.Release();
        AccessToken token = await first;
        await world.RunShortAsync(second); // It asks the store again and again, by the clock.

        (await second).Value.Should().Be(token.Value);
        world.Refreshes.Should().Be(1);
        world.Server.Log.ReusedRefreshTokens.Should().Be(0);
    }
}
