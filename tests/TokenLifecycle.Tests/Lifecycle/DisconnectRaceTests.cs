using TokenLifecycle.Storage;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>B10, RV-3: a disconnect while a refresh is under way.</summary>
public sealed class DisconnectRaceTests
{
    [Theory]
    [Trait("Rule", "F49")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task B10_RV_3_A_disconnect_during_the_exchange_stays_and_what_was_minted_is_revoked(bool byAnotherProcess)
    {
        await using World world = await World.StartAsync();
        TokenSet old = await world.ConnectExpiredAsync();
        ITokenManager disconnecting = byAnotherProcess ? world.NewProcess().Tokens() : world.Tokens;
        (Task<AccessToken> get, FaultHold hold) = await world.HoldGetAsync(hold: Fault.HoldReply());

        (await disconnecting.DisconnectAsync(world.Key)).Should().Be(RevocationOutcome.Revoked);
        hold.Release();

        (await FluentActions.Awaiting(() => get).Should().ThrowAsync<ReauthorizationRequiredException>()).Which.Reason.Should().Be(ReauthorizationReason.NotConnected);
        await IsGoneAsync(world, old);
    }

    [Fact]
    public async Task B10_RV_3_A_caller_whose_old_token_still_lives_gets_none_after_the_disconnect()
    {
        await using World world = await World.StartAsync();
        TokenSet old = await world.ConnectAsync();
        world.Clock.Advance(TimeSpan.FromSeconds(3590)); // Too little is left, so the caller waits for the refresh.
        (Task<AccessToken> get, FaultHold hold) = await world.HoldGetAsync(hold: Fault.HoldReply());
        await world.Tokens.DisconnectAsync(world.Key);
        hold.Release();

        (await FluentActions.Awaiting(() => get).Should().ThrowAsync<ReauthorizationRequiredException>()).Which.Reason.Should().Be(ReauthorizationReason.NotConnected);

        await IsGoneAsync(world, old);
    }

    [Fact]
    public async Task B10_RV_3_If_the_store_fails_as_the_refresh_ends_the_connection_stays_gone_and_the_tokens_are_revoked()
    {
        await using World world = await World.StartAsync();
        TokenSet old = await world.ConnectExpiredAsync();
        (Task<AccessToken> get, FaultHold hold) = await world.HoldGetAsync(hold: Fault.HoldReply());
        await world.Tokens.DisconnectAsync(world.Key);
        world.Store.Fail("save");
        hold.Release();

        (await FluentActions.Awaiting(() => get).Should().ThrowAsync<ReauthorizationRequiredException>()).Which.Reason.Should().Be(ReauthorizationReason.NotConnected);

        world.Store.Recover();
        await IsGoneAsync(world, old);
    }

    [Fact]
    public async Task B10_RV_3_If_another_process_disconnects_while_a_save_is_delayed_the_tokens_are_revoked_when_the_store_returns()
    {
        await using World world = await World.StartAsync();
        TokenSet old = await world.ConnectExpiredAsync();
        world.Store.Fail("save");
        AccessToken token = await world.GetAsync();
        await world.NewProcess().Tokens().DisconnectAsync(world.Key);
        var revoked = new TaskCompletionSource();
        world.Server.RevocationEndpoint.FailNext(Fault.Status(200), when: _ => !revoked.TrySetResult()); // Never plays: it only tells of the arrival.
        await world.Clock.WaitForTimersAsync(1);
        world.Store.Recover();

        world.Clock.Advance(TimeSpan.FromSeconds(1));
        await revoked.Task;

        await world.ReauthorizationAsync(ReauthorizationReason.NotConnected);
        (await world.Store.Inner.FindAsync(world.Key, CancellationToken.None)).Should().BeNull();
        token.Value.Should().NotBe(old.AccessToken);
    }

    [Fact]
    public async Task B10_A_disconnect_while_a_save_is_delayed_revokes_the_tokens_that_live_in_memory()
    {
        await using World world = await World.StartAsync();
        TokenSet old = await world.ConnectExpiredAsync();
        world.Store.Fail("save");
        AccessToken token = await world.GetAsync();

        (await world.Tokens.DisconnectAsync(world.Key)).Should().Be(RevocationOutcome.Revoked);

        world.Server.IsLive(token.Value).Should().BeFalse();
        world.Server.Log.Revocations.Should().NotContain(revocation => revocation.TokenFingerprint == TokenFingerprint.Of(old.RefreshToken!) && revocation.Family == null);
        world.Store.Recover();
        world.Clock.Advance(TimeSpan.FromMinutes(2));
        (await world.Store.Inner.FindAsync(world.Key, CancellationToken.None)).Should().BeNull();
        await world.ReauthorizationAsync(ReauthorizationReason.NotConnected);
    }

    [Fact]
    public async Task B10_B11_A_reconnect_after_the_disconnect_is_what_counts_when_the_old_refresh_comes_back()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        (Task<AccessToken> get, FaultHold hold) = await world.HoldGetAsync(hold: Fault.HoldReply());
        await world.Tokens.DisconnectAsync(world.Key);
        TokenSet again = await world.ConnectAsync();
        hold.Release();

        (await get).Value.Should().Be(again.AccessToken);

        (await world.StoredAsync()).Tokens.RefreshToken.Should().Be(again.RefreshToken);
        (await world.GetAsync()).Value.Should().Be(again.AccessToken);
        world.Server.IsLive(again.RefreshToken!).Should().BeTrue();
    }

    private static async Task IsGoneAsync(World world, TokenSet old)
    {
        (await world.Store.Inner.FindAsync(world.Key, CancellationToken.None)).Should().BeNull();
        await world.ReauthorizationAsync(ReauthorizationReason.NotConnected);
        world.Server.Log.Revocations.Select(revocation => revocation.TokenFingerprint).Distinct().Should()
            .HaveCount(2, "the old refresh token and the new one are revoked").And.Contain(TokenFingerprint.Of(old.RefreshToken!));
    }
}
