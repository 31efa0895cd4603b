using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>The breaker of a provider as callers meet it: it opens, harms nobody with a valid token, recovers, and starves nobody.</summary>
public sealed class BreakerTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    public async Task A_provider_that_is_down_is_left_alone_and_found_again_by_one_probe(int status)
    {
        await using World world = await World.StartAsync();
        TokenKey[] keys = await world.ConnectManyAsync(30);
        world.Clock.Advance(TimeSpan.FromHours(2));
        TokenSet valid = await world.ConnectAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(59) + (40 * Second));
        world.Server.TokenEndpoint.FailAlways(Fault.Status(status));

        foreach (TokenKey key in keys)
            (await world.RefusalAsync(key)).Should().BeOfType<TokenTemporarilyUnavailableException>().Which.Kind.Should().Be(TokenFailureKind.ProviderUnavailable);
        world.Refreshes.Should().Be(10, "then the breaker opened");
        (await world.Tokens.GetAccessTokenAsync(world.Key)).Value.Should().Be(valid.AccessToken);
        world.Refreshes.Should().Be(10);

        world.Clock.Advance(15 * Second);
        await world.RefusalAsync(keys[20]);
        await world.RefusalAsync(keys[21]);
        world.Refreshes.Should().Be(11, "one probe, which failed");

        world.Server.TokenEndpoint.Recover();
        world.Clock.Advance(30 * Second);
        foreach (TokenKey key in keys)
            await world.Tokens.GetAccessTokenAsync(key);
    }

    [Fact]
    public async Task Who_comes_while_the_probe_is_under_way_is_served_soon_after_it()
    {
        await using World world = await World.StartAsync();
        TokenKey[] keys = await world.ConnectManyAsync(30);
        world.Clock.Advance(TimeSpan.FromHours(2));
        world.Server.TokenEndpoint.FailNext(Fault.Status(500), times: 10);
        foreach (TokenKey key in keys.Take(10))
            await world.RefusalAsync(key);
        FaultHold hold = Fault.Hold();
        world.Server.TokenEndpoint.FailNext(hold);
        world.Clock.Advance(15 * Second);

        Task<AccessToken> probe = world.Tokens.GetAccessTokenAsync(keys[10]).AsTask();
        await hold.Reached;
        TokenException[] losers = await Task.WhenAll(keys.Skip(11).Select(key => world.RefusalAsync(key)));
        hold.Release();
        await probe;

        losers.Should().AllBeOfType<TokenTemporarilyUnavailableException>().And.OnlyContain(e => ((TokenTemporarilyUnavailableException)e).RetryAfter <= Second);
        world.Clock.Advance(Second);
        foreach (TokenKey key in keys.Skip(11))
            await world.Tokens.GetAccessTokenAsync(key);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(14)]
    [InlineData(22)]
    public async Task F36_A_provider_that_is_up_and_down_for_half_a_minute_each_starves_nobody(int phase)
    {
        await using World world = await World.StartAsync(server: o => o.AccessTokenLifetime = 60 * Second);
        TokenKey[] keys = await world.ConnectManyAsync(20);
        for (int second = 0; second < 600; second++)
        {
            if ((second + phase) % 60 == 30)
                world.Server.TokenEndpoint.FailAlways(Fault.Status(503));
            else if ((second + phase) % 60 == 0)
                world.Server.TokenEndpoint.Recover();

            foreach (TokenKey key in keys)
            {
                (AccessToken? token, TokenException? refusal) = await world.TryGetAsync(key);
                (refusal is ReauthorizationRequiredException).Should().BeFalse();
                if ((second + phase) % 60 == 29)
                    token.Should().NotBeNull($"the provider was up for half a minute until second {second}");
            }

            await world.IdleAsync();
            world.Clock.Advance(Second);
        }

        world.Refreshes.Should().BeLessThan(20 * 600 / 30 * 2);
        world.Server.Log.ReusedRefreshTokens.Should().Be(0);
    }
}
