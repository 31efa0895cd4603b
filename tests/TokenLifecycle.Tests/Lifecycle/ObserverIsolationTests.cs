using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TokenLifecycle.Background;
using TokenLifecycle.Health;
using TokenLifecycle.Notifications;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>The app's observers hold nothing of ours, whatever is wrong with them.</summary>
public sealed class ObserverIsolationTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Theory]
    [Trait("Rule", "FR-4")]
    [InlineData("NeverReturns")]
    [InlineData("BlocksItsThread")]
    [InlineData("Throws")]
    [InlineData("EndsWhenCanceled")]
    public async Task An_observer_in_trouble_holds_neither_a_place_of_the_background_refresh_nor_a_lease(string trouble)
    {
        TroubledObserver observer = Observer(trouble);
        await using World world = await StartAsync(observer);
        TokenKey[] healthy = await world.ConnectManyAsync(4);
        await world.StoreEndedAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(59));

        await world.PassAsync();

        foreach (TokenKey key in healthy)
            (await world.StoredAsync(key)).Tokens.ExpiresAt.Should().BeAfter(world.Clock.GetUtcNow() + TimeSpan.FromMinutes(59));
        RefreshClaim claim = await world.Store.Inner.BeginRefreshAsync(world.Key, "somebody else", TimeSpan.FromMinutes(1), CancellationToken.None);
        claim.Kind.Should().Be(RefreshClaimKind.Acquired);
        observer.Release();
    }

    [Theory]
    [Trait("Rule", "FR-4")]
    [InlineData("NeverReturns")]
    [InlineData("BlocksItsThread")]
    public async Task An_observer_that_does_not_return_delays_no_other_and_is_named(string trouble)
    {
        TroubledObserver observer = Observer(trouble);
        var recorder = new EventRecorder();
        var logs = new LogRecorder();
        await using World world = await StartAsync(observer, recorder, logs);
        await world.ConnectAsync();
        await recorder.WaitForAsync(TokenEventKind.Connected);
        await observer.NextCallAsync();
        DateTimeOffset since = world.Clock.GetUtcNow();
        (await HealthAsync(world)).Status.Should().Be(HealthStatus.Healthy);

        await world.UntilAsync(() => logs.CountOf(90) > 0);
        await world.Tokens.DisconnectAsync(world.Key);
        await recorder.WaitForAsync(TokenEventKind.Disconnected);
        HealthReportEntry degraded = await HealthAsync(world);

        degraded.Status.Should().Be(HealthStatus.Degraded);
        degraded.Description.Should().Contain(nameof(TroubledObserver)).And.Contain($"{since:u}").And.NotContain(world.Key.UserId);
        observer.LastToken.IsCancellationRequested.Should().BeTrue();
        observer.Calls.Should().ContainSingle("one call at a time, so that it occupies one thread at most");
        logs.CountOf(90).Should().Be(1);

        observer.Release();
        await observer.NextCallAsync();
        await world.Events().WhenIdleAsync();
        (await HealthAsync(world)).Status.Should().Be(HealthStatus.Healthy);
        observer.Taken.Select(taken => taken.Kind).Should().Equal(TokenEventKind.Connected, TokenEventKind.Disconnected);
    }

    [Fact]
    [Trait("Rule", "FR-4")]
    public async Task An_observer_that_honors_its_token_gets_the_next_event()
    {
        TroubledObserver observer = Observer("EndsWhenCanceled");
        await using World world = await StartAsync(observer);
        await world.ConnectAsync();
        await world.Tokens.DisconnectAsync(world.Key);
        await observer.NextCallAsync();

        await world.UntilAsync(() => observer.Calls.Count == 2);

        world.Events().IsStuck.Should().BeFalse();
        observer.Calls.Select(call => call.Kind).Should().Equal(TokenEventKind.Connected, TokenEventKind.Disconnected);
    }

    [Fact]
    [Trait("Rule", "FR-4")]
    public async Task An_observer_that_always_throws_is_named_until_it_takes_one()
    {
        TroubledObserver observer = Observer("Throws");
        await using World world = await StartAsync(observer);
        DateTimeOffset since = world.Clock.GetUtcNow();
        for (int i = 0; i < 3; i++)
        {
            (await HealthAsync(world)).Status.Should().Be(HealthStatus.Healthy);
            await world.ConnectAsync();
            await world.Events().WhenIdleAsync();
            world.Clock.Advance(TimeSpan.FromMinutes(1));
        }

        HealthReportEntry degraded = await HealthAsync(world);
        observer.Release();
        await world.ConnectAsync();
        await world.Events().WhenIdleAsync();

        degraded.Status.Should().Be(HealthStatus.Degraded);
        degraded.Description.Should().Contain(nameof(TroubledObserver)).And.Contain("3 times").And.Contain($"{since:u}");
        (await HealthAsync(world)).Status.Should().Be(HealthStatus.Healthy);
    }

    [Fact]
    [Trait("Rule", "FR-4")]
    public async Task Observers_whose_construction_never_returns_hold_up_nobody()
    {
        var constructing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var recorder = new EventRecorder();
        await using World world = await World.StartAsync(services: s => s.AddSingleton<ITokenLifecycleObserver>(_ =>
        {
            constructing.Task.GetAwaiter().GetResult();
            return recorder;
        }));
        await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailNext(Fault.Body(400, WorldExtensions.InvalidGrant));

        await world.ReauthorizationAsync(ReauthorizationReason.GrantRejected).WaitAsync(Limit);

        (await world.StoredAsync()).NextRefreshAt.Should().NotBeNull("somebody has to be told");
        constructing.SetResult();
        await recorder.WaitForAsync(TokenEventKind.ReauthorizationRequired);
    }

    [Fact]
    [Trait("Rule", "FR-4")]
    public async Task Events_that_nobody_takes_are_bounded_and_a_reauthorization_goes_last()
    {
        TroubledObserver observer = Observer("NeverReturns");
        var logs = new LogRecorder();
        await using World world = await StartAsync(observer, logs: logs);
        await world.StoreEndedAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        await world.PassAsync();
        await observer.NextCallAsync();
        TokenKey other = new(World.Provider, "bob");
        await world.StoreEndedAsync(other);
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        await world.PassAsync();

        for (int i = 0; i < EventBuffer.Capacity + 500; i++)
            world.Events().Raise(TokenEventKind.ClientRejected, $"provider-{i}");
        await world.UntilAsync(() => logs.CountOf(92) > 0);
        observer.Release();
        await world.Events().WhenIdleAsync();
        await world.Events().WhenIdleAsync();

        observer.Taken.Should().HaveCount(EventBuffer.Capacity + 1);
        observer.Taken.Where(taken => taken.Key is not null).Select(taken => taken.Key).Should().Equal(world.Key, other);
        observer.Taken.Last().Provider.Should().Be($"provider-{EventBuffer.Capacity + 499}", "the oldest are dropped");
        logs.CountOf(92).Should().Be(1);
        logs.Lines.Should().ContainSingle(line => line.Id == 93).Which.Text.Should().Contain("501");
    }

    [Fact]
    [Trait("Rule", "FR-4")]
    public async Task A_host_that_stops_waits_for_a_stuck_observer_for_a_few_seconds_and_cancels_it()
    {
        TroubledObserver observer = Observer("NeverReturns");
        await using World world = await StartAsync(observer);
        await world.ConnectAsync();
        await observer.NextCallAsync();

        Task stop = world.Services.GetServices<IHostedService>().OfType<ShutdownDrain>().Single().StopAsync(CancellationToken.None);
        stop.IsCompleted.Should().BeFalse("it is given a little time");
        world.Clock.Advance(TimeSpan.FromSeconds(5));
        await stop.WaitAsync(Limit);

        await world.UntilAsync(() => observer.LastToken.IsCancellationRequested);
        observer.Release();
    }

    [Fact]
    [Trait("Rule", "FR-4")]
    public async Task A_host_whose_time_is_up_waits_for_no_observer()
    {
        TroubledObserver observer = Observer("BlocksItsThread");
        await using World world = await StartAsync(observer);
        await world.ConnectAsync();
        await observer.NextCallAsync();

        await world.Services.GetServices<IHostedService>().OfType<ShutdownDrain>().Single().StopAsync(new CancellationToken(canceled: true)).WaitAsync(Limit);

        observer.Release();
    }

    [Fact]
    [Trait("Rule", "FR-4")]
    public async Task A_host_that_stops_delivers_what_waits()
    {
        var recorder = new EventRecorder();
        await using World world = await StartAsync(Observer("None"), recorder);
        await world.ConnectAsync();
        await world.Tokens.DisconnectAsync(world.Key);

        await world.Services.GetServices<IHostedService>().OfType<ShutdownDrain>().Single().StopAsync(CancellationToken.None).WaitAsync(Limit);

        recorder.Events.Select(told => told.Kind).Should().Equal(TokenEventKind.Connected, TokenEventKind.Disconnected);
    }

    private static TroubledObserver Observer(string trouble) => new(Enum.Parse<ObserverTrouble>(trouble));

    private static Task<World> StartAsync(TroubledObserver observer, EventRecorder? recorder = null, LogRecorder? logs = null) => World.StartAsync(services: s =>
    {
        s.AddTokenLifecycle().AddBackgroundRefresh(o => o.MaxConcurrency = 1);
        s.AddHealthChecks().AddCheck<TokenLifecycleHealthCheck>("tokens");
        s.AddSingleton<ITokenLifecycleObserver>(observer);
        if (recorder is not null)
            s.AddSingleton<ITokenLifecycleObserver>(recorder);
        if (logs is not null)
            s.AddLogging(logging => logging.AddProvider(logs));
    });

    private static async Task<HealthReportEntry> HealthAsync(World world) =>
        (await world.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries["tokens"];
}
