using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Notifications;
using TokenLifecycle.Testing;
using TokenLifecycle.TestKit;
using TokenLifecycle.Tests.Diagnostics;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>What is counted and told to observers.</summary>
public sealed class DiagnosticsTests
{
    [Fact]
    public async Task Refreshes_are_counted_by_provider_and_outcome_and_never_by_user()
    {
        await using World world = await World.StartAsync();
        using var meters = new MeterRecorder(world.Services);
        await world.ConnectExpiredAsync();
        await world.Tokens.GetAccessTokenAsync(world.Key);
        world.Clock.Advance(TimeSpan.FromHours(2));
        world.Server.TokenEndpoint.FailNext(Fault.Status(503));
        await world.RefusalAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        world.Server.RevokeGrant(world.User);
        await world.RefusalAsync();

        meters.Of(TokenLifecycleDiagnostics.RefreshesInstrument).Should().Equal(
            "1 tokenlifecycle.provider=acme tokenlifecycle.outcome=refreshed tokenlifecycle.refresh.reason=on_demand",
            "1 tokenlifecycle.provider=acme tokenlifecycle.outcome=unavailable tokenlifecycle.refresh.reason=on_demand error.type=provider_unavailable",
            "1 tokenlifecycle.provider=acme tokenlifecycle.outcome=reauthorize tokenlifecycle.refresh.reason=on_demand error.type=grant_rejected");
        meters.Of(TokenLifecycleDiagnostics.RefreshDurationInstrument).Should().HaveCount(3);
        meters.Of(TokenLifecycleDiagnostics.ReauthorizationsInstrument).Should().Equal("1 tokenlifecycle.provider=acme tokenlifecycle.reauthorization.reason=grant_rejected");
        meters.Lines.Should().NotContain(line => line.Text.Contains(world.Key.UserId));
    }

    [Fact]
    public async Task Store_failures_and_unsaved_rotations_are_counted()
    {
        await using World world = await World.StartAsync();
        using var meters = new MeterRecorder(world.Services);
        await world.ConnectExpiredAsync();
        world.Store.Fail("save");
        await world.Tokens.GetAccessTokenAsync(world.Key);
        meters.Collect();
        world.Store.Recover();
        await world.Services.GetRequiredService<TokenLifecycle.State.PendingSaveQueue>().SettleAllAsync();
        meters.Collect();

        meters.Of(TokenLifecycleDiagnostics.StoreFailuresInstrument).Should().Equal("1 tokenlifecycle.store.operation=save error.type=System.IO.IOException");
        meters.Of(TokenLifecycleDiagnostics.UnsavedRotationsInstrument).Should().Equal("1", "0");
    }

    [Fact]
    public async Task Observers_are_told_of_all_that_happens_to_a_connection_in_its_order()
    {
        var events = new EventRecorder();
        await using World world = await World.StartAsync(services: s => s.AddSingleton<ITokenLifecycleObserver>(events));
        await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailNext(Fault.Status(502));
        await world.RefusalAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        await world.Tokens.GetAccessTokenAsync(world.Key);
        world.Clock.Advance(TimeSpan.FromHours(2));
        world.Server.RevokeGrant(world.User);
        await world.RefusalAsync();
        await world.Tokens.DisconnectAsync(world.Key);
        await events.WaitForAsync(TokenEventKind.Disconnected);

        events.Events.Select(e => e.Kind).Should().Equal(
            TokenEventKind.Connected, TokenEventKind.RefreshFailed, TokenEventKind.Refreshed, TokenEventKind.ReauthorizationRequired, TokenEventKind.Disconnected);
        TokenEvent failed = events.Events.ElementAt(1);
        (failed.Key, failed.Provider, failed.Failure!.HttpStatus).Should().Be((world.Key, World.Provider, 502));
        events.Events.ElementAt(3).Reason.Should().Be(ReauthorizationReason.GrantRejected);
        events.Events.ElementAt(3).ToString().Should().Be($"ReauthorizationRequired {world.Key}");
    }

    [Fact]
    public async Task An_observer_that_throws_is_logged_and_disturbs_nobody()
    {
        var log = new LogRecorder();
        var last = new EventRecorder();
        await using World world = await World.StartAsync(services: s =>
        {
            s.AddLogging(l => l.AddProvider(log));
            s.AddSingleton<ITokenLifecycleObserver>(new EventRecorder { Then = _ => throw new InvalidOperationException("no mail today") });
            s.AddSingleton<ITokenLifecycleObserver>(last);
        });
        await world.ConnectExpiredAsync();
        await world.Tokens.GetAccessTokenAsync(world.Key);

        await last.WaitForAsync(TokenEventKind.Refreshed);
        await world.Services.GetRequiredService<TokenEventDispatcher>().WhenIdleAsync(); // Each observer has its own queue.
        log.CountOf(19).Should().Be(2);
    }
}
