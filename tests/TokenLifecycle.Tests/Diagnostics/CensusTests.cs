using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Health;
using TokenLifecycle.TestKit;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.Diagnostics;

/// <summary>The gauge of the connections: counted by the store, behind the collector, seldom.</summary>
public sealed class CensusTests
{
    [Fact]
    public async Task The_connections_are_counted_by_provider_and_state()
    {
        await using World world = await World.StartAsync();
        using var meters = new MeterRecorder(world.Services);
        await world.ConnectExpiredAsync();
        world.Server.RevokeGrant(world.User);
        await world.RefusalAsync();
        await world.ConnectManyAsync(3);

        await CountAsync(world, meters);

        meters.Of(TokenLifecycleDiagnostics.ConnectionsInstrument).Should().BeEquivalentTo(Gauge(3, "connected"), Gauge(1, "reauthorization_required"));
    }

    [Fact]
    public async Task Nothing_is_counted_while_nobody_collects_and_at_most_once_a_minute_if_somebody_does()
    {
        await using World world = await World.StartAsync();
        using var meters = new MeterRecorder(world.Services);
        await world.ConnectAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(10));
        world.Store.CountOf("count").Should().Be(0);

        await CountAsync(world, meters);
        world.Clock.Advance(ConnectionCounts.Shortest - TimeSpan.FromSeconds(1));
        meters.Collect();
        world.Store.CountOf("count").Should().Be(1);
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        await CountAsync(world, meters);

        world.Store.CountOf("count").Should().Be(2);
    }

    [Fact]
    public async Task A_count_that_takes_long_is_made_seldom_and_a_collector_never_waits_for_it()
    {
        await using World world = await World.StartAsync();
        using var meters = new MeterRecorder(world.Services);
        await world.ConnectAsync();
        var counted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Store.Before = name => name == "count" ? counted.Task : Task.CompletedTask;
        meters.Collect();
        meters.Collect();
        await ReachedAsync(world, 1);
        world.Clock.Advance(TimeSpan.FromSeconds(30));
        counted.SetResult();
        await TellsAsync(meters);

        world.Clock.Advance(TimeSpan.FromMinutes(9.9));
        meters.Collect();
        world.Store.CountOf("count").Should().Be(1, "thirty seconds for a count are ten minutes of rest");
        world.Clock.Advance(TimeSpan.FromSeconds(10));
        meters.Collect();
        await ReachedAsync(world, 2);
    }

    [Fact]
    public async Task A_count_that_fails_leaves_the_last_figures_and_is_said_aloud()
    {
        var log = new LogRecorder();
        await using World world = await World.StartAsync(services: s => s.AddLogging(l => l.AddProvider(log)));
        using var meters = new MeterRecorder(world.Services);
        await world.ConnectAsync();
        await CountAsync(world, meters);
        world.Store.Fail("count");
        world.Clock.Advance(ConnectionCounts.Shortest);
        meters.Collect();
        while (log.CountOf(60) == 0)
            await Task.Yield();
        meters.Lines.Clear();
        meters.Collect();

        meters.Of(TokenLifecycleDiagnostics.ConnectionsInstrument).Should().Equal(Gauge(1, "connected"));
        meters.Of(TokenLifecycleDiagnostics.StoreFailuresInstrument).Should().BeEmpty("it was cleared, and no second count was made");
    }

    [Fact]
    public async Task A_collector_that_comes_while_the_app_ends_gets_nothing_and_is_not_broken()
    {
        using var factory = new LastingMeters();
        await using World world = await World.StartAsync(services: s => s.AddSingleton<IMeterFactory>(factory));
        using var meters = new MeterRecorder(world.Services);
        await world.ConnectAsync();
        await CountAsync(world, meters);
        await ((IAsyncDisposable)world.Services).DisposeAsync();
        meters.Lines.Clear();

        meters.Collect();

        meters.Of(TokenLifecycleDiagnostics.ConnectionsInstrument).Should().BeEmpty();
        meters.Of(TokenLifecycleDiagnostics.UnsavedRotationsInstrument).Should().Equal("0");
    }

    /// <summary>Collects until a count that begins now has arrived.</summary>
    internal static async Task CountAsync(World world, MeterRecorder meters, bool isEmpty = false)
    {
        int before = world.Store.CountOf("count");
        meters.Collect();
        await ReachedAsync(world, before + 1);
        if (!isEmpty)
            await TellsAsync(meters);
    }

    private static async Task ReachedAsync(World world, int count)
    {
        while (world.Store.CountOf("count") < count)
            await Task.Yield();
    }

    private static async Task TellsAsync(MeterRecorder meters)
    {
        do
        {
            await Task.Yield();
            meters.Lines.Clear();
            meters.Collect();
        }
        while (!meters.Of(TokenLifecycleDiagnostics.ConnectionsInstrument).Any());
    }

    private static string Gauge(int count, string state) => $"{count} tokenlifecycle.provider=acme tokenlifecycle.connection.state={state}";

    /// <summary>Outlives the container: what is a moment of its end otherwise.</summary>
    private sealed class LastingMeters : IMeterFactory
    {
        private readonly List<Meter> _meters = [];

        public Meter Create(MeterOptions options)
        {
            options.Scope = this;
            _meters.Add(new Meter(options));
            return _meters[^1];
        }

        public void Dispose() => _meters.ForEach(static meter => meter.Dispose());
    }
}
