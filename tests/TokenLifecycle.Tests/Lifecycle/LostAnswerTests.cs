using TokenLifecycle.Options;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>B5, RF-7, RF-8, docs/adr/0004: sent, and nothing certain came back.</summary>
public sealed class LostAnswerTests
{
    public static TheoryData<string, Fault, TokenFailureKind> Unknowns => new()
    {
        { "reset before", Fault.DropBeforeProcessing(), TokenFailureKind.NoAnswer },
        { "500", Fault.Status(500), TokenFailureKind.ProviderUnavailable },
        { "502 page", Fault.Body(502, "<html>bad gateway</html>", "text/html"), TokenFailureKind.ProviderUnavailable },
        { "200 page", Fault.Body(200, "<html>log in</html>", "text/html"), TokenFailureKind.ProtocolError },
        { "empty", Fault.Body(200, ""), TokenFailureKind.ProtocolError },
        { "null", Fault.Body(200, "null"), TokenFailureKind.ProtocolError },
        { "no token", Fault.Body(200, """{"token_type":"Bearer"}"""), TokenFailureKind.ProtocolError },
    };

    [Theory]
    [MemberData(nameof(Unknowns))]
    public async Task B5_RF_7_An_unknown_outcome_is_not_sent_again_at_once_and_harms_nothing(string name, Fault fault, TokenFailureKind kind)
    {
        await using World world = await World.StartAsync();
        TokenSet tokens = await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailNext(fault);

        await world.UnavailableAsync(kind);

        world.Posts().Should().ContainSingle(name);
        (await world.StoredAsync()).Tokens.RefreshToken.Should().Be(tokens.RefreshToken);
        (await world.StoredAsync()).Reauthorization.Should().BeNull();
        (await world.StoredAsync()).Intent!.AttemptCount.Should().Be(1, "the outcome is unknown, and the row says so");
        await world.UnavailableAsync(kind);
        world.Posts().Should().ContainSingle("there is a pause");
        world.Clock.Advance(TimeSpan.FromSeconds(12));
        await world.GetAsync();
        world.Posts().Should().HaveCount(2);
        PresentationsOf(world, tokens).Should().Be(2);
        (await world.StoredAsync()).Intent.Should().BeNull();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task B5_F32_After_a_rotation_whose_answer_was_lost_there_is_one_more_presentation_and_one_true_report(bool error)
    {
        await using World world = await World.StartAsync();
        TokenSet tokens = await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailNext(error ? Fault.Status(500).AfterProcessing() : Fault.DropAfterProcessing());
        await world.UnavailableAsync(error ? TokenFailureKind.ProviderUnavailable : TokenFailureKind.NoAnswer);
        world.Clock.Advance(TimeSpan.FromSeconds(12));

        await world.ReauthorizationAsync(ReauthorizationReason.LostRotation);

        PresentationsOf(world, tokens).Should().Be(2);
        world.Clock.Advance(TimeSpan.FromDays(2));
        await world.ReauthorizationAsync(ReauthorizationReason.LostRotation);
        world.Posts().Should().HaveCount(2);
    }

    [Fact]
    public async Task B5_Within_the_replay_window_the_same_refresh_token_is_presented_again_at_once()
    {
        await using World world = await World.StartAsync(
            server: o => o.ReuseGrace = TimeSpan.FromSeconds(30),
            provider: o => o.RefreshTokenReusePeriod = TimeSpan.FromSeconds(30));
        TokenSet tokens = await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailNext(Fault.DropAfterProcessing());

        AccessToken token = await world.GetAsync();

        world.Server.IsLive(token.Value).Should().BeTrue();
        PresentationsOf(world, tokens).Should().Be(2);
        world.Server.IsLive((await world.StoredAsync()).Tokens.RefreshToken!).Should().BeTrue();
        world.Server.Log.FamiliesRevoked.Should().Be(0);
    }

    [Fact]
    [Trait("Rule", "D7")]
    public async Task A_clock_that_is_set_back_during_the_request_opens_no_replay_window()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        FaultHold hold = Fault.Hold();
        world.Server.TokenEndpoint.FailNext(hold);
        Task<AccessToken> get = world.GetAsync();
        await hold.Reached;

        world.Clock.JumpWallClock(TimeSpan.FromMinutes(-2));
        hold.Release(Fault.DropAfterProcessing());
        await FluentActions.Awaiting(() => get).Should().ThrowAsync<TokenTemporarilyUnavailableException>();

        world.Posts().Should().HaveCount(1);
        world.Server.Log.ReusedRefreshTokens.Should().Be(0);
    }

