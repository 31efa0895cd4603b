using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Notifications;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>A reauthorization is claimed, told outside of the lease, and marked afterwards: perhaps told twice, never lost.</summary>
public sealed class ToldAtLeastOnceTests
{
    [Fact]
    [Trait("Rule", "FR-4")]
    public async Task While_an_observer_of_one_process_is_stuck_another_process_tells()
    {
        var stuck = new TroubledObserver(ObserverTrouble.NeverReturns);
        var healthy = new TroubledObserver(ObserverTrouble.None);
        await using World world = await World.StartAsync(services: s => s.AddSingleton<Choice>().AddSingleton<ITokenLifecycleObserver>(p => p.GetRequiredService<Choice>().Observer ?? stuck));
        ServiceProvider other = world.NewProcess();
        other.GetRequiredService<Choice>().Observer = healthy;
        await world.StoreEndedAsync();
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        await world.PassAsync();
        await stuck.NextCallAsync();
        await world.UntilStuckAsync();

        await UntilToldAsync(world, other, takesTurns: true);

        healthy.Taken.Should().ContainSingle().Which.Key.Should().Be(world.Key);
        stuck.Calls.Should().ContainSingle();
        stuck.Release();
    }

    [Fact]
    [Trait("Rule", "FR-4")]
    public async Task What_was_told_and_could_not_be_marked_is_told_again()
    {
        var observer = new TroubledObserver(ObserverTrouble.None);
        await using World world = await World.StartAsync(services: s => s.AddSingleton<ITokenLifecycleObserver>(observer));
        await world.StoreEndedAsync();
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        world.Store.Fail("begin");
        await world.SweepAsync();
        observer.Taken.Should().ContainSingle();
        (await world.StoredAsync()).NextRefreshAt.Should().BeAfter(world.Clock.GetUtcNow());

        world.Store.Recover();
        world.Clock.Advance(TimeSpan.FromMinutes(6));
        await world.SweepAsync();

        observer.Taken.Should().HaveCount(2);
        observer.Taken.Select(told => told.At).Distinct().Should().ContainSingle("by that an observer knows that it is the same");
        (await world.StoredAsync()).NextRefreshAt.Should().BeNull();
    }

    [Fact]
    [Trait("Rule", "FR-4")]
    public async Task Who_reconnects_while_the_observer_is_told_is_not_marked()
    {
        var observer = new TroubledObserver(ObserverTrouble.NeverReturns);
        await using World world = await World.StartAsync(services: s => s.AddSingleton<ITokenLifecycleObserver>(observer));
        await world.StoreEndedAsync();
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        await world.PassAsync();
        await observer.NextCallAsync();
        await world.ConnectAsync();
        DateTimeOffset? due = (await world.StoredAsync()).NextRefreshAt;

        observer.Release();
        await world.Services.GetRequiredService<ReauthorizationNotifier>().WhenToldAsync(CancellationToken.None);

        (await world.StoredAsync()).NextRefreshAt.Should().Be(due).And.NotBeNull();
    }

    [Fact]
    [Trait("Rule", "FR-4")]
    public async Task What_waits_in_a_queue_is_not_queued_again_by_each_pass()
    {
        var observer = new TroubledObserver(ObserverTrouble.NeverReturns);
        await using World world = await World.StartAsync(options: o => o.ObserverTimeout = TimeSpan.FromHours(24), services: s => s.AddSingleton<ITokenLifecycleObserver>(observer));
        await world.StoreEndedAsync();
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        await world.PassAsync();
        await observer.NextCallAsync();

        for (int i = 0; i < 3; i++)
        {
            StoredToken row = await world.StoredAsync();
            await world.Store.Inner.BeginRefreshAsync(world.Key, "test", TimeSpan.FromMinutes(1), CancellationToken.None);
            await world.Store.Inner.CompleteRefreshAsync(world.Key, "test", row.Version, new RefreshCompletion { RefreshTokenNotUsed = true, NextRefreshAt = world.Clock.GetUtcNow() }, CancellationToken.None);
            await world.PassAsync();
        }

        observer.Release();
        await world.Services.GetRequiredService<ReauthorizationNotifier>().WhenToldAsync(CancellationToken.None);
        observer.Taken.Should().ContainSingle();
    }

    [Fact]
    [Trait("Rule", "FR-4")]
    public async Task A_run_on_demand_ends_when_its_observers_have_been_told()
    {
        var observer = new TroubledObserver(ObserverTrouble.EndsWhenCanceled);
        await using World world = await World.StartAsync(services: s => s.AddSingleton<ITokenLifecycleObserver>(observer));
        await world.StoreEndedAsync();
        world.Clock.Advance(TimeSpan.FromSeconds(1));

        Task<RefreshSweepReport> sweep = world.SweepAsync();
        await observer.NextCallAsync();
        sweep.IsCompleted.Should().BeFalse("a job that ends the process with it would tell nobody");
        observer.Release();

        await sweep;
        observer.Taken.Should().ContainSingle();
        (await world.StoredAsync()).NextRefreshAt.Should().BeNull();
    }

    /// <summary>Sweeps, in turns if wanted, until the row is marked.</summary>
    private static async Task UntilToldAsync(World world, ServiceProvider other, bool takesTurns)
    {
        for (int turn = 0; (await world.StoredAsync()).NextRefreshAt is { } next; turn++)
        {
            turn.Should().BeLessThan(10);
            if (next > world.Clock.GetUtcNow())
                world.Clock.Advance(next - world.Clock.GetUtcNow());
            await world.PassAsync(takesTurns && turn % 2 == 0 ? null : other);
            await other.GetRequiredService<ReauthorizationNotifier>().WhenToldAsync(CancellationToken.None);
        }
    }

    private sealed class Choice
    {
        public ITokenLifecycleObserver? Observer { get; set; }
    }
}
