using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TokenLifecycle.Background;
using TokenLifecycle.DependencyInjection;
using TokenLifecycle.Health;
using TokenLifecycle.Options;
using TokenLifecycle.Testing;
using TokenLifecycle.TestKit;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.DependencyInjection;

/// <summary>To read settings can throw anything, anywhere. After a reload that failed the last valid ones stay in force.</summary>
[Trait("Rule", "FR-2")]
public sealed class BadSettingsTests
{
    private const int Rejected = 23;
    private const int Taken = 29;

    public static TheoryData<string, string> KindsAndWays
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (string kind in new[] { "lifecycle", "provider", "background", "keys" })
            {
                foreach (string way in new[] { "configure", "configure afterwards", "validate", "refuse" })
                    data.Add(kind, way);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(KindsAndWays))]
    public Task Settings_that_cannot_be_made_again_stay_as_they_were(string kind, string way) => kind switch
    {
        "lifecycle" => StayAsync<TokenLifecycleOptions>("", way),
        "provider" => StayAsync<OAuthProviderOptions>(World.Provider, way),
        "background" => StayAsync<BackgroundRefreshOptions>("", way),
        _ => StayAsync<TokenKeyRingOptions>("", way),
    };

    [Fact]
    public async Task Settings_that_failed_for_a_passing_reason_are_made_again_without_another_reload()
    {
        var settings = new BadSettings<TokenLifecycleOptions>("", "configure");
        await using World world = await StartAsync(settings.AddTo);
        IOptionsMonitor<TokenLifecycleOptions> monitor = world.Services.GetRequiredService<IOptionsMonitor<TokenLifecycleOptions>>();
        TokenLifecycleOptions before = monitor.CurrentValue;
        var heard = new List<TokenLifecycleOptions>();
        monitor.OnChange(heard.Add);
        settings.Reload(isBad: true);
        int made = settings.Made;
        settings.Reload(isBad: true);
        monitor.CurrentValue.Should().BeSameAs(before);
        for (int i = 0; i < 100; i++)
            monitor.CurrentValue.Should().BeSameAs(before);
        settings.Made.Should().Be(made + 1, "a mistake is not read again and again");

        world.Clock.Advance(LastGoodOptions<TokenLifecycleOptions>.LookAgainAfter);
        monitor.CurrentValue.Should().BeSameAs(before);
        settings.Made.Should().Be(made + 2);
        settings.IsBad = false; // Without a reload: what was wrong lay outside of the settings.
        world.Clock.Advance(LastGoodOptions<TokenLifecycleOptions>.LookAgainAfter);

        TokenLifecycleOptions now = monitor.CurrentValue;
        now.Should().NotBeSameAs(before);
        heard[^1].Should().BeSameAs(now);
        (await HealthAsync(world)).Status.Should().Be(HealthStatus.Healthy);
    }

    [Fact]
    public async Task A_typo_in_a_file_is_named_and_its_value_is_not()
    {
        string secret = Canary.New("typo");
        IConfigurationRoot configuration = new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create("Tokens:CacheDuration", (string?)"00:05:00")]).Build();
        var log = new LogRecorder();
        await using World world = await StartAsync(services => services.AddLogging(l => l.AddProvider(log)).AddTokenLifecycle(configuration: configuration.GetSection("Tokens")));
        await world.ConnectAsync();
        configuration["Tokens:CacheDuration"] = secret;

        configuration.Reload();

        await world.GetAsync();
        world.Services.GetRequiredService<IOptionsMonitor<TokenLifecycleOptions>>().CurrentValue.CacheDuration.Should().Be(TimeSpan.FromMinutes(5));
        (LogLevel level, _, string text) = log.Lines.Should().ContainSingle(line => line.Id == Rejected).Which;
        level.Should().Be(LogLevel.Error);
        text.Should().Contain("Tokens:CacheDuration").And.Contain("System.TimeSpan").And.Contain("without a restart");
        string.Concat(log.Printed).Should().NotContain(secret);
        (await HealthAsync(world)).Description.Should().Contain("Tokens:CacheDuration").And.NotContain(secret);
    }

    [Fact]
    public async Task A_typo_stops_the_start_and_is_named()
    {
        IConfigurationRoot configuration = new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create("Tokens:CacheDuration", (string?)"30s")]).Build();
        await using World world = await StartAsync(services => services.AddTokenLifecycle(configuration: configuration.GetSection("Tokens")));

        Action start = () => world.Services.GetRequiredService<IStartupValidator>().Validate();

        start.Should().Throw<InvalidOperationException>().WithMessage("*Tokens:CacheDuration*TimeSpan*");
        start.Should().Throw<InvalidOperationException>("the host does not start the next time either");
    }

    [Fact]
    public async Task What_was_never_valid_is_not_remembered()
    {
        await using World world = await StartAsync(_ => { });
        var monitor = (LastGoodOptions<OAuthProviderOptions>)world.Services.GetRequiredService<IOptionsMonitor<OAuthProviderOptions>>();
        for (int i = 0; i < 100; i++)
            FluentActions.Invoking(() => monitor.Get($"invented-{i}")).Should().Throw<OptionsValidationException>();

        monitor.Get(World.Provider);

        monitor.Names.Should().Equal(World.Provider);
    }

    [Fact]
    public async Task Log_providers_and_listeners_that_throw_change_nothing()
    {
        var settings = new BadSettings<TokenLifecycleOptions>("", "configure");
        await using World world = await StartAsync(services =>
        {
            settings.AddTo(services);
            services.AddLogging(logging => logging.AddProvider(new ThrowingLogs()).SetMinimumLevel(LogLevel.Trace));
        });
        IOptionsMonitor<TokenLifecycleOptions> monitor = world.Services.GetRequiredService<IOptionsMonitor<TokenLifecycleOptions>>();
        TokenLifecycleOptions before = monitor.CurrentValue;
        int heard = 0;
        monitor.OnChange(_ => throw new IOException("The listener fails."));
        monitor.OnChange(_ => heard++);

        FluentActions.Invoking(() => settings.Reload(isBad: true)).Should().NotThrow();

        monitor.CurrentValue.Should().BeSameAs(before);
        heard.Should().Be(1);
    }

    [Fact]
    public async Task Background_refresh_goes_on_and_the_host_stops_as_usual()
    {
        var settings = new BadSettings<TokenLifecycleOptions>("", "configure");
        var background = new BadSettings<BackgroundRefreshOptions>("", "configure");
        var provider = new BadSettings<OAuthProviderOptions>(World.Provider, "configure");
        await using World world = await StartAsync(services =>
        {
            settings.AddTo(services);
            background.AddTo(services);
            provider.AddTo(services);
        });
        await world.ConnectAsync();
        IHostedLifecycleService loop = Sweeps.BackgroundOf(world.Services);
        world.Services.GetRequiredService<IStartupValidator>().Validate(); // As a host does.
        await loop.StartingAsync(CancellationToken.None);
        await loop.StartedAsync(CancellationToken.None);

        settings.Reload(isBad: true);
        background.Reload(isBad: true);
        provider.Reload(isBad: true);
        while (world.Refreshes < 2)
            await PassAsync(world);

        await loop.StoppingAsync(CancellationToken.None);
        await loop.StopAsync(CancellationToken.None);
        await world.Services.GetServices<IHostedService>().OfType<ShutdownDrain>().Single().StopAsync(CancellationToken.None);
        world.Server.IsLive((await world.StoredAsync()).Tokens.RefreshToken!).Should().BeTrue();
    }

    [Fact]
    public async Task A_pair_in_flight_is_saved_although_the_settings_became_bad_meanwhile()
    {
        var settings = new BadSettings<TokenLifecycleOptions>("", "configure");
        var provider = new BadSettings<OAuthProviderOptions>(World.Provider, "configure");
        await using World world = await StartAsync(services =>
        {
            settings.AddTo(services);
            provider.AddTo(services);
        });
        await world.ConnectExpiredAsync();
        (Task<AccessToken> get, FaultHold hold) = await world.HoldGetAsync(hold: Fault.HoldReply());

        settings.Reload(isBad: true);
        provider.Reload(isBad: true);
        hold.Release();

        AccessToken token = await get;
        (await world.StoredAsync()).Tokens.AccessToken.Should().Be(token.Value);
    }

    private static async Task StayAsync<TOptions>(string name, string way)
        where TOptions : class
    {
        var settings = new BadSettings<TOptions>(name, way);
        var log = new LogRecorder();
        await using World world = await StartAsync(services =>
        {
            services.AddLogging(logging => logging.AddProvider(log));
            settings.AddTo(services);
        });
        IOptionsMonitor<TOptions> monitor = world.Services.GetRequiredService<IOptionsMonitor<TOptions>>();
        TOptions before = monitor.Get(name);

        settings.Reload(isBad: true);
        HealthReportEntry bad = await HealthAsync(world);
        settings.Reload(isBad: true);

        monitor.Get(name).Should().BeSameAs(before);
        bad.Status.Should().Be(HealthStatus.Degraded);
        bad.Description.Should().Contain(typeof(TOptions).Name).And.NotContain(settings.Secret);
        log.CountOf(Rejected).Should().Be(1, "one mistake is reported once");
        string.Concat(log.Printed).Should().NotContain(settings.Secret);

        settings.Reload(isBad: false);
        monitor.Get(name).Should().NotBeSameAs(before);
        (await HealthAsync(world)).Status.Should().Be(HealthStatus.Healthy);
        log.CountOf(Taken).Should().Be(1);

        settings.Reload(isBad: true);
        monitor.Get(name);
        log.CountOf(Rejected).Should().Be(2, "another mistake is another report");
    }

    private static Task<World> StartAsync(Action<IServiceCollection> services) => World.StartAsync(services: all =>
    {
        all.AddTokenLifecycle().AddBackgroundRefresh();
        all.Configure<TokenKeyRingOptions>(o =>
        {
            o.CurrentKeyId = "one";
            o.Keys["one"] = Convert.ToBase64String(new byte[32]);
        });
        all.AddHealthChecks().AddCheck<TokenLifecycleHealthCheck>("tokens");
        services(all);
    });

    private static async Task<HealthReportEntry> HealthAsync(World world) =>
        (await world.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries.Single().Value;

    /// <summary>Ends the pause between two passes, once it is all that is left to wait for: while anything is under way there are deadlines, too.</summary>
    private static async Task PassAsync(World world)
    {
        TimeSpan interval = new BackgroundRefreshOptions().Interval;
        RefreshSweeper sweeper = world.Services.GetRequiredService<RefreshSweeper>();
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1), TimeProvider.System);
        while (world.Clock.PendingTimers != 1 || world.Clock.NextTimerIn != interval || !sweeper.WhenIdleAsync().IsCompleted)
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        world.Clock.Advance(interval);
    }

    private sealed class ThrowingLogs : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => throw new IOException("The log fails.");

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => throw new IOException("The log fails.");

        public void Dispose()
        {
        }
    }
}
