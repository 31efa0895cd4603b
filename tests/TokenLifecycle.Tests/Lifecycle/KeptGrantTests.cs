using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using TokenLifecycle.Health;
using TokenLifecycle.State;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>What a user has granted is as irreplaceable as what a refresh has brought: the code is spent, so the tokens are kept until the store takes them.</summary>
[Trait("Rule", "FR-8")]
public sealed class KeptGrantTests : IAsyncLifetime
{
    private readonly EventRecorder _events = new();
    private World _world = null!;

    public static TheoryData<string[]> Outages => [["save"], ["find", "save"]];

    public async Task InitializeAsync() => _world = await World.StartAsync(services: services => services.AddSingleton<ITokenLifecycleObserver>(_events));

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Theory]
    [MemberData(nameof(Outages))]
    public async Task A_first_grant_is_used_at_once_and_saved_when_the_store_returns(string[] failing)
    {
        _world.Store.Fail(failing);

        TokenSet granted = await _world.ConnectAsync();

        (await _world.GetAsync()).Value.Should().Be(granted.AccessToken);
        (await _world.StatusAsync()).State.Should().Be(TokenState.Valid);
        (await HealthAsync()).Should().Be(HealthStatus.Degraded);
        (await _events.WaitForAsync(TokenEventKind.SaveDelayed)).Key.Should().Be(_world.Key);
        _events.Events.Should().NotContain(told => told.Kind == TokenEventKind.Connected, "it is not durable yet");
        _world.Store.Recover();
        await _world.RunShortAsync(_events.WaitForAsync(TokenEventKind.Connected));
        (await _world.StoredAsync()).Tokens.RefreshToken.Should().Be(granted.RefreshToken);
        (await HealthAsync()).Should().Be(HealthStatus.Healthy);
    }

    [Theory]
    [MemberData(nameof(Outages))]
    public async Task A_reconnect_takes_the_place_of_the_old_tokens_at_once_and_in_the_store_later(string[] failing)
    {
        await _world.ConnectAsync();
        _world.Clock.Advance(TimeSpan.FromMinutes(2));
        _world.Store.Fail(failing);

        TokenSet again = await _world.ConnectAsync();

        (await _world.GetAsync()).Value.Should().Be(again.AccessToken, "the provider may have ended the old grant");
        await ReturnAsync();
        StoredToken stored = await _world.StoredAsync();
        stored.Tokens.RefreshToken.Should().Be(again.RefreshToken);
        stored.Failure.Should().BeNull();
    }

    [Fact]
    public async Task What_befell_the_old_grant_meanwhile_says_nothing_of_the_new_one()
    {
        await _world.ConnectAsync();
        _world.Store.Fail("save");
        TokenSet again = await _world.ConnectAsync();
        RefreshClaim claim = await _world.Store.Inner.BeginRefreshAsync(_world.Key, "another process", TimeSpan.FromMinutes(1), CancellationToken.None);
        await _world.Store.Inner.CompleteRefreshAsync(
            _world.Key, "another process", claim.Token!.Version, new RefreshCompletion { RefreshTokenNotUsed = true, Reauthorization = ReauthorizationReason.GrantRejected }, CancellationToken.None);

        await ReturnAsync();

        StoredToken stored = await _world.StoredAsync();
        stored.Tokens.RefreshToken.Should().Be(again.RefreshToken);
        (stored.Reauthorization, stored.Failure).Should().Be((null, null));
    }

    [Fact]
    public async Task A_newer_grant_that_another_process_stored_stays()
    {
        await _world.ConnectAsync();
        _world.Store.Fail("save");
        await _world.ConnectAsync();
        _world.Clock.Advance(TimeSpan.FromSeconds(1));
        TokenSet newer = _world.Server.IssueTokens(_world.User, "read");
        await _world.StoreBehindAsync(newer);

        await ReturnAsync();

        (await _world.StoredAsync()).Tokens.RefreshToken.Should().Be(newer.RefreshToken);
        (await _world.GetAsync()).Value.Should().Be(newer.AccessToken);
    }

    [Fact]
    public async Task A_refresh_of_the_old_grant_that_came_before_gives_way()
    {
        await _world.ConnectAsync();
        StoredToken old = await _world.StoredAsync();
        _world.Store.Fail("save");
        TokenSet again = await _world.ConnectAsync();
        StoredToken refreshed = old with { Tokens = _world.Server.IssueTokens(_world.User, "read"), ReceivedAt = old.ReceivedAt - TimeSpan.FromSeconds(1) };
        (await _world.Store.Inner.SaveAsync(refreshed, old.Version, CancellationToken.None)).IsSaved.Should().BeTrue();

        await ReturnAsync();

        (await _world.StoredAsync()).Tokens.RefreshToken.Should().Be(again.RefreshToken);
    }

    [Fact]
    [Trait("Rule", "Law 13")]
    public async Task What_was_kept_while_the_store_was_silent_does_not_replace_another_account()
    {
        TokenSet old = await _world.ConnectAsync();
        ServiceProvider process = _world.NewProcess();
        _world.Clock.Advance(TimeSpan.FromMinutes(2));
        _world.Store.Fail("find", "save");
        await process.Tokens().SaveAsync(_world.Key, _world.Server.IssueTokens(_world.Server.AddUser("somebody else"), "read"));

        await ReturnAsync(process);

        (await _world.StoredAsync()).Tokens.RefreshToken.Should().Be(old.RefreshToken);
        (await process.Tokens().GetAccessTokenAsync(_world.Key)).Value.Should().Be(old.AccessToken);
    }

    [Fact]
    [Trait("Rule", "B10")]
    public async Task What_was_disconnected_meanwhile_stays_so_and_the_new_tokens_are_revoked()
    {
        await _world.ConnectAsync();
        _world.Store.Fail("save");
        TokenSet again = await _world.ConnectAsync();
        await _world.Store.Inner.DeleteAsync(_world.Key, CancellationToken.None);

        await ReturnAsync();

        _world.Server.IsLive(again.RefreshToken!).Should().BeFalse();
        (await _world.Store.Inner.FindAsync(_world.Key, CancellationToken.None)).Should().BeNull();
        await _world.ReauthorizationAsync(ReauthorizationReason.NotConnected);
    }

    [Fact]
    public async Task Who_connects_again_while_a_grant_is_kept_has_the_last_one_saved()
    {
        await _world.ConnectAsync();
        _world.Store.Fail("save");
        await _world.ConnectAsync();

        TokenSet last = await _world.ConnectAsync();

        _world.Services.GetRequiredService<PendingSaveQueue>().PendingCount.Should().Be(1);
        await ReturnAsync();
        (await _world.StoredAsync()).Tokens.RefreshToken.Should().Be(last.RefreshToken);
    }

    [Fact]
    [Trait("Rule", "B11")]
    public async Task A_refresh_of_the_old_grant_that_cannot_be_saved_either_does_not_replace_it()
    {
        await _world.ConnectExpiredAsync();
        (Task<AccessToken> get, FaultHold hold) = await _world.HoldGetAsync(hold: Fault.HoldReply());
        _world.Store.Fail("save");
        TokenSet again = await _world.ConnectAsync();

        hold.Release();
        await get;

        await ReturnAsync();
        (await _world.StoredAsync()).Tokens.RefreshToken.Should().Be(again.RefreshToken);
    }

    [Fact]
    public async Task A_kept_grant_is_refreshed_when_it_is_saved_and_not_before()
    {
        _world.Store.Fail("save");
        TokenSet granted = await _world.ConnectAsync();
        _world.Clock.Advance(TimeSpan.FromHours(1) + TimeSpan.FromSeconds(1));

        await _world.UnavailableAsync(TokenFailureKind.StoreUnavailable);
        _world.Store.Recover();

        AccessToken token = await _world.GetAsync();
        token.Value.Should().NotBe(granted.AccessToken);
        (await _world.StoredAsync()).Tokens.AccessToken.Should().Be(token.Value);
    }

    [Fact]
    public async Task A_kept_grant_is_gone_when_its_user_disconnects()
    {
        _world.Store.Fail("save");
        TokenSet granted = await _world.ConnectAsync();

        await _world.Tokens.DisconnectAsync(_world.Key);
        _world.Store.Recover();

        _world.Services.GetRequiredService<PendingSaveQueue>().PendingCount.Should().Be(0);
        _world.Server.IsLive(granted.RefreshToken!).Should().BeFalse();
        await _world.ReauthorizationAsync(ReauthorizationReason.NotConnected);
    }

    private async Task<HealthStatus> HealthAsync() =>
        (await _world.Services.GetRequiredService<TokenLifecycleHealthCheck>().CheckHealthAsync(new HealthCheckContext())).Status;

    /// <summary>The store is back; ends when nothing waits to be saved.</summary>
    private async Task ReturnAsync(ServiceProvider? process = null)
    {
        PendingSaveQueue persistence = (process ?? _world.Services).GetRequiredService<PendingSaveQueue>();
        persistence.PendingCount.Should().Be(1);
        _world.Store.Recover();
        await persistence.SettleAllAsync();
        await persistence.WhenSettledAsync();
        persistence.PendingCount.Should().Be(0);
    }
}
