using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using TokenLifecycle.Background;
using TokenLifecycle.Concurrency;
using TokenLifecycle.Health;
using TokenLifecycle.Notifications;
using TokenLifecycle.Options;
using TokenLifecycle.State;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>No loop and no work that runs behind callers ends because one pass threw, whatever it threw.</summary>
[Trait("Rule", "FR-2")]
public sealed class LoopTests
{
    private static readonly TimeSpan Interval = new BackgroundRefreshOptions().Interval;

    public static TheoryData<string> Failures => ["format", "canceled", "disposed", "aggregate", "null"];

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Background_refresh_outlives_a_store_that_throws(string failure)
    {
        await using World world = await StartAsync();
        await world.ConnectExpiredAsync();
        world.Store.Before = name => name == "claim" ? throw Of(failure) : Task.CompletedTask;
        IHostedLifecycleService loop = await RunAsync(world);
        await PassAsync(world, times: 3);

        world.Store.Recover();
        while (world.Refreshes == 0)
            await PassAsync(world);

        await StopAsync(loop);
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Background_refresh_outlives_a_monitor_of_the_apps_that_throws(string failure)
    {
        var monitor = new ThrowingMonitor(() => Of(failure));
        await using World world = await StartAsync(services => services.AddSingleton<IOptionsMonitor<BackgroundRefreshOptions>>(monitor));
        await world.ConnectExpiredAsync();
        monitor.IsBroken = true;
        IHostedLifecycleService loop = await RunAsync(world);
        await PassAsync(world, times: 3);
        world.Refreshes.Should().Be(0);

        monitor.IsBroken = false;
        while (world.Refreshes == 0)
            await PassAsync(world);

        monitor.IsBroken = true;
        await StopAsync(loop);
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task The_retries_of_a_pending_save_outlive_a_store_that_throws(string failure)
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        world.Store.Before = name => name is "save" or "find" or "begin" && world.Refreshes > 0 ? throw Of(failure) : Task.CompletedTask;
        AccessToken token = await world.GetAsync();
        PendingSaveQueue persistence = world.Services.GetRequiredService<PendingSaveQueue>();
        for (int i = 0; i < 5; i++)
            await TickAsync(world);
        persistence.PendingCount.Should().Be(1);

        world.Store.Recover();
        while (persistence.PendingCount > 0)
            await TickAsync(world);

        (await world.StoredAsync()).Tokens.AccessToken.Should().Be(token.Value);
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task A_host_stops_although_shared_work_has_thrown(string failure)
    {
        var flights = new SingleFlight<int>(WorkScheduler.Default);
        var fails = new TaskCompletionSource();
        Task<int> flight = flights.Run(new TokenKey("acme", "ada"), async () =>
        {
            await fails.Task;
            throw Of(failure);
        }, out _);

        Task idle = flights.WhenIdleAsync();
        fails.SetResult();

        await idle;
        await FluentActions.Awaiting(() => flight).Should().ThrowAsync<Exception>();
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Events_are_delivered_after_one_that_threw(string failure)
    {
        var observer = new Observer();
        await using World world = await World.StartAsync(services: services => services.AddSingleton<ITokenLifecycleObserver>(observer));
        TokenEventDispatcher events = world.Services.GetRequiredService<TokenEventDispatcher>();
        observer.Failure = () => throw Of(failure);
        events.Raise(TokenEventKind.Connected, world.Key);
        await events.WhenIdleAsync();

        observer.Failure = null;
        events.Raise(TokenEventKind.Refreshed, world.Key);
        await events.WhenIdleAsync();

        observer.Calls.Should().Be(2);
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Connections_are_counted_after_a_count_that_threw(string failure)
    {
        await using World world = await World.StartAsync();
        await world.ConnectAsync();
        ConnectionCounts census = world.Services.GetRequiredService<ConnectionCounts>();
        world.Store.Before = name => name == "count" ? throw Of(failure) : Task.CompletedTask;
        census.Latest();
        while (world.Store.CountOf("count") == 0)
            await Task.Yield();

        world.Store.Recover();
        while (!census.IsCounted)
        {
            world.Clock.Advance(ConnectionCounts.Shortest);
            census.Latest();
            await Task.Yield();
        }
    }

    private static Exception Of(string failure) => failure switch
    {
        "format" => new FormatException("'30s' is no time."),
        "canceled" => new OperationCanceledException("Not by anyone here."),
        "disposed" => new ObjectDisposedException("something"),
        "aggregate" => new AggregateException(new IOException("One."), new FormatException("Two.")),
        _ => new InvalidCastException(),
    };

    private static Task<World> StartAsync(Action<IServiceCollection>? services = null) => World.StartAsync(services: all =>
    {
        all.AddTokenLifecycle().AddBackgroundRefresh();
        services?.Invoke(all);
    });

    private static async Task<IHostedLifecycleService> RunAsync(World world)
    {
        IHostedLifecycleService loop = Sweeps.BackgroundOf(world.Services);
        await loop.StartingAsync(CancellationToken.None);
        await loop.StartedAsync(CancellationToken.None);
        return loop;
    }

    private static async Task StopAsync(IHostedLifecycleService loop)
    {
        await loop.StoppingAsync(CancellationToken.None);
        await loop.StopAsync(CancellationToken.None);
    }

    /// <summary>Ends the pause between two passes, once it is all that is left to wait for.</summary>
    private static async Task PassAsync(World world, int times = 1)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1), TimeProvider.System);
        RefreshSweeper sweeper = world.Services.GetRequiredService<RefreshSweeper>();
        for (; times > 0; times--)
        {
            while (world.Clock.PendingTimers != 1 || world.Clock.NextTimerIn != Interval || !sweeper.WhenIdleAsync().IsCompleted)
            {
                patience.Token.ThrowIfCancellationRequested();
                await Task.Yield();
            }

            world.Clock.Advance(Interval);
        }
    }

    private static async Task TickAsync(World world)
    {
        if (world.Clock.NextTimerIn is { } next)
            world.Clock.Advance(next);
        await Task.Yield();
    }

    private sealed class ThrowingMonitor(Func<Exception> failure) : IOptionsMonitor<BackgroundRefreshOptions>
    {
        public bool IsBroken { get; set; }

        public BackgroundRefreshOptions CurrentValue => IsBroken ? throw failure() : new BackgroundRefreshOptions();

        public BackgroundRefreshOptions Get(string? name) => CurrentValue;

        public IDisposable? OnChange(Action<BackgroundRefreshOptions, string?> listener) => null;
    }

    private sealed class Observer : ITokenLifecycleObserver
    {
        private int _calls;

        public int Calls => Volatile.Read(ref _calls);

        public Action? Failure { get; set; }

        public ValueTask OnEventAsync(TokenEvent tokenEvent, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _calls);
            Failure?.Invoke();
            return default;
        }
    }
}
