using TokenLifecycle.Options;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.Refresh;

/// <summary>An attempt whose outcome is not recorded may hold the new tokens: its refresh token is not sent again before the row was watched.</summary>
[Trait("Rule", "FR-1")]
public sealed class TakeoverWatchTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task A_frozen_holder_that_saves_during_the_watch_keeps_its_grant()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        (TokenSet theirs, long version) = await FreezeAsync(world);

        Task<AccessToken> get = world.GetAsync();
        while (world.Store.CountOf("begin") < 3)
            await StepAsync(world);
        await SaveAsync(world, theirs, version);
        await world.Clock.RunShortPausesAsync(get);

        (await get).Value.Should().Be(theirs.AccessToken);
        world.Posts().Should().ContainSingle("only the frozen holder has sent the refresh token");
        world.Server.Log.ReusedRefreshTokens.Should().Be(0);
        StoredToken row = await world.StoredAsync();
        row.Intent.Should().BeNull("the attempt that took over has sent nothing");
    }

    [Fact]
    public async Task A_background_claim_of_an_unfinished_attempt_watches_too()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        (TokenSet theirs, long version) = await FreezeAsync(world);

        Task<RefreshSweepReport> sweep = world.SweepAsync();
        while (world.Store.CountOf("begin") < 2)
            await StepAsync(world);
        await SaveAsync(world, theirs, version);
        await world.Clock.RunShortPausesAsync(sweep);
        await sweep;

        world.Posts().Should().ContainSingle();
        (await world.GetAsync()).Value.Should().Be(theirs.AccessToken);
    }

    [Fact]
    public async Task A_watch_holds_no_place_of_the_background_refresh()
    {
        await using World world = await World.StartAsync(provider: o => o.MaxConcurrentRefreshes = 1);
        await world.ConnectExpiredAsync();
        await BeginUnfinishedAsync(world);
        var other = new TokenKey(World.Provider, "healthy");
        TokenSet old = await world.ConnectExpiredAsync(other, world.Server.AddUser("healthy"));

        Task<RefreshSweepReport> sweep = world.SweepAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        while ((await world.StoredAsync(other)).Tokens.AccessToken == old.AccessToken && !patience.IsCancellationRequested)
            await Task.Yield(); // No clock is advanced: the watch goes on.
        (await world.StoredAsync(other)).Tokens.AccessToken.Should().NotBe(old.AccessToken);

        sweep.IsCompleted.Should().BeFalse();
        await world.Clock.RunShortPausesAsync(sweep);
        await sweep;
        world.Server.Log.ReusedRefreshTokens.Should().BeLessThanOrEqualTo(1, "the crashed process may have used the refresh token");
    }

    [Fact]
    public async Task A_holder_that_never_comes_back_is_replaced_after_the_watch()
    {
        await using World world = await World.StartAsync(options: o => o.TakeoverWatch = TimeSpan.FromSeconds(30));
        await world.ConnectExpiredAsync();
        await BeginUnfinishedAsync(world);
        DateTimeOffset began = world.Clock.GetUtcNow();

        Task<AccessToken> get = world.GetAsync();
        await world.Clock.RunShortPausesAsync(get);

        world.Server.IsLive((await get).Value).Should().BeTrue();
        (world.Clock.GetUtcNow() - began).Should().BeGreaterThanOrEqualTo(TimeSpan.FromSeconds(30));
        world.Posts().Should().ContainSingle();
    }

    [Fact]
    public async Task The_watch_outlasts_a_save_whatever_is_set()
    {
        await using World world = await World.StartAsync(options: o => (o.TakeoverWatch, o.SaveTimeout) = (TimeSpan.Zero, TimeSpan.FromSeconds(7)));
        await world.ConnectExpiredAsync();
        await BeginUnfinishedAsync(world);
        DateTimeOffset began = world.Clock.GetUtcNow();

        Task<AccessToken> get = world.GetAsync();
        await world.Clock.RunShortPausesAsync(get);
        await get;

        (world.Clock.GetUtcNow() - began).Should().BeGreaterThanOrEqualTo(TimeSpan.FromSeconds(8));
    }

    [Fact]
    public async Task A_second_process_that_dies_during_its_watch_does_not_end_the_watching()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        await BeginUnfinishedAsync(world, "first");
        await world.Store.Inner.BeginRefreshAsync(world.Key, "second, dead in its watch", Lease, CancellationToken.None);
        world.Clock.Advance(Lease + TimeSpan.FromSeconds(1));
        DateTimeOffset began = world.Clock.GetUtcNow();

        Task<AccessToken> get = world.GetAsync();
        await world.Clock.RunShortPausesAsync(get);
        await get;

        (world.Clock.GetUtcNow() - began).Should().BeGreaterThan(TimeSpan.FromSeconds(10));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Nothing_is_watched_where_the_refresh_token_may_be_sent_again(bool isStatic)
    {
        await using World world = await World.StartAsync(
            server: o => o.Rotation = isStatic ? Rotation.Static : Rotation.EveryUse,
            provider: o =>
            {
                o.Rotation = isStatic ? RefreshTokenRotation.Static : RefreshTokenRotation.EveryUse;
                o.RefreshTokenReusePeriod = isStatic ? TimeSpan.Zero : TimeSpan.FromHours(1);
            });
        await world.ConnectExpiredAsync();
        await BeginUnfinishedAsync(world);

        await world.GetAsync();

        world.Store.CountOf("begin").Should().Be(1);
    }

    [Fact]
    public async Task Nothing_is_watched_after_an_attempt_whose_outcome_is_recorded()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        StoredToken row = await BeginUnfinishedAsync(world, "recorded");
        var ending = new RefreshCompletion { RefreshTokenNotUsed = false };
        (await world.Store.Inner.CompleteRefreshAsync(world.Key, "recorded", row.Version, ending, CancellationToken.None)).Should().BeTrue();

        await world.GetAsync();

        world.Store.CountOf("begin").Should().Be(1);
    }

    [Fact]
    public async Task A_disconnect_during_the_watch_ends_it()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        await BeginUnfinishedAsync(world);
        Task<AccessToken> get = world.GetAsync();
        while (world.Store.CountOf("begin") < 2)
            await StepAsync(world);

        await world.Store.Inner.DeleteAsync(world.Key, CancellationToken.None);
        await world.Clock.RunShortPausesAsync(get);

        await FluentActions.Awaiting(() => get).Should().ThrowAsync<ReauthorizationRequiredException>();
        world.Posts().Should().BeEmpty();
    }

    /// <summary>Another process took the lease, got new tokens, and stood still before it could save them; its lease has run out.</summary>
    private static async Task<(TokenSet Theirs, long Version)> FreezeAsync(World world)
    {
        StoredToken row = await BeginUnfinishedAsync(world);
        TokenSet theirs = await world.RefreshBehindAsync(row.Tokens);
        return (theirs, row.Version);
    }

    private static async Task<StoredToken> BeginUnfinishedAsync(World world, string attempt = "frozen")
    {
        RefreshClaim claim = await world.Store.Inner.BeginRefreshAsync(world.Key, attempt, Lease, CancellationToken.None);
        world.Clock.Advance(Lease + TimeSpan.FromSeconds(1));
        return claim.Token!;
    }

    private static async Task SaveAsync(World world, TokenSet tokens, long version)
    {
        var row = new StoredToken { Key = world.Key, Tokens = tokens, ReceivedAt = world.Clock.GetUtcNow() };
        (await world.Store.Inner.SaveAsync(row, version, CancellationToken.None)).IsSaved.Should().BeTrue();
    }

    private static async Task StepAsync(World world)
    {
        if (world.Clock.NextTimerIn is { } next && next < TimeSpan.FromSeconds(3))
            world.Clock.Advance(next);
        await Task.Yield();
    }
}
