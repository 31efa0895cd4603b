using TokenLifecycle.Options;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>G1 to G3, RF-12, BG-8: while a token works it is served, and when it has ended it is not.</summary>
public sealed class StaticStabilityTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task RF_12_A_server_that_is_down_for_the_lifetime_minus_a_margin_is_not_noticed()
    {
        await using World world = await World.StartAsync();
        await world.ConnectAsync();
        world.Server.TokenEndpoint.FailAlways(Fault.Status(500));

        for (int second = 0; second < 3600 * 2; second++)
        {
            if (second == 3600 - 30)
                world.Server.TokenEndpoint.Recover();
            AccessToken token = await world.Tokens.GetAccessTokenAsync(world.Key);
            token.ExpiresAt.Should().BeAfter(world.Clock.GetUtcNow());
            world.Server.IsLive(token.Value).Should().BeTrue();
            await world.IdleAsync();
            world.Clock.Advance(Second);
        }

        world.Refreshes.Should().BeLessThan(60);
    }

    [Theory]
    [InlineData("500")]
    [InlineData("reset")]
    [InlineData("throttled")]
    [InlineData("page")]
    [InlineData("client")]
    [InlineData("unknown")]
    [InlineData("request")]
    [InlineData("store read")]
    [InlineData("lease")]
    [InlineData("ending")]
    public async Task G1_A_valid_token_is_served_whatever_fails_around_it(string trouble)
    {
        await using World world = await World.StartAsync();
        TokenSet tokens = await world.ConnectAsync();
        Fault? fault = trouble switch
        {
            "500" or "ending" => Fault.Status(500),
            "reset" => Fault.DropBeforeProcessing(),
            "throttled" => Fault.Status(429, "3600"),
            "page" => Fault.Body(200, "<html/>", "text/html"),
            "client" => Fault.Body(401, """{"error":"invalid_client"}"""),
            "unknown" => Fault.Body(400, """{"error":"computer_says_no"}"""),
            "request" => Fault.Body(400, """{"error":"invalid_request"}"""),
            _ => null,
        };
        if (fault is not null)
            world.Server.TokenEndpoint.FailAlways(fault);
        if (trouble is "store read")
            world.Store.Fail("find", "begin");
        if (trouble is "lease")
            world.Store.Fail("begin");
        if (trouble is "ending")
            world.Store.Fail("end");

        // Through the buffer and below the minimum validity, to the last second. Pauses pass: a lease that was not given back is waited for.
        while (tokens.ExpiresAt - world.Clock.GetUtcNow() is { } left && left > Second)
        {
            Task<AccessToken> plain = world.Tokens.GetAccessTokenAsync(world.Key).AsTask();
            Task<AccessToken> lasting = world.Tokens.GetAccessTokenAsync(world.Key, TimeSpan.FromHours(1)).AsTask();
            await world.Clock.RunShortPausesAsync(Task.WhenAll(plain, lasting));
            (await plain).Value.Should().Be(tokens.AccessToken);
            (await lasting).Value.Should().Be(tokens.AccessToken);
            world.Clock.Advance(left > 100 * Second ? 50 * Second : Second);
        }

        // G2: and not a second longer.
        world.Clock.Advance(Second);
        Task<TokenException> refused = world.RefusalAsync();
        await world.Clock.RunShortPausesAsync(refused);
        (await refused).Should().NotBeOfType<ReauthorizationRequiredException>();
    }

    [Fact]
    public async Task G1_A13_A_hanging_provider_does_not_keep_a_caller_waiting_until_the_token_has_ended()
    {
        await using World world = await World.StartAsync();
        TokenSet tokens = await world.ConnectAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(59) + (52 * Second));
        FaultHold hold = Fault.Hold();
        world.Server.TokenEndpoint.FailNext(hold);

        Task<AccessToken> asked = world.Tokens.GetAccessTokenAsync(world.Key).AsTask();
        await hold.Reached;
        world.Clock.Advance(4 * Second);

        (await asked).Value.Should().Be(tokens.AccessToken);
        hold.Release();
        await world.IdleAsync();
        (await world.Tokens.GetAccessTokenAsync(world.Key)).Value.Should().NotBe(tokens.AccessToken);
        world.Refreshes.Should().Be(1);
    }

    [Fact]
    public async Task G1_A_token_of_a_grant_that_is_found_dead_by_this_very_call_is_served_to_its_end()
    {
        await using World world = await World.StartAsync();
        TokenSet tokens = await world.ConnectAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(59) + (45 * Second));
        world.Server.TokenEndpoint.FailAlways(Fault.Body(400, WorldExtensions.InvalidGrant));

        AccessToken first = await world.Tokens.GetAccessTokenAsync(world.Key); // It waits for the refresh: less than the minimum is left.
        AccessToken second = await world.Tokens.GetAccessTokenAsync(world.Key);

        first.Value.Should().Be(tokens.AccessToken);
        first.ReauthorizationRequired.Should().BeTrue();
        second.Value.Should().Be(tokens.AccessToken);
        second.ReauthorizationRequired.Should().BeTrue();
    }

    [Fact]
    public async Task G1_A_valid_token_of_a_connection_that_was_ended_elsewhere_is_not_brought_back()
    {
        await using World world = await World.StartAsync();
        await world.ConnectAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(59) + (45 * Second));
        await world.StatusAsync();
        await world.Store.Inner.DeleteAsync(world.Key, CancellationToken.None);

        (await world.RefusalAsync()).Should().BeOfType<ReauthorizationRequiredException>().Which.Reason.Should().Be(ReauthorizationReason.NotConnected);
        (await world.RefusalAsync()).Should().BeOfType<ReauthorizationRequiredException>();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task G2_An_ended_token_is_never_served(bool hasRefreshToken)
    {
        await using World world = await World.StartAsync();
        TokenSet tokens = world.Server.IssueTokens(world.User);
        await world.Tokens.SaveAsync(world.Key, new TokenSet { AccessToken = tokens.AccessToken, RefreshToken = hasRefreshToken ? tokens.RefreshToken : null, ExpiresAt = tokens.ExpiresAt });
        world.Server.TokenEndpoint.FailAlways(Fault.Status(500));
        world.Clock.Advance(TimeSpan.FromHours(1) - Second);
        (await world.Tokens.GetAccessTokenAsync(world.Key)).Value.Should().Be(tokens.AccessToken);
        world.Clock.Advance(Second);

        if (hasRefreshToken)
            (await world.RefusalAsync()).Should().BeOfType<TokenTemporarilyUnavailableException>();
        else
            (await world.RefusalAsync()).Should().BeOfType<ReauthorizationRequiredException>().Which.Reason.Should().Be(ReauthorizationReason.NoRefreshToken);
    }

    [Theory]
    [InlineData(ReauthorizationPolicy.ServeUntilExpiry)]
    [InlineData(ReauthorizationPolicy.FailFast)]
    public async Task G3_The_last_token_of_a_dead_grant_is_served_or_refused_by_policy(ReauthorizationPolicy policy)
    {
        await using World world = await World.StartAsync(options: o => o.WhenReauthorizationRequired = policy);
        TokenSet tokens = await world.ConnectAsync();
        world.Server.RevokeGrant(world.User);
        world.Clock.Advance(TimeSpan.FromMinutes(58));
        await world.TryGetAsync();
        await world.IdleAsync();

        (AccessToken? token, TokenException? refusal) = await world.TryGetAsync();
        (AccessToken? lasting, TokenException? _) = await world.TryGetAsync();

        if (policy == ReauthorizationPolicy.FailFast)
        {
            refusal.Should().BeOfType<ReauthorizationRequiredException>().Which.Reason.Should().Be(ReauthorizationReason.GrantRejected);
        }
        else
        {
            token!.Value.Should().Be(tokens.AccessToken);
            token.ReauthorizationRequired.Should().BeTrue();
            lasting!.ReauthorizationRequired.Should().BeTrue();
        }

        (await world.StatusAsync()).State.Should().Be(TokenState.ReauthorizationRequired);
        world.Refreshes.Should().Be(1);
        world.Clock.Advance(TimeSpan.FromMinutes(3));
        (await world.RefusalAsync()).Should().BeOfType<ReauthorizationRequiredException>();
    }

    [Fact]
    [Trait("Rule", "BG-8")]
    public async Task A_pause_never_outlives_the_token_by_more_than_half_a_minute()
    {
        await using World world = await World.StartAsync();
        await world.ConnectAsync();
        world.Server.TokenEndpoint.FailAlways(Fault.Status(503));
        for (int second = 0; second < 2 * 3600; second += 5)
        {
            await world.TryGetAsync();
            await world.IdleAsync();
            TimeSpan left = TimeSpan.FromSeconds(3600 - second);
            if ((await world.StoredAsync()) is { Failure: { } failure, NextRefreshAt: { } next } && failure.At == world.Clock.GetUtcNow())
                (next - failure.At).Should().BeLessThanOrEqualTo(left > TimeSpan.Zero ? (left / 4 > Second ? left / 4 : Second) : 30 * Second);
            world.Clock.Advance(5 * Second);
        }

        world.Server.TokenEndpoint.Recover();
        world.Clock.Advance(30 * Second);
        await world.Tokens.GetAccessTokenAsync(world.Key);
    }
}
