using TokenLifecycle.Storage;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>A rejection that comes while a request of ours may still be in progress at the provider decides nothing.</summary>
public sealed class UnansweredRejectionTests
{
    private const string InProgress = """{"error":"invalid_grant","error_description":"token request is already being processed"}""";

    [Theory]
    [InlineData("Salesforce", InProgress)]
    [InlineData("a provider that does not say why", WorldExtensions.InvalidGrant)]
    [Trait("Rule", "FP-2")]
    public async Task The_connection_is_kept_and_refreshed_once_the_first_request_is_over(string provider, string body)
    {
        await using World world = await World.StartAsync();
        TokenSet old = await world.ConnectExpiredAsync();
        FaultHold first = await TimeOutAsync(world);
        world.Server.TokenEndpoint.FailAlways(Fault.Body(400, body));
        world.Clock.Advance(TimeSpan.FromSeconds(12));

        (await world.RefusalAsync()).Should().BeOfType<TokenTemporarilyUnavailableException>(provider);
        world.Refreshes.Should().Be(2);
        (await world.StoredAsync()).Should().Match<StoredToken>(row => row.Reauthorization == null && row.Intent != null && row.Tokens.RefreshToken == old.RefreshToken);

        world.Server.TokenEndpoint.Recover();
        first.Release(Fault.Status(503));
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        (await world.GetAsync()).Value.Should().NotBe(old.AccessToken);
    }

    [Theory]
    [InlineData("Salesforce", InProgress)]
    [InlineData("a provider that does not say why", WorldExtensions.InvalidGrant)]
    [Trait("Rule", "FP-2")]
    public async Task A_refresh_token_that_never_rotates_is_kept_though_it_was_sent_again_at_once(string provider, string body)
    {
        await using World world = await World.StartAsync(
            server: o => o.Rotation = Rotation.Static, provider: o => o.Rotation = TokenLifecycle.Options.RefreshTokenRotation.Static);
        TokenSet old = await world.ConnectExpiredAsync();
        (Task<AccessToken> get, FaultHold first) = await world.HoldGetAsync();
        world.Server.TokenEndpoint.FailNext(Fault.Body(400, body));
        world.Clock.Advance(TimeSpan.FromSeconds(11));
        await FluentActions.Awaiting(() => get).Should().ThrowAsync<TokenTemporarilyUnavailableException>();
        world.Refreshes.Should().Be(2);
        (await world.StoredAsync()).Reauthorization.Should().BeNull(provider);

        first.Release(Fault.Status(503));
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        (await world.GetAsync()).Value.Should().NotBe(old.AccessToken);
    }

    [Fact]
    [Trait("Rule", "FP-2")]
    public async Task A_rejection_after_it_surely_is_over_is_a_lost_rotation()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        await TimeOutAsync(world, hold: Fault.HoldReply());
        world.Clock.Advance(TimeSpan.FromSeconds(12));
        await world.UnavailableAsync(TokenFailureKind.GrantRejected);

        world.Clock.Advance(TimeSpan.FromMinutes(1));

        await world.ReauthorizationAsync(ReauthorizationReason.LostRotation);
        world.Refreshes.Should().Be(3);
    }

    [Fact]
    [Trait("Rule", "FP-2")]
    public async Task A_request_whose_connection_was_lost_is_over()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailNext(Fault.DropAfterProcessing());
        for (int second = 0; second < 120 && (await world.StoredAsync()).Reauthorization is null; second++)
        {
            await world.SweepAsync();
            world.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        (await world.StoredAsync()).Reauthorization.Should().Be(ReauthorizationReason.LostRotation);
        world.Refreshes.Should().Be(2, "a spent refresh token is sent twice and no more");
    }

    /// <summary>One refresh that the provider goes on with after we gave it up.</summary>
    private static async Task<FaultHold> TimeOutAsync(World world, FaultHold? hold = null)
    {
        (Task<AccessToken> get, FaultHold held) = await world.HoldGetAsync(hold: hold);
        world.Clock.Advance(TimeSpan.FromSeconds(11));
        (await FluentActions.Awaiting(() => get).Should().ThrowAsync<TokenTemporarilyUnavailableException>()).Which.Kind.Should().Be(TokenFailureKind.NoAnswer);
        return held;
    }
}
