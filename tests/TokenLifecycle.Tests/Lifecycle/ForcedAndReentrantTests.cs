using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>A8, A15, A17.</summary>
public sealed class ForcedAndReentrantTests
{
    [Fact]
    public async Task A15_A_forced_refresh_does_not_take_the_answer_of_one_that_decided_not_to_refresh()
    {
        await using World world = await World.StartAsync();
        TokenSet tokens = await world.ConnectAsync();
        DateTimeOffset now = world.Clock.GetUtcNow();
        await world.StoreBehindAsync(tokens, nextRefreshAt: now - TimeSpan.FromSeconds(1)); // Due, so that a get begins a refresh behind the caller.
        world.Clock.Advance(TimeSpan.FromSeconds(61));
        var reached = new TaskCompletionSource();
        var gate = new TaskCompletionSource();
        world.Store.Before = name =>
        {
            if (name != "begin")
                return Task.CompletedTask;
            reached.TrySetResult();
            return gate.Task;
        };
        (await world.GetAsync()).Value.Should().Be(tokens.AccessToken);
        await reached.Task;

        Task<AccessToken> forced = world.Tokens.RefreshAsync(world.Key);
        await world.StoreBehindAsync(tokens, nextRefreshAt: now + TimeSpan.FromMinutes(50)); // Not due any more: the one under way will refresh nothing.
        gate.SetResult();

        (await forced).Value.Should().NotBe(tokens.AccessToken);
        world.Posts().Should().ContainSingle();
    }

    [Fact]
    public async Task A15_A_forced_refresh_takes_the_answer_of_one_that_did_refresh()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        (Task<AccessToken> get, FaultHold hold) = await world.HoldGetAsync();
        Task<AccessToken> forced = world.Tokens.RefreshAsync(world.Key);
        hold.Release();

        (await forced).Value.Should().Be((await get).Value);

        world.Posts().Should().ContainSingle();
    }

    [Fact]
    public async Task A17_An_observer_that_asks_for_the_token_it_is_told_of_gets_it()
    {
        var recorder = new EventRecorder();
        await using World world = await World.StartAsync(services: services => services.AddSingleton<ITokenLifecycleObserver>(recorder));
        var seen = new List<string>();
        recorder.Then = async told => seen.Add($"{told.Kind} {(await world.GetAsync()).Value}");
        await world.ConnectExpiredAsync();
        AccessToken token = await world.GetAsync();

        await recorder.WaitForAsync(TokenEventKind.Refreshed);

        seen.Should().Contain($"{TokenEventKind.Refreshed} {token.Value}");
    }

    [Fact]
    public async Task A17_An_observer_that_asks_for_a_lost_token_is_told_so_and_harms_nobody()
    {
        var recorder = new EventRecorder();
        await using World world = await World.StartAsync(services: services => services.AddSingleton<ITokenLifecycleObserver>(recorder));
        await world.ConnectExpiredAsync();
        world.Server.RevokeGrant(world.User);
        recorder.Then = told => told.Kind == TokenEventKind.ReauthorizationRequired ? world.ReauthorizationAsync(ReauthorizationReason.GrantRejected) : Task.CompletedTask;

        await world.ReauthorizationAsync(ReauthorizationReason.GrantRejected);

        await recorder.WaitForAsync(TokenEventKind.ReauthorizationRequired);
    }

    [Fact]
    public async Task A8_Without_a_lease_a_valid_token_is_served_and_nothing_is_sent()
    {
        await using World world = await World.StartAsync();
        TokenSet tokens = await world.ConnectAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(58));
        world.Store.Fail("begin");

        (await world.GetAsync()).Value.Should().Be(tokens.AccessToken);
        (await world.Tokens.GetAccessTokenAsync(world.Key, TimeSpan.FromMinutes(10))).Value.Should().Be(tokens.AccessToken, "the refresh that was waited for has failed");

        world.Posts().Should().BeEmpty();
    }

    [Fact]
    [Trait("Rule", "F19")]
    public async Task A8_Without_a_lease_an_expired_token_is_unavailable_and_nothing_is_sent()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        world.Store.Fail("begin");

        await world.UnavailableAsync(TokenFailureKind.StoreUnavailable);
        await FluentActions.Awaiting(() => world.Tokens.RefreshAsync(world.Key)).Should().ThrowAsync<TokenTemporarilyUnavailableException>();

        world.Posts().Should().BeEmpty();
        world.Store.Recover();
        await world.GetAsync();
        world.Posts().Should().ContainSingle();
    }

    [Fact]
    public async Task A8_A_lease_that_another_never_gives_back_ends_in_a_refusal_without_a_request()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        RefreshClaim claim = await world.Store.Inner.BeginRefreshAsync(world.Key, "another process", TimeSpan.FromHours(1), CancellationToken.None);
        claim.Kind.Should().Be(RefreshClaimKind.Acquired);

        Task<AccessToken> get = world.GetAsync();
        await world.RunShortAsync(get);

        (await FluentActions.Awaiting(() => get).Should().ThrowAsync<TokenTemporarilyUnavailableException>()).Which.Kind.Should().Be(TokenFailureKind.LeaseUnavailable);
        world.Posts().Should().BeEmpty();
    }
}
