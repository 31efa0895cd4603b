using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Testing;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.Notifications;

/// <summary>Whoever must reconnect is told, whatever happens in between.</summary>
public sealed class ReauthorizationNotifierTests
{
    [Fact]
    public async Task Whoever_was_told_is_not_told_again()
    {
        var recorder = new EventRecorder();
        await using World world = await World.StartAsync(services: s => s.AddSingleton<ITokenLifecycleObserver>(recorder));
        await EndGrantAsync(world);
        Task noted = world.Store.NextAsync("end");
        await world.ReauthorizationAsync(ReauthorizationReason.GrantRejected);
        await recorder.WaitForAsync(TokenEventKind.ReauthorizationRequired);
        await UntilAsync(async () => (await world.StoredAsync()).NextRefreshAt is null);
        await noted;

        world.Clock.Advance(TimeSpan.FromHours(1));
        RefreshSweepReport report = await world.SweepAsync();

        report.Due.Should().Be(0);
        recorder.Events.Count(e => e.Kind == TokenEventKind.ReauthorizationRequired).Should().Be(1);
    }

    [Fact]
    public async Task B15_An_observer_that_failed_is_told_again_until_it_takes_it()
    {
        int refused = 0;
        var recorder = new EventRecorder { Then = e => e.Kind == TokenEventKind.ReauthorizationRequired && refused++ < 2 ? Task.FromException(new IOException("no mail")) : Task.CompletedTask };
        await using World world = await World.StartAsync(services: s => s.AddSingleton<ITokenLifecycleObserver>(recorder));
        await EndGrantAsync(world);
        await world.ReauthorizationAsync(ReauthorizationReason.GrantRejected);

        for (int i = 0; i < 4; i++)
        {
            world.Clock.Advance(TimeSpan.FromMinutes(6));
            await world.SweepAsync();
        }

        refused.Should().Be(3);
        TokenEvent told = recorder.Events.Should().ContainSingle(e => e.Kind == TokenEventKind.ReauthorizationRequired).Subject;
        told.Key.Should().Be(world.Key);
        told.Reason.Should().Be(ReauthorizationReason.GrantRejected);
        (await world.StoredAsync()).NextRefreshAt.Should().BeNull();
        (await world.StoredAsync()).Reauthorization.Should().Be(ReauthorizationReason.GrantRejected);
    }

    [Fact]
    public async Task Of_a_verdict_whose_process_died_before_it_told_anybody_another_process_tells()
    {
        var deaf = new TaskCompletionSource();
        bool isDead = true;
        var recorder = new EventRecorder();
        recorder.Then = _ => isDead ? deaf.Task : Task.CompletedTask;
        await using World world = await World.StartAsync(services: s => s.AddSingleton<ITokenLifecycleObserver>(recorder));
        await EndGrantAsync(world);
        await world.ReauthorizationAsync(ReauthorizationReason.GrantRejected);

        isDead = false; // The first process hangs in its observer for ever; a second one goes on.
        ServiceProvider other = world.NewProcess();
        RefreshSweepReport tooEarly = await world.SweepAsync(other);
        world.Clock.Advance(TimeSpan.FromMinutes(2));
        await world.SweepAsync(other);

        tooEarly.Due.Should().Be(0);
        recorder.Events.Should().ContainSingle(e => e.Kind == TokenEventKind.ReauthorizationRequired).Which.At.Should().Be((await world.StoredAsync()).Failure!.At);
    }

    [Fact]
    public async Task Without_an_observer_nothing_is_left_to_do()
    {
        await using World world = await World.StartAsync();
        await EndGrantAsync(world);
        await world.ReauthorizationAsync(ReauthorizationReason.GrantRejected);

        (await world.StoredAsync()).NextRefreshAt.Should().BeNull();
        world.Clock.Advance(TimeSpan.FromHours(1));
        (await world.SweepAsync()).Due.Should().Be(0);
    }

    [Fact]
    public async Task Who_has_reconnected_meanwhile_is_told_nothing()
    {
        var recorder = new EventRecorder { Then = e => e.Kind == TokenEventKind.ReauthorizationRequired ? Task.FromException(new IOException("no mail")) : Task.CompletedTask };
        await using World world = await World.StartAsync(services: s => s.AddSingleton<ITokenLifecycleObserver>(recorder));
        await EndGrantAsync(world);
        await world.ReauthorizationAsync(ReauthorizationReason.GrantRejected);
        await world.ConnectAsync();
        recorder.Then = null;

        world.Clock.Advance(TimeSpan.FromMinutes(30));
        await world.SweepAsync();

        recorder.Events.Should().NotContain(e => e.Kind == TokenEventKind.ReauthorizationRequired);
    }

    private static async Task EndGrantAsync(World world)
    {
        await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailAlways(Fault.Body(400, WorldExtensions.InvalidGrant));
    }

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        while (!await isSo())
            await Task.Yield();
    }
}
