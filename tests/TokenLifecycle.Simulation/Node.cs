using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TokenLifecycle.Background;
using TokenLifecycle.Concurrency;
using TokenLifecycle.Options;
using TokenLifecycle.Protocol;
using TokenLifecycle.Refresh;
using TokenLifecycle.State;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Simulation;

/// <summary>One process of the fleet: a complete container of the library, which is replaced after a crash or a shutdown.</summary>
internal sealed class Node(string name, World world, TimeSpan clockOffset, bool sweeps)
{
    private ServiceProvider? _services;
    private BadSettings? _settings;
    private readonly List<ServiceProvider> _all = [];
    private int _lives;

    public string Name => name;

    public Life Life { get; private set; } = null!;

    public NodeClock Clock { get; private set; } = null!;

    public TimeSpan ClockOffset { get; set; } = clockOffset;

    public bool IsUp { get; private set; }

    public bool IsStopping { get; private set; }

    public ITokenManager Tokens { get; private set; } = null!;

    public int PendingSaves => _services!.GetRequiredService<PendingSaveQueue>().PendingCount;

    public bool HasFlights => !_services!.GetRequiredService<RefreshCoordinator>().WhenIdleAsync().IsCompleted;

    /// <summary>Starts a new life, with nothing remembered of the last one.</summary>
    public void Start()
    {
        Life = world.NewLife($"{name}.{++_lives}");
        Clock = new NodeClock(world.Scheduler, Life, world.Random.Fork(11), World.Epoch, ClockOffset);
        _settings = new BadSettings();
        _services = Build(Life, Clock, _settings);
        _all.Add(_services);
        IsUp = true;
        IsStopping = false;
        world.Trace.Line(world.Scheduler.Now, name, $"starts as {Life}, its clock {ClockOffset.TotalSeconds:+0.0;-0.0} s off");
        Tokens = _services.GetRequiredService<ITokenManager>();
        ServiceProvider services = _services;
        world.Scheduler.After(TimeSpan.Zero, Life, "start", () => _ = StartAsync(services));
    }

    /// <summary>Everything in the process is gone in the middle of whatever it did.</summary>
    public void Crash()
    {
        Life.Die();
        IsUp = false;
    }

    /// <summary>Gets when the wall clock last jumped.</summary>
    public long ClockJumpedAt { get; private set; } = -1;

    public void JumpClock(TimeSpan by)
    {
        ClockJumpedAt = world.Scheduler.Now;
        ClockOffset += by;
        if (by < TimeSpan.Zero)
            Life.ClockWentBackAt = world.Scheduler.Now;
        Clock.Offset = ClockOffset;
    }

    /// <summary>Reloads the settings, with a mistake or without.</summary>
    public void Reload(bool bad)
    {
        _settings!.IsBad = bad;
        BadSettings settings = _settings;
        world.Scheduler.After(TimeSpan.Zero, Life, "settings reload", settings.Reload);
    }

    /// <summary>Stops as a host does: within its shutdown time, and then the process ends.</summary>
    /// <param name="time">The shutdown time.</param>
    /// <param name="ended">Called when the process has ended, with whether it used up its time.</param>
    public void Stop(TimeSpan time, Action<bool> ended)
    {
        IsStopping = true;
        ServiceProvider services = _services!;
        Life life = Life;
        world.Scheduler.After(TimeSpan.Zero, life, "stop", () => _ = StopAsync(services, Clock, time, used =>
        {
            IsUp = false;
            ended(used);
        }));
    }

    private static async Task StartAsync(ServiceProvider services)
    {
        services.GetService<IStartupValidator>()?.Validate();
        IHostedService[] hosted = [.. services.GetServices<IHostedService>()];
        foreach (IHostedLifecycleService service in hosted.OfType<IHostedLifecycleService>())
            await service.StartingAsync(CancellationToken.None).ConfigureAwait(false);
        foreach (IHostedService service in hosted)
            await service.StartAsync(CancellationToken.None).ConfigureAwait(false);
        foreach (IHostedLifecycleService service in hosted.OfType<IHostedLifecycleService>())
            await service.StartedAsync(CancellationToken.None).ConfigureAwait(false);
    }

    private async Task StopAsync(ServiceProvider services, NodeClock clock, TimeSpan time, Action<bool> ended)
    {
        using var timeUp = new CancellationTokenSource(time, clock);
        IHostedService[] hosted = [.. services.GetServices<IHostedService>().Reverse()];
        foreach (IHostedLifecycleService service in hosted.OfType<IHostedLifecycleService>())
            await TryAsync(() => service.StoppingAsync(timeUp.Token)).ConfigureAwait(false);
        foreach (IHostedService service in hosted)
            await TryAsync(() => service.StopAsync(timeUp.Token)).ConfigureAwait(false);
        foreach (IHostedLifecycleService service in hosted.OfType<IHostedLifecycleService>())
            await TryAsync(() => service.StoppedAsync(timeUp.Token)).ConfigureAwait(false);
        bool used = timeUp.IsCancellationRequested;
        ended(used);
        await services.DisposeAsync().ConfigureAwait(false);

        async Task TryAsync(Func<Task> step)
        {
            try
            {
                await step().ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // Its time was up.
            }
            catch (Exception failure)
            {
                world.Oracle.Violate($"{name}: stopping the host threw {failure.GetType().Name}: {failure.Message}");
            }
        }
    }

