using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Notifications;
using TokenLifecycle.State;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>An attempt that could not give its lease back is continued by the next one at the same connection, so that no caller waits for the lease to expire.</summary>
[Trait("Rule", "FR-11")]
public sealed class HeldLeaseTests
{
    [Fact]
    public async Task A_read_that_fails_after_a_rejection_does_not_keep_the_next_call_out()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        world.Server.RevokeGrant(world.User);
        FailOnceSent(world, "find");
        await world.UnavailableAsync(TokenFailureKind.StoreUnavailable);
        world.Store.Recover();
        DateTimeOffset began = world.Clock.GetUtcNow();

        Task<(AccessToken?, TokenException? Refusal)> get = world.TryGetAsync();
        await world.Clock.RunShortPausesAsync(get);

        (await get).Refusal.Should().BeOfType<ReauthorizationRequiredException>().Which.Reason.Should().Be(ReauthorizationReason.GrantRejected);
        (world.Clock.GetUtcNow() - began).Should().BeLessThan(TimeSpan.FromSeconds(5), "the next call continues the attempt");
    }

    [Fact]
    public async Task A_background_refresh_whose_rejection_could_not_be_checked_is_continued()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        world.Server.RevokeGrant(world.User);
        FailOnceSent(world, "find");
        Task<RefreshSweepReport> sweep = world.SweepAsync();
        await world.Clock.RunShortPausesAsync(sweep);
        (await sweep).Failed.Should().Be(1);
        world.Store.Recover();

        Task<(AccessToken?, TokenException? Refusal)> get = world.TryGetAsync();
        await world.Clock.RunShortPausesAsync(get);

        (await get).Refusal.Should().BeOfType<ReauthorizationRequiredException>().Which.Reason.Should().Be(ReauthorizationReason.GrantRejected);
    }

    [Fact]
    public async Task A_claimed_connection_that_could_not_be_released_is_continued()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        await StopAfterClaimAsync(world);
        world.Server.RevokeGrant(world.User);

        Task<(AccessToken?, TokenException? Refusal)> get = world.TryGetAsync();
        await world.Clock.RunShortPausesAsync(get);

        (await get).Refusal.Should().BeOfType<ReauthorizationRequiredException>().Which.Reason.Should().Be(ReauthorizationReason.GrantRejected);
    }

    [Fact]
    public async Task A_caller_who_already_waits_for_the_lease_continues_it_too()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        var claimed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Store.Before = name => name == "begin" ? claimed.Task : Task.CompletedTask;
        Task begins = world.Store.NextAsync("begin");
        Task<AccessToken> get = world.GetAsync();
        await begins;
        using var stopping = new CancellationTokenSource();
        world.Store.After = name => name == "claim" ? stopping.CancelAsync() : Task.CompletedTask;
        world.Store.Before = async name =>
        {
            if (name != "end")
                return;
            Task refused = world.Store.NextAsync("begin", done: true);
            claimed.SetResult();
            await refused;
            throw new IOException("The store is down.");
        };
        await world.SweepAsync(stopping: stopping.Token);
        world.Store.Recover();
        DateTimeOffset began = world.Clock.GetUtcNow();

        await world.Clock.RunShortPausesAsync(get);

        world.Server.IsLive((await get).Value).Should().BeTrue();
        (world.Clock.GetUtcNow() - began).Should().BeLessThan(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task A_connection_that_was_reconnected_while_its_user_was_notified_is_left_alone()
    {
        var recorder = new EventRecorder();
        await using World world = await World.StartAsync(services: s => s.AddSingleton<ITokenLifecycleObserver>(recorder));
        await world.ConnectExpiredAsync();
        var refused = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        recorder.Then = async e =>
        {
            if (e.Kind != TokenEventKind.ReauthorizationRequired)
                return;
            await refused.Task;
            await world.ConnectAsync();
        };
        world.Server.RevokeGrant(world.User);
        await world.ReauthorizationAsync(ReauthorizationReason.GrantRejected);
        refused.SetResult();

        await world.Services.GetRequiredService<ReauthorizationNotifier>().WhenToldAsync(CancellationToken.None);

        recorder.Events.Should().Contain(e => e.Kind == TokenEventKind.ReauthorizationRequired);
        world.Store.CountOf("begin").Should().Be(1, "only the refresh took the lease");
    }

    [Fact]
    public async Task A_notification_that_could_not_be_recorded_does_not_keep_the_next_attempt_out()
    {
        var recorder = new EventRecorder();
        await using World world = await World.StartAsync(services: s => s.AddSingleton<ITokenLifecycleObserver>(recorder));
        await world.ConnectExpiredAsync();
        recorder.Then = e =>
        {
            if (e.Kind == TokenEventKind.ReauthorizationRequired)
                world.Store.Fail("end");
            return Task.CompletedTask;
        };
        world.Server.RevokeGrant(world.User);
        await world.ReauthorizationAsync(ReauthorizationReason.GrantRejected);

        await world.Services.GetRequiredService<ReauthorizationNotifier>().WhenToldAsync(CancellationToken.None);

        world.Store.CountOf("end").Should().Be(2);
        world.Services.GetRequiredService<UnsettledAttempts>().TryNext(world.Key).Should().NotBeNull();
    }

    /// <summary>A background refresh that is stopped when it has claimed, and cannot release what it claimed.</summary>
    private static async Task StopAfterClaimAsync(World world)
    {
        using var stopping = new CancellationTokenSource();
        world.Store.After = name => name == "claim" ? stopping.CancelAsync() : Task.CompletedTask;
        world.Store.Fail("end");
        await world.SweepAsync(stopping: stopping.Token);
        world.Store.CountOf("end").Should().Be(1);
        world.Store.Recover();
    }

    /// <summary>Fails a call to the store once the first token request has arrived.</summary>
    private static void FailOnceSent(World world, string call) => world.Store.Before = name =>
        name == call && world.Refreshes > 0 ? Task.FromException(new IOException("The store is down.")) : Task.CompletedTask;
}
