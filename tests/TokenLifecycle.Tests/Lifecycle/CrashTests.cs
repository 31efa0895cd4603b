using TokenLifecycle.Storage;
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

        intent!.Presentations.Should().Be(1);
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

        await world.ReauthorizationAsync(ReauthorizationReason.LostRotation);

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

        AccessToken token = await world.GetAsync();

        token.Value.Should().NotBe(tokens.AccessToken);
        world.Posts().Should().ContainSingle();
        (await world.StoredAsync()).Intent.Should().BeNull();
    }

    [Fact]
    public async Task B4_Within_the_providers_replay_window_a_lost_rotation_is_fetched_again()
    {
        await using World world = await World.StartAsync(
            server: o => o.ReuseGrace = TimeSpan.FromMinutes(5),
            provider: o => o.OldRefreshTokenGrace = TimeSpan.FromMinutes(5));
        TokenSet tokens = await world.ConnectExpiredAsync();
        await DieAsync(world, tokens, afterTheServerHasRotated: true);

        AccessToken token = await world.GetAsync();

        world.Server.IsLive(token.Value).Should().BeTrue();
        world.Posts().Should().HaveCount(2);
        world.Server.Log.FamiliesRevoked.Should().Be(0);
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
