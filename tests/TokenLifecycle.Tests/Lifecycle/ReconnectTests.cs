using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>B9, B11, B12, RF-9, laws 1 and 13: evidence is about the bytes that were sent, and the newest grant counts.</summary>
public sealed class ReconnectTests
{
    private const string Rejection = """{"error":"invalid_grant"}""";

    public static TheoryData<string, Fault> Failures => new()
    {
        { "rejected", Fault.Body(400, Rejection) },
        { "unknown", Fault.Body(400, """{"error":"strange"}""") },
        { "concurrency", Fault.Body(400, """{"error":"invalid_request"}""") },
        { "503", Fault.Status(503) },
        { "500", Fault.Status(500) },
        { "no answer", Fault.DropBeforeProcessing() },
        { "garbage", Fault.Body(200, "null") },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task B9_B11_A_failure_of_an_older_generation_changes_nothing_and_the_newer_tokens_are_returned(string name, Fault failure)
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        (Task<AccessToken> get, FaultHold hold) = await world.HoldGetAsync();
        TokenSet newer = await world.ConnectAsync();
        hold.Release(failure);

        (await get).Value.Should().Be(newer.AccessToken, name);

        StoredToken row = await world.StoredAsync();
        row.Tokens.RefreshToken.Should().Be(newer.RefreshToken);
        row.Reauthorization.Should().BeNull();
        row.Failure.Should().BeNull();
        (await world.StatusAsync()).State.Should().Be(TokenState.Valid);
        world.Posts().Should().ContainSingle();
    }

    [Fact]
    [Trait("Rule", "F33")]
    [Trait("Rule", "Law 5")]
    public async Task B9_A_rejection_is_read_again_and_what_another_process_stored_is_adopted()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        (Task<AccessToken> get, FaultHold hold) = await world.HoldGetAsync();
        TokenSet newer = world.Server.IssueTokens(world.User, "read");
        await world.StoreBehindAsync(newer);
        hold.Release(Fault.Body(400, Rejection));

