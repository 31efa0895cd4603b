using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Health;
using TokenLifecycle.State;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;
using TokenLifecycle.TestKit;
using TokenLifecycle.Tests.Diagnostics;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.State;

/// <summary>The clock of the app and the clock of the store differ.</summary>
public sealed class StoreClockTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    [Theory]
    [Trait("Rule", "FR-12")]
    [InlineData(-9)]
    [InlineData(9)]
    [InlineData(-60)]
    [InlineData(60)]
    [InlineData(-24 * 60)]
    [InlineData(24 * 60)]
    public async Task Whatever_the_difference_each_token_is_refreshed_once_and_in_time(int minutes)
    {
        await using SkewedWorld skewed = await SkewedWorld.StartAsync(minutes * Minute);
        await skewed.ConnectAsync();

        await skewed.RunAsync(40 * Minute, pass => skewed.World.PassAsync());

        skewed.World.Refreshes.Should().BeInRange(5, 8, "tokens of ten minutes are due after 5 to 7.5");
    }

    [Theory]
    [Trait("Rule", "FR-12")]
    [InlineData(-9, 0)]
    [InlineData(0, 60)]
    [InlineData(-60, 24 * 60)]
    public async Task Processes_whose_clocks_differ_refresh_each_token_once(int first, int second)
    {
        await using SkewedWorld skewed = await SkewedWorld.StartAsync(first * Minute);
        ServiceProvider other = skewed.NewProcess(second * Minute);
        await skewed.ConnectAsync();

        await skewed.RunAsync(40 * Minute, pass => skewed.World.PassAsync(pass % 2 == 0 ? null : other));

        skewed.World.Refreshes.Should().BeInRange(5, 8);
    }

    [Fact]
    [Trait("Rule", "FR-12")]
    public async Task A_clock_that_jumps_causes_one_refresh_more_at_most()
    {
        await using SkewedWorld skewed = await SkewedWorld.StartAsync(TimeSpan.Zero);
        await skewed.ConnectAsync();
        TimeSpan[] jumps = [-9 * Minute, 60 * Minute, TimeSpan.Zero, -24 * 60 * Minute];

        await skewed.RunAsync(80 * Minute, pass =>
        {
            if (pass % 80 == 40)
                skewed.Clocks[0].Skew = jumps[pass / 80];
            return skewed.World.PassAsync();
        });

        skewed.World.Refreshes.Should().BeInRange(10, 16 + jumps.Length);
    }

    [Fact]
    [Trait("Rule", "FR-12")]
    public async Task A_connection_that_the_store_finds_due_too_early_is_not_refreshed()
    {
        await using SkewedWorld skewed = await SkewedWorld.StartAsync(TimeSpan.Zero);
        World world = skewed.World;
        await skewed.ConnectAsync();
        ServiceProvider other = skewed.NewProcess(TimeSpan.Zero);

        foreach (ServiceProvider? process in (ServiceProvider?[])[null, other])
        {
            world.Clock.Advance(Minute);
            await SetDueAsync(world);
            await world.PassAsync(process);
            (await world.StoredAsync()).NextRefreshAt.Should().BeWithin(TimeSpan.FromMinutes(7)).After(world.Clock.GetUtcNow());
        }

        world.Refreshes.Should().Be(0);
        world.Clock.Advance(4 * Minute);
        await SetDueAsync(world);
        await world.PassAsync(other);
        world.Refreshes.Should().Be(1, "its time has come");
    }

    [Fact]
    [Trait("Rule", "FR-12")]
    public async Task A_difference_is_reported_once_while_it_lasts()
    {
        var logs = new LogRecorder();
        await using SkewedWorld skewed = await SkewedWorld.StartAsync(-9 * Minute, s =>
        {
            s.AddLogging(logging => logging.AddProvider(logs));
            s.AddHealthChecks().AddCheck<TokenLifecycleHealthCheck>("tokens");
        });
        World world = skewed.World;
        using var meters = new MeterRecorder(world.Services);
        await skewed.ConnectAsync();
        await skewed.RunAsync(20 * Minute, pass => world.PassAsync());

        HealthReportEntry degraded = await HealthAsync(world);
        meters.Collect();
        skewed.Clocks[0].Skew = TimeSpan.Zero;
        await skewed.RunAsync(10 * Minute, pass => world.PassAsync());

        degraded.Status.Should().Be(HealthStatus.Degraded);
        degraded.Description.Should().Contain("00:09:00 ahead of").And.Contain("NTP");
        logs.Lines.Should().ContainSingle(line => line.Id == 94).Which.Text.Should().Contain("00:09:00 ahead of").And.Contain("NTP");
        logs.CountOf(95).Should().Be(1);
        meters.ValuesOf(TokenLifecycleDiagnostics.StoreClockOffsetInstrument).Should().ContainSingle().Which.Should().BeApproximately(540, 2);
        (await HealthAsync(world)).Status.Should().Be(HealthStatus.Healthy);
    }

    [Fact]
    [Trait("Rule", "FR-12")]
    public void A_difference_that_is_within_what_the_measurement_allows_is_none()
    {
        var clock = new ManualTimeProvider();
        var store = new StoreClock(clock, Microsoft.Extensions.Logging.Abstractions.NullLogger<ITokenManager>.Instance);

        Observe(took: TimeSpan.FromSeconds(3), ahead: TimeSpan.FromSeconds(2));
        store.Ahead.Should().Be(TimeSpan.Zero);
        Observe(took: TimeSpan.FromSeconds(6), ahead: TimeSpan.FromSeconds(100));
        store.Ahead.Should().Be(TimeSpan.Zero, "a call of six seconds shows nothing");
        Observe(took: TimeSpan.Zero, ahead: TimeSpan.FromSeconds(100));
        store.Ahead.Should().Be(TimeSpan.FromSeconds(100));
        Observe(took: TimeSpan.Zero, ahead: TimeSpan.FromSeconds(101));
        store.Ahead.Should().Be(TimeSpan.FromSeconds(100), "it does not waver");
        Observe(took: TimeSpan.Zero, ahead: TimeSpan.FromSeconds(-50), jump: TimeSpan.FromSeconds(30));
        store.Ahead.Should().Be(TimeSpan.FromSeconds(100), "the clock was set during the call");
        Observe(took: TimeSpan.Zero, ahead: TimeSpan.FromSeconds(-50));
        store.Ahead.Should().Be(TimeSpan.FromSeconds(-50));
        Observe(took: TimeSpan.Zero, ahead: TimeSpan.FromSeconds(1));
        store.Ahead.Should().Be(TimeSpan.Zero);

        void Observe(TimeSpan took, TimeSpan ahead, TimeSpan jump = default)
        {
            StoreClock.Reading before = store.Read();
            clock.Advance(took);
            DateTimeOffset noted = clock.GetUtcNow() + ahead;
            if (jump != TimeSpan.Zero)
                clock.JumpWallClock(jump);
            store.Observe(before, noted);
        }
    }

    private static async Task SetDueAsync(World world)
    {
        StoredToken row = await world.StoredAsync();
        await world.Store.Inner.BeginRefreshAsync(world.Key, "test", Minute, CancellationToken.None);
        await world.Store.Inner.CompleteRefreshAsync(world.Key, "test", row.Version, new RefreshCompletion { RefreshTokenNotUsed = true, NextRefreshAt = world.Clock.GetUtcNow() }, CancellationToken.None);
    }

    private static async Task<HealthReportEntry> HealthAsync(World world) =>
        (await world.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries["tokens"];

    /// <summary>A world whose store and server show the true time, and whose processes do not. Tokens live ten minutes.</summary>
    private sealed class SkewedWorld : IAsyncDisposable
    {
        private SkewedTimeProvider? _next;

        public World World { get; private set; } = null!;

        /// <summary>The clocks of the processes.</summary>
        public List<SkewedTimeProvider> Clocks { get; } = [];

        public static async Task<SkewedWorld> StartAsync(TimeSpan skew, Action<IServiceCollection>? services = null)
        {
            var skewed = new SkewedWorld();
            skewed.World = await World.StartAsync(
                server: o =>
                {
                    o.AccessTokenLifetime = 10 * Minute;
                    skewed.Next((ManualTimeProvider)o.TimeProvider, skew);
                },
                services: s =>
                {
                    s.AddSingleton<TimeProvider>(skewed._next!);
                    services?.Invoke(s);
                });
            return skewed;
        }

        public ServiceProvider NewProcess(TimeSpan skew)
        {
            Next(World.Clock, skew);
            return World.NewProcess();
        }

        /// <summary>Connects the user by the first process, whose clock dates the tokens.</summary>
        public Task ConnectAsync()
        {
            DateTimeOffset now = Clocks[0].GetUtcNow();
            return World.Tokens.SaveAsync(World.Key, World.Server.IssueTokens(World.User, "read") with { IssuedAt = now, ExpiresAt = now + (10 * Minute) });
        }

        /// <summary>Passes of the background refresh, after each of which the stored access token must be live.</summary>
        public async Task RunAsync(TimeSpan time, Func<int, Task> pass)
        {
            for (int i = 0; i < time / Interval; i++)
            {
                World.Clock.Advance(Interval);
                await pass(i);
                World.Server.IsLive((await World.StoredAsync()).Tokens.AccessToken).Should().BeTrue("of pass {0}", i);
            }
        }

        public ValueTask DisposeAsync() => World.DisposeAsync();

        private void Next(ManualTimeProvider clock, TimeSpan skew) => Clocks.Add(_next = new SkewedTimeProvider(clock, skew));
    }
}
