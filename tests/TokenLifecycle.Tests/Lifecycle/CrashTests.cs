using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>B4, law 10, in-process: the intent that a dead attempt left behind.</summary>
public sealed class CrashTests
{
    [Fact]
    public async Task B4_The_intent_is_durable_before_the_request_is_sent()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        (Task<AccessToken> get, FaultHold hold) = await world.HoldGetAsync();

        RefreshIntent? intent = (await world.StoredAsync()).Intent;

        intent!.AttemptCount.Should().Be(1);
        intent.FirstAt.Should().Be(world.Clock.GetUtcNow());
        hold.Release();
        await get;
        (await world.StoredAsync()).Intent.Should().BeNull("the refresh token that it was about is replaced");
    }

    [Fact]
    public async Task B4_A_rotation_that_was_lost_in_a_crash_is_reported_as_such_after_one_request()
    {
        await using World world = await World.StartAsync();
        TokenSet tokens = await world.ConnectExpiredAsync();
        await DieAsync(world, tokens, afterTheServerHasRotated: true);

        await AfterWatchAsync(world, () => world.ReauthorizationAsync(ReauthorizationReason.LostRotation));

        world.Posts().Should().HaveCount(2, "one by the dead attempt, one by this");
        (await world.StoredAsync()).Reauthorization.Should().Be(ReauthorizationReason.LostRotation);
        (await world.StoredAsync()).Tokens.RefreshToken.Should().Be(tokens.RefreshToken, "nothing is deleted");
        world.Clock.Advance(TimeSpan.FromDays(1));
        await world.ReauthorizationAsync(ReauthorizationReason.LostRotation);
        world.Posts().Should().HaveCount(2);
    }

    [Fact]
    public async Task B4_A_revocation_by_the_user_is_not_reported_as_a_lost_rotation()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        world.Server.RevokeGrant(world.User);

        await world.ReauthorizationAsync(ReauthorizationReason.GrantRejected);

        world.Posts().Should().ContainSingle();
    }

    [Fact]
    public async Task B4_A_crash_before_the_request_was_sent_costs_nothing()
    {
        await using World world = await World.StartAsync();
        TokenSet tokens = await world.ConnectExpiredAsync();
        await DieAsync(world, tokens, afterTheServerHasRotated: false);

        AccessToken token = default!;
        await AfterWatchAsync(world, async () => token = await world.GetAsync());

        token.Value.Should().NotBe(tokens.AccessToken);
        world.Posts().Should().ContainSingle();
        (await world.StoredAsync()).Intent.Should().BeNull();
    }

    [Fact]
    public async Task B4_Within_the_providers_replay_window_a_lost_rotation_is_fetched_again()
    {
        await using World world = await World.StartAsync(
            server: o => o.ReuseGrace = TimeSpan.FromMinutes(5),
            provider: o => o.RefreshTokenReusePeriod = TimeSpan.FromMinutes(5));
        TokenSet tokens = await world.ConnectExpiredAsync();
        await DieAsync(world, tokens, afterTheServerHasRotated: true);

        AccessToken token = await world.GetAsync();

        world.Server.IsLive(token.Value).Should().BeTrue();
        world.Posts().Should().HaveCount(2);
        world.Server.Log.FamiliesRevoked.Should().Be(0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task B4_D5_A_pair_that_was_lost_so_long_ago_that_it_has_ended_is_renewed_with_what_came_with_it(bool forced)
    {
        await using World world = await StartWithLongGraceAsync();
        TokenSet tokens = await world.ConnectExpiredAsync();
        await DieAsync(world, tokens, afterTheServerHasRotated: true);
        world.Clock.Advance(TimeSpan.FromHours(2));

        AccessToken token = forced ? await world.Tokens.RefreshAsync(world.Key) : await world.GetAsync();

        world.Server.IsLive(token.Value).Should().BeTrue();
        world.Posts().Should().HaveCount(3, "the dead attempt's, the same again, and one with the refresh token that was lost");
        world.Server.Log.FamiliesRevoked.Should().Be(0);
        StoredToken row = await world.StoredAsync();
        (row.Tokens.AccessToken, row.Failure, row.Intent).Should().Be((token.Value, null, null), "nothing has failed");
        world.Server.IsLive(row.Tokens.RefreshToken!).Should().BeTrue();
    }

    [Fact]
    public async Task B4_D5_A_provider_that_hands_out_ended_tokens_is_asked_no_more_often_because_an_answer_was_lost()
    {
        await using World world = await StartWithLongGraceAsync();
        TokenSet tokens = await world.ConnectExpiredAsync();
        await DieAsync(world, tokens, afterTheServerHasRotated: true);
        AnswerWithEndedPairs(world);

        await world.UnavailableAsync(TokenFailureKind.ExpiredTokenReturned);
        await world.UnavailableAsync(TokenFailureKind.ExpiredTokenReturned);

        world.Posts().Should().HaveCount(3, "one to hear what was lost, one with what came with it, and then there is a pause");
    }

    [Fact]
    public async Task B4_While_the_dead_attempts_lease_runs_nothing_is_sent_and_then_it_is_taken_over()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        await world.Store.Inner.BeginRefreshAsync(world.Key, "dead", TimeSpan.FromMinutes(1), CancellationToken.None);
        DateTimeOffset end = world.Clock.GetUtcNow() + TimeSpan.FromMinutes(1);

        Task<AccessToken> get = world.GetAsync();
        while (world.Clock.GetUtcNow() + TimeSpan.FromSeconds(1) < end)
        {
            // Only the pauses between two looks: a call of the store arms its deadline for a moment, which would be a jump.
            if (world.Clock.NextTimerIn is { } next && next <= TimeSpan.FromSeconds(1))
                world.Clock.Advance(next);
            await Task.Yield();
        }

        world.Posts().Should().BeEmpty();
        await world.RunShortAsync(get);
        (await get).ExpiresAt.Should().BeAfter(end);
        world.Posts().Should().ContainSingle();
    }

    [Fact]
    public async Task B4_An_attempt_that_was_refused_leaves_no_intent_so_that_a_later_rejection_is_told_as_what_it_is()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailNext(Fault.Status(503));
        await world.UnavailableAsync(TokenFailureKind.ProviderUnavailable);
        (await world.StoredAsync()).Intent.Should().BeNull();
        world.Server.RevokeGrant(world.User);
        world.Clock.Advance(TimeSpan.FromMinutes(1));

        await world.ReauthorizationAsync(ReauthorizationReason.GrantRejected);
    }

    [Fact]
    public async Task D5_An_ended_pair_is_no_lost_answer_where_none_was_lost()
    {
        await using World world = await StartWithLongGraceAsync();
        await world.ConnectExpiredAsync();
        AnswerWithEndedPairs(world);

        await world.UnavailableAsync(TokenFailureKind.ExpiredTokenReturned);

        world.Posts().Should().ContainSingle();
    }

    [Fact]
    public async Task B5_D5_A_flight_that_has_asked_twice_already_does_not_ask_a_third_time_for_a_pair_that_has_ended()
    {
        await using World world = await StartWithLongGraceAsync();
        await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailNext(Fault.DropAfterProcessing());
        AnswerWithEndedPairs(world);

        await world.UnavailableAsync(TokenFailureKind.ExpiredTokenReturned);

        world.Posts().Should().HaveCount(2);
    }

    [Fact]
    public async Task B4_D5_G1_A_lost_pair_that_has_ended_does_not_take_the_place_of_a_token_that_still_works()
    {
        await using World world = await StartWithLongGraceAsync();
        TokenSet tokens = await world.ConnectAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(58));
        await DieAsync(world, tokens, afterTheServerHasRotated: false);
        AnswerWithEndedPairs(world);

        (await world.GetAsync()).Value.Should().Be(tokens.AccessToken);
        await world.IdleAsync();

        (await world.StoredAsync()).Tokens.AccessToken.Should().Be(tokens.AccessToken);
        world.Posts().Should().ContainSingle();
    }

    /// <summary>Lets the time pass for which an unfinished attempt is watched.</summary>
    private static async Task AfterWatchAsync(World world, Func<Task> work)
    {
        Task running = work();
        await world.Clock.RunShortPausesAsync(running);
        await running;
    }

    private static void AnswerWithEndedPairs(World world)
    {
        for (int i = 0; i < 3; i++)
            world.Server.TokenEndpoint.FailNext(Fault.Body(200, $$"""{"access_token":"{{Canary.New("dead")}}","token_type":"Bearer","expires_in":0,"refresh_token":"{{Canary.New("refresh")}}"}"""));
    }

    private static Task<World> StartWithLongGraceAsync() => World.StartAsync(
        server: o => o.ReuseGrace = TimeSpan.FromDays(1),
        provider: o => o.RefreshTokenReusePeriod = TimeSpan.FromDays(1));

    /// <summary>A process that takes the lease and, perhaps, has its request served, and is heard of no more. Its lease has run out since.</summary>
    private static async Task DieAsync(World world, TokenSet tokens, bool afterTheServerHasRotated)
    {
        RefreshClaim claim = await world.Store.Inner.BeginRefreshAsync(world.Key, "dead", TimeSpan.FromMinutes(1), CancellationToken.None);
        claim.Kind.Should().Be(RefreshClaimKind.Acquired);
        if (afterTheServerHasRotated)
        {
            using var http = new HttpClient();
            using var form = new FormUrlEncodedContent(
            [
                new("grant_type", "refresh_token"),
                new("refresh_token", tokens.RefreshToken),
                new("client_id", world.Server.ClientId),
                new("client_secret", world.Server.ClientSecret),
            ]);
            using HttpResponseMessage answer = await http.PostAsync(world.Server.TokenEndpoint.Address, form);
            answer.EnsureSuccessStatusCode();
        }

        world.Clock.Advance(TimeSpan.FromSeconds(61));
    }
}
