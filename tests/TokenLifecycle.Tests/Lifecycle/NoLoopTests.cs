using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>A refresh that does not extend the expiry is not repeated at the pace of the callers, whoever asks for it and how.</summary>
public sealed class NoLoopTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Strava_is_not_asked_while_it_would_return_the_same_token()
    {
        await using World world = await World.StartAsync(
            server: o =>
            {
                o.Dialect = Dialect.Strava;
                o.AccessTokenLifetime = TimeSpan.FromHours(6);
            },
            provider: o => o.MaximumRefreshBefore = 60 * Minute,
            options: o => o.RefreshBefore = TimeSpan.FromHours(2));
        await world.ConnectAsync();

        for (int minute = 0; minute < 24 * 60; minute++)
        {
            (await world.Tokens.GetAccessTokenAsync(world.Key)).ExpiresAt.Should().BeAfter(world.Clock.GetUtcNow());
            await world.Tokens.GetAccessTokenAsync(world.Key, TimeSpan.FromHours(5));
            await world.IdleAsync();
            world.Clock.Advance(Minute);
        }

        world.Server.Log.RefreshRequests.Should().NotContain(request => request.Outcome == TokenRequestOutcome.Repeated);
        world.Refreshes.Should().BeInRange(4, 5);
    }

    [Fact]
    public async Task A_provider_without_a_ceiling_that_returns_the_same_token_is_asked_ever_more_seldom()
    {
        await using World world = await World.StartAsync(
            server: o =>
            {
                o.AccessTokenLifetime = TimeSpan.FromHours(6);
                o.SameTokenWhileMoreThan = Minute;
            },
            options: o => o.RefreshBefore = TimeSpan.FromHours(2));
        await world.ConnectAsync();

        for (int second = 0; second < 6 * 3600; second += 2)
        {
            await world.Tokens.GetAccessTokenAsync(world.Key);
            await world.IdleAsync();
            world.Clock.Advance(TimeSpan.FromSeconds(2));
        }

        world.Server.Log.RefreshRequests.Count(request => request.Outcome == TokenRequestOutcome.Repeated).Should().BeInRange(1, 10);
    }

    [Fact]
    public async Task A_demand_for_another_token_is_made_once_a_minute_at_most()
    {
        await using World world = await World.StartAsync(server: o => o.SameTokenWhileMoreThan = TimeSpan.Zero);
        await world.ConnectAsync();
        AccessToken token = await world.Tokens.GetAccessTokenAsync(world.Key);
        world.Clock.Advance(Minute);

        for (int second = 0; second < 600; second++)
        {
            (await world.Tokens.RefreshAsync(world.Key, token)).Value.Should().Be(token.Value);
            await world.Tokens.RefreshAsync(world.Key);
            world.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        world.Refreshes.Should().BeInRange(1, 11);
    }

    [Fact]
    public async Task A_need_for_more_than_the_same_token_can_give_is_tried_once_a_minute_at_most()
    {
        await using World world = await World.StartAsync(server: o => o.SameTokenWhileMoreThan = TimeSpan.Zero);
        await world.ConnectAsync();

        for (int second = 0; second < 600; second++)
        {
            await world.Tokens.GetAccessTokenAsync(world.Key, TimeSpan.FromHours(3));
            world.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        world.Refreshes.Should().BeInRange(1, 11);
    }

    [Fact]
    public async Task A_need_that_no_token_can_meet_is_not_tried_for_by_every_call_of_a_failing_provider()
    {
        await using World world = await World.StartAsync();
        await world.ConnectAsync();
        world.Clock.Advance(2 * Minute);
        world.Server.TokenEndpoint.FailAlways(Fault.Status(500));

        for (int second = 0; second < 600; second++)
        {
            await world.Tokens.GetAccessTokenAsync(world.Key, TimeSpan.FromHours(3));
            world.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        world.Refreshes.Should().BeInRange(2, 20);
    }

    [Fact]
    public async Task Demands_are_not_made_by_every_call_of_a_failing_provider()
    {
        await using World world = await World.StartAsync();
        await world.ConnectAsync();
        AccessToken token = await world.Tokens.GetAccessTokenAsync(world.Key);
        world.Server.TokenEndpoint.FailAlways(Fault.Status(503));

        for (int second = 0; second < 600; second++)
        {
            await FluentActions.Awaiting(() => world.Tokens.RefreshAsync(world.Key, token)).Should().ThrowAsync<TokenTemporarilyUnavailableException>();
            world.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        world.Refreshes.Should().BeInRange(2, 20);
    }
}
