using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Options;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>A provider that limits each account by itself, as Home Connect does: the limit of one is no other's.</summary>
public sealed class AccountLimitTests
{
    private static readonly TimeSpan Asked = TimeSpan.FromSeconds(40159);

    [Theory]
    [InlineData(429, false)]
    [InlineData(429, true)]
    [InlineData(503, false)]
    [Trait("Rule", "FP-4")]
    public async Task Home_Connects_limit_of_one_account_holds_off_that_account_alone_for_as_long_as_was_asked(int status, bool asDate)
    {
        await using World world = await World.StartAsync();
        TokenKey[] keys = await world.ConnectManyAsync(5);
        world.Clock.Advance(TimeSpan.FromHours(2));
        Func<RecordedRequest, bool> isLimited = await world.RequestsOfAsync(keys[0]);
        DateTimeOffset until = world.Clock.GetUtcNow() + Asked;
        world.Server.TokenEndpoint.FailAlways(
            Fault.Status(status, asDate ? until.ToString("R", CultureInfo.InvariantCulture) : Asked.TotalSeconds.ToString(CultureInfo.InvariantCulture)), isLimited);

        while (world.Clock.GetUtcNow() < until - TimeSpan.FromSeconds(1))
        {
            (await world.RefusalAsync(keys[0])).Should().BeOfType<TokenTemporarilyUnavailableException>();
            await FluentActions.Awaiting(() => world.Tokens.RefreshAsync(keys[0])).Should().ThrowAsync<TokenTemporarilyUnavailableException>("asking for it by hand changes nothing");
            foreach (TokenKey key in keys.Skip(1))
                (await world.Tokens.GetAccessTokenAsync(key)).ExpiresAt.Should().BeAfter(world.Clock.GetUtcNow());
            await world.SweepAsync();
            await world.IdleAsync();
            world.Clock.Advance(TimeSpan.FromMinutes(20));
        }

        world.Server.Log.Requests.Count(isLimited).Should().Be(1);
        world.Server.TokenEndpoint.Recover();
        world.Clock.Advance(TimeSpan.FromHours(2));
        await world.Tokens.GetAccessTokenAsync(keys[0]);
    }

    [Fact]
    [Trait("Rule", "FP-4")]
    public async Task Another_process_and_a_restart_wait_as_well()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailNext(Fault.Status(429, "40159"));
        await world.RefusalAsync();
        ServiceProvider other = world.NewProcess();

        for (int hour = 0; hour < 11; hour++)
        {
            await FluentActions.Awaiting(() => other.Tokens().GetAccessTokenAsync(world.Key).AsTask()).Should().ThrowAsync<TokenTemporarilyUnavailableException>();
            await FluentActions.Awaiting(() => other.Tokens().RefreshAsync(world.Key)).Should().ThrowAsync<TokenTemporarilyUnavailableException>();
            await world.SweepAsync(other);
            world.Clock.Advance(TimeSpan.FromHours(1));
        }

        world.Refreshes.Should().Be(1);
        world.Clock.Advance(TimeSpan.FromHours(2));
        await other.Tokens().GetAccessTokenAsync(world.Key);
    }

    [Fact]
    [Trait("Rule", "FP-4")]
    public async Task A_limited_connection_whose_token_lives_is_served_with_it()
    {
        await using World world = await World.StartAsync();
        TokenSet tokens = await world.ConnectAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(57));
        world.Server.TokenEndpoint.FailAlways(Fault.Status(429, "40159"));

        for (int second = 0; second < 170; second++)
        {
            (await world.Tokens.GetAccessTokenAsync(world.Key)).Value.Should().Be(tokens.AccessToken);
            await world.IdleAsync();
            world.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        world.Refreshes.Should().Be(1);
    }

    [Fact]
    [Trait("Rule", "FP-4")]
    public async Task A_limit_on_the_app_itself_holds_off_all_its_tokens()
    {
        await using World world = await World.StartAsync(provider: o => o.GrantType = OAuthGrantType.ClientCredentials);
        world.Server.TokenEndpoint.FailAlways(Fault.Status(429, "600"));

        await world.RefusalAsync(new TokenKey(World.Provider, "app"));
        await world.RefusalAsync(new TokenKey(World.Provider, "app", "second"));
        await world.RefusalAsync(new TokenKey(World.Provider, "app"));

        world.Posts().Should().ContainSingle();
    }
}