    [Fact]
    public async Task B5_A_replay_is_made_only_once_at_a_time()
    {
        await using World world = await World.StartAsync(provider: o => o.RefreshTokenReusePeriod = TimeSpan.FromHours(1));
        await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailAlways(Fault.DropBeforeProcessing());

        await world.UnavailableAsync(TokenFailureKind.NoAnswer);

        world.Posts().Should().HaveCount(2);
        (await world.StoredAsync()).Intent!.AttemptCount.Should().Be(2);
    }

    [Fact]
    public async Task B5_When_the_deadline_is_longer_than_the_window_the_answer_comes_too_late_for_a_replay()
    {
        await using World world = await World.StartAsync(provider: o => o.RefreshTokenReusePeriod = TimeSpan.FromSeconds(5));
        await world.ConnectExpiredAsync();
        (Task<AccessToken> get, FaultHold hold) = await world.HoldGetAsync();
        world.Clock.Advance(TimeSpan.FromSeconds(11));

        await FluentActions.Awaiting(() => get).Should().ThrowAsync<TokenTemporarilyUnavailableException>();

        world.Posts().Should().ContainSingle();
    }

    [Fact]
    public async Task B5_A_refresh_token_that_never_rotates_is_sent_again_at_once()
    {
        await using World world = await World.StartAsync(server: o => o.Rotation = Rotation.Static, provider: o => o.Rotation = RefreshTokenRotation.Static);
        await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailNext(Fault.DropAfterProcessing());

        await world.GetAsync();

        world.Posts().Should().HaveCount(2);
    }

    [Fact]
    public async Task B5_Before_the_second_presentation_the_row_is_read_again()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailNext(Fault.DropAfterProcessing());
        await world.UnavailableAsync(TokenFailureKind.NoAnswer);
        TokenSet newer = world.Server.IssueTokens(world.User, "read");
        await world.StoreBehindAsync(newer);
        world.Clock.Advance(TimeSpan.FromSeconds(12));

        (await world.GetAsync()).Value.Should().Be(newer.AccessToken);

        world.Posts().Should().ContainSingle();
    }

    [Fact]
    public async Task RF_8_After_two_presentations_without_an_answer_the_third_waits_for_minutes()
    {
        await using World world = await World.StartAsync();
        TokenSet tokens = await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailAlways(Fault.DropBeforeProcessing());
        await world.UnavailableAsync(TokenFailureKind.NoAnswer);
        world.Clock.Advance(TimeSpan.FromSeconds(12));

        TokenTemporarilyUnavailableException second = await world.UnavailableAsync(TokenFailureKind.NoAnswer);

        second.RetryAfter.Should().BeGreaterThanOrEqualTo(TimeSpan.FromMinutes(2.5));
        for (int i = 0; i < 14; i++)
        {
            world.Clock.Advance(TimeSpan.FromSeconds(10));
            await world.UnavailableAsync(TokenFailureKind.NoAnswer);
        }

        PresentationsOf(world, tokens).Should().Be(2);
        world.Server.TokenEndpoint.Recover();
        world.Clock.Advance(TimeSpan.FromMinutes(5));
        await world.GetAsync();
        PresentationsOf(world, tokens).Should().Be(3, "a connection is given up by name only: docs/adr/0004");
    }

    [Fact]
    public async Task RF_7_What_surely_was_not_sent_is_tried_again_at_once_and_leaves_no_intent()
    {
        await using World world = await World.StartAsync(provider: o => o.TokenEndpoint = "http://127.0.0.1:1/token");
        await world.Tokens.SaveAsync(world.Key, new TokenSet { AccessToken = TestKit.Canary.New("access"), RefreshToken = TestKit.Canary.New("refresh"), ExpiresAt = world.Clock.GetUtcNow() });

        Task<AccessToken> get = world.GetAsync();
        await world.RunShortAsync(get);

        (await FluentActions.Awaiting(() => get).Should().ThrowAsync<TokenTemporarilyUnavailableException>()).Which.Kind.Should().Be(TokenFailureKind.Network);
        (await world.StoredAsync()).Intent.Should().BeNull();
        (await world.StoredAsync()).Failure!.Kind.Should().Be(TokenFailureKind.Network);
    }

    private static int PresentationsOf(World world, TokenSet tokens) =>
        world.Posts().Count(request => request.Body.Contains(Uri.EscapeDataString(tokens.RefreshToken!), StringComparison.Ordinal));
}
