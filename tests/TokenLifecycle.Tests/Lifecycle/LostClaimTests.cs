using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>The store did what it was asked, and its answer was lost: this process holds a lease without knowing it.</summary>
[Trait("Rule", "FR-11")]
public sealed class LostClaimTests
{
    [Fact]
    public async Task A_lost_answer_to_a_claim_is_asked_for_again_at_once()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        LoseAnswers(world, "begin", 1);

        AccessToken token = await world.GetAsync();

        world.Server.IsLive(token.Value).Should().BeTrue();
        world.Store.CountOf("begin").Should().Be(2);
    }

    [Fact]
    public async Task A_claim_whose_answers_stay_lost_does_not_keep_the_next_call_out()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        LoseAnswers(world, "begin", 2);
        await world.UnavailableAsync(TokenFailureKind.StoreUnavailable);
        world.Clock.Advance(TimeSpan.FromSeconds(6));

        AccessToken token = await world.GetAsync();

        world.Server.IsLive(token.Value).Should().BeTrue();
        world.Posts().Should().ContainSingle();
        (await world.StoredAsync()).Failure.Should().BeNull();
    }

    [Fact]
    public async Task A_later_rejection_is_not_taken_for_a_lost_rotation()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        LoseAnswers(world, "begin", 2);
        await world.UnavailableAsync(TokenFailureKind.StoreUnavailable);
        world.Clock.Advance(TimeSpan.FromSeconds(6));
        world.Server.RevokeGrant(world.User);

        await world.ReauthorizationAsync(ReauthorizationReason.GrantRejected);
    }

    [Fact]
    public async Task A_recorded_failure_whose_answer_was_lost_does_not_keep_the_next_call_out()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        world.Store.Before = name => name == "end" ? Task.FromException(new IOException("The store is down.")) : Task.CompletedTask;
        world.Server.TokenEndpoint.FailNext(Fault.Body(400, """{"error":"temporarily_unavailable"}"""));
        await world.RefusalAsync();
        world.Store.Recover();
        world.Clock.Advance(TimeSpan.FromSeconds(30));

        AccessToken token = await world.GetAsync();

        world.Server.IsLive(token.Value).Should().BeTrue();
    }

    [Fact]
    public async Task An_unknown_outcome_that_could_not_be_recorded_still_makes_a_rejection_a_lost_rotation()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        world.Store.Before = name => name == "end" ? Task.FromException(new IOException("The store is down.")) : Task.CompletedTask;
        world.Server.TokenEndpoint.FailNext(Fault.DropAfterProcessing());
        await world.RefusalAsync();
        world.Store.Recover();
        for (int minute = 0; minute < 5 && (await world.StoredAsync()).Reauthorization is null; minute++)
        {
            world.Clock.Advance(TimeSpan.FromMinutes(1));
            await world.RefusalAsync();
        }

        await world.ReauthorizationAsync(ReauthorizationReason.LostRotation);
    }

    [Fact]
    public async Task A_background_claim_whose_answer_was_lost_is_repeated_with_the_same_id()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        LoseAnswers(world, "claim", 1);

        Task<RefreshSweepReport> sweep = world.SweepAsync();
        await world.Clock.RunShortPausesAsync(sweep);

        (await sweep).Refreshed.Should().Be(1);
        world.Server.Log.ReusedRefreshTokens.Should().Be(0);
    }

    private static void LoseAnswers(World world, string call, int times) => world.Store.After = name =>
        name == call && times-- > 0 ? Task.FromException(new IOException("The answer was lost.")) : Task.CompletedTask;
}