        (await get).Value.Should().Be(newer.AccessToken);
    }

    [Fact]
    [Trait("Rule", "Law 5")]
    public async Task B9_A_rejection_is_read_again_before_it_is_recorded_and_believed()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        (Task<AccessToken> get, FaultHold hold) = await world.HoldGetAsync();
        TokenSet newer = world.Server.IssueTokens(world.User, "read");
        await world.StoreBehindAsync(newer);
        world.Store.Fail("end"); // So that the store's own refusal of the verdict is not heard.
        hold.Release(Fault.Body(400, Rejection));

        (await get).Value.Should().Be(newer.AccessToken);
    }

    [Fact]
    public async Task B9_There_is_at_most_one_recovery_in_a_call()
    {
        await using World world = await World.StartAsync();
        TokenSet old = await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailAlways(Fault.Body(400, Rejection), _ =>
        {
            // With every request somebody stores other tokens, and none of them is alive.
            TokenSet ended = world.Server.IssueTokens(world.User, "read").Ended(world.Clock.GetUtcNow());
            world.StoreBehindAsync(ended).GetAwaiter().GetResult();
            return true;
        });

        await FluentActions.Awaiting(() => world.GetAsync()).Should().ThrowAsync<TokenException>();

        world.Posts().Should().HaveCountLessThanOrEqualTo(2);
        (await world.StoredAsync()).Tokens.RefreshToken.Should().NotBe(old.RefreshToken);
    }

    [Fact]
    public async Task RF_9_A_confirmed_rejection_is_sticky_and_deletes_nothing()
    {
        await using World world = await World.StartAsync();
        TokenSet tokens = await world.ConnectExpiredAsync();
        world.Server.RevokeGrant(world.User);
        await world.ReauthorizationAsync(ReauthorizationReason.GrantRejected);
        ITokenManager other = world.NewProcess().Tokens();

        for (int minute = 0; minute < 60; minute++)
        {
            world.Clock.Advance(TimeSpan.FromMinutes(1));
            await world.ReauthorizationAsync(ReauthorizationReason.GrantRejected);
            await FluentActions.Awaiting(() => world.Tokens.RefreshAsync(world.Key)).Should().ThrowAsync<ReauthorizationRequiredException>();
            await FluentActions.Awaiting(() => other.GetAccessTokenAsync(world.Key).AsTask()).Should().ThrowAsync<ReauthorizationRequiredException>();
        }

        world.Posts().Should().ContainSingle();
        StoredToken row = await world.StoredAsync();
        row.Tokens.AccessToken.Should().Be(tokens.AccessToken);
        row.Tokens.RefreshToken.Should().Be(tokens.RefreshToken);
    }

    [Fact]
    public async Task B11_A_reconnect_through_another_process_is_seen_at_once_by_the_one_that_turned_callers_away()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        world.Server.RevokeGrant(world.User);
        await world.ReauthorizationAsync(ReauthorizationReason.GrantRejected);

        TokenSet again = world.Server.IssueTokens(world.User, "read");
        await world.NewProcess().Tokens().SaveAsync(world.Key, again);

        (await world.GetAsync()).Value.Should().Be(again.AccessToken);
    }

    [Fact]
    public async Task B11_A_reconnect_resets_verdict_and_pause()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        world.Server.RevokeGrant(world.User);
        await world.ReauthorizationAsync(ReauthorizationReason.GrantRejected);

        TokenSet again = await world.ConnectAsync();

        (await world.GetAsync()).Value.Should().Be(again.AccessToken);
        ConnectionStatus status = await world.StatusAsync();
        status.State.Should().Be(TokenState.Valid);
        status.LastFailure.Should().BeNull();
        world.Clock.Advance(TimeSpan.FromMinutes(61));
        await world.GetAsync();
        world.Posts().Should().HaveCount(2);
    }

    [Fact]
    public async Task B11_A_success_of_an_older_generation_does_not_replace_the_reconnect()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        (Task<AccessToken> get, FaultHold hold) = await world.HoldGetAsync(hold: Fault.HoldReply());
        TokenSet newer = await world.ConnectAsync();
        hold.Release();

        (await get).Value.Should().Be(newer.AccessToken);

        (await world.StoredAsync()).Tokens.RefreshToken.Should().Be(newer.RefreshToken);
        world.Server.IsLive(newer.RefreshToken!).Should().BeTrue();
    }

    [Theory]
    [InlineData(false, true, true, false)]
    [InlineData(true, true, true, true)]
    [InlineData(true, false, true, false)]
    [InlineData(true, true, false, false)]
    public async Task B12_The_old_refresh_token_is_kept_only_for_the_same_account_and_client_and_if_the_settings_say_so(
        bool allowed, bool accountNamed, bool sameClient, bool kept)
    {
        await using World world = await World.StartAsync(provider: o => o.KeepRefreshTokenOnReconnect = allowed);
        TokenSet old = await world.ConnectAsync();

        await world.Tokens.SaveAsync(world.Key, new TokenSet
        {
            AccessToken = Canary.New("access"),
            AccountId = accountNamed ? old.AccountId : null,
            ClientId = sameClient ? old.ClientId : "another-client",
            ExpiresAt = world.Clock.GetUtcNow() + TimeSpan.FromHours(1),
        });

        (await world.StoredAsync()).Tokens.RefreshToken.Should().Be(kept ? old.RefreshToken : null);
    }

    [Fact]
    public async Task A_reconnect_as_somebody_else_is_refused_and_the_old_tokens_go_on_working()
    {
        await using World world = await World.StartAsync();
        TokenSet old = await world.ConnectAsync();
        StoredToken before = await world.StoredAsync();
        TokenSet others = world.Server.IssueTokens(world.Server.AddUser("eve"), "read");

        (await FluentActions.Awaiting(() => world.Tokens.SaveAsync(world.Key, others)).Should().ThrowAsync<ReauthorizationRequiredException>())
            .Which.Reason.Should().Be(ReauthorizationReason.DifferentAccount);

        (await world.GetAsync()).Value.Should().Be(old.AccessToken);
        StoredToken after = await world.StoredAsync();
        after.Version.Should().Be(before.Version);
        after.Reauthorization.Should().BeNull();
        after.Tokens.AccountId.Should().Be(old.AccountId);
    }
}