    /// <summary>Frees what every life has left in the process: meters are known to all listeners until they are disposed.</summary>
    public void Dispose()
    {
        Life.Die();
        foreach (ServiceProvider services in _all)
            services.Dispose();
    }

    private ServiceProvider Build(Life life, NodeClock clock, BadSettings settings)
    {
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(clock);
        services.AddSingleton<WorkScheduler>(new NodeScheduler(world.Scheduler, life, world.Random.Fork(12)));
        var random = new DrawnRandom(world.Random.Fork(13));
        services.AddSingleton(_ => new RefreshSchedule(clock, random));
        services.AddSingleton(_ => new BacklogScheduler(clock, random));
        services.AddSingleton(_ => new BackChannel(clock, world.Network.HandlerOf(life)));
        services.AddSingleton<ITokenStore>(new StoreFront(world.StoreNetwork, life, row => world.Oracle.Saved(life, row), world.Oracle.Violate));
        services.AddLogging(logging => logging.AddProvider(new TracingLogs(world, life)));
        services.AddSingleton<ITokenLifecycleObserver>(new TryingObserver(world, life));

        TokenLifecycleBuilder tokens = services.AddTokenLifecycle(options => world.Plan.Configure(options)).WithoutProtection();
        foreach (string provider in world.Plan.Providers)
            tokens.AddProvider(provider, options => world.Plan.Configure(provider, options));
        if (sweeps)
            tokens.AddBackgroundRefresh(options => world.Plan.Configure(options));
        settings.AddTo(services, world.Plan.Providers);
        return services.BuildServiceProvider();
    }

    /// <summary>The seed's generator in the form that the library asks for.</summary>
    private sealed class DrawnRandom(SeededRandom random) : Random
    {
        public override double NextDouble() => random.NextDouble();
    }
}

/// <summary>Settings that can be reloaded with a mistake in them: then every reading of them throws.</summary>
internal sealed class BadSettings
{
    private readonly List<Action> _reload = [];

    public bool IsBad { get; set; }

    public void Reload()
    {
        foreach (Action reload in _reload)
            reload();
    }

    public void AddTo(IServiceCollection services, IEnumerable<string> providers)
    {
        Add<TokenLifecycleOptions>(services, Microsoft.Extensions.Options.Options.DefaultName);
        Add<BackgroundRefreshOptions>(services, Microsoft.Extensions.Options.Options.DefaultName);
        foreach (string provider in providers)
            Add<OAuthProviderOptions>(services, provider);
    }

    private void Add<TOptions>(IServiceCollection services, string name)
        where TOptions : class
    {
        var source = new Source<TOptions>(name);
        _reload.Add(source.Signal);
        services.AddSingleton<IOptionsChangeTokenSource<TOptions>>(source);
        services.AddSingleton<IConfigureOptions<TOptions>>(new ConfigureNamedOptions<TOptions>(name, _ =>
        {
            if (IsBad)
                throw new FormatException("'30s' is no time.");
        }));
    }

    private sealed class Source<TOptions>(string name) : IOptionsChangeTokenSource<TOptions>
    {
        private CancellationTokenSource _current = new();

        public string Name => name;

        public Microsoft.Extensions.Primitives.IChangeToken GetChangeToken() => new Microsoft.Extensions.Primitives.CancellationChangeToken(_current.Token);

        public void Signal()
        {
            CancellationTokenSource signalled = _current;
            _current = new CancellationTokenSource();
            signalled.Cancel();
        }
    }
}

/// <summary>A log provider that writes warnings into the trace, and throws while the plan says so.</summary>
internal sealed class TracingLogs(World world, Life life) : ILoggerProvider, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (life.IsDead)
            return;
        world.Scheduler.CheckThread();
        if (world.Listeners.LogsThrow)
        {
            world.Listeners.Met++;
            throw new IOException("The log provider fails.");
        }

        if (logLevel >= LogLevel.Warning)
            world.Trace.Line(world.Scheduler.Now, life.ToString(), $"logs {eventId.Id} {formatter(state, exception)}{(exception is null ? "" : $" [{exception.GetType().Name}]")}");
    }

    public void Dispose()
    {
    }
}

/// <summary>An observer of the app's that throws, or never returns, while the plan says so.</summary>
internal sealed class TryingObserver(World world, Life life) : ITokenLifecycleObserver
{
    public ValueTask OnEventAsync(TokenEvent tokenEvent, CancellationToken cancellationToken)
    {
        if (life.IsDead)
            return default;
        world.Scheduler.CheckThread();
        if (world.Listeners.ObserversThrow)
        {
            world.Listeners.Met++;
            throw new InvalidOperationException("The observer fails.");
        }

        if (!world.Listeners.ObserversHang)
            return default;
        world.Listeners.Met++;
        return new ValueTask(world.Listeners.HangAsync(life, cancellationToken));
    }
}
