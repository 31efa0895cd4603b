using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TokenLifecycle.Chaos;
using TokenLifecycle.Options;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Fleet;

/// <summary>
/// A process of the fleet: an app that does nothing but keep its connections alive. Lines in: <c>begin INTERVAL_MS IN_FLIGHT</c>, <c>end</c>. Lines out: <c>ready</c>, <c>begun</c>, for
/// each phase <c>lags</c>, <c>done</c>, <c>claims</c> and <c>saves</c> with tenths of milliseconds, <c>ended</c>, and <c>problem</c> with whatever was logged as a warning.
/// </summary>
internal static class FleetNode
{
    public static async Task<int> RunAsync(WorkerSettings settings)
    {
        TimedStore? store = null;
        Say("ready");
        IHost? host = null;
        while (Console.In.ReadLine() is { } line)
        {
            string[] words = line.Split(' ');
            if (words[0] == "begin")
            {
                host = Build(settings, Number(words[1]), Number(words[2]), opened => store = opened);
                await host.StartAsync();
                Say("begun");
                continue;
            }

            await host!.StopAsync();
            Tell("lags", store!.Lags);
            Tell("done", store.Done);
            Tell("claims", store.Claims);
            Tell("saves", store.Saves);
            host.Dispose();
            Say("ended");
        }

        return 0;
    }

    private static IHost Build(WorkerSettings settings, int interval, int inFlight, Action<TimedStore> opened)
    {
        HostApplicationBuilder app = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        WorkerHost.Add(app.Services, settings);
        app.Logging.AddProvider(new Problems()).SetMinimumLevel(LogLevel.Warning);
        app.Services.Configure<OAuthProviderOptions>(WorkerHost.Provider, options => options.MaxConcurrentRefreshes = inFlight);
        app.Services.Configure<HostOptions>(static options => options.ShutdownTimeout = TimeSpan.FromSeconds(60));
        app.Services.AddTokenLifecycle().AddBackgroundRefresh(options =>
        {
            options.Interval = TimeSpan.FromMilliseconds(interval);
            options.MaxConcurrency = inFlight;
            options.RescheduleBacklogAfter = TimeSpan.Zero;
        });
        WorkerHost.Surround(app.Services, inner =>
        {
            var timed = new TimedStore((ISearchableTokenStore)inner, TimeProvider.System);
            opened(timed);
            return timed;
        });
        return app.Build();
    }

    private static void Tell(string what, IEnumerable<double> milliseconds) =>
        Say(string.Join(' ', milliseconds.Select(static time => ((long)(time * 10)).ToString(CultureInfo.InvariantCulture)).Prepend(what)));

    private static void Say(string line) => Console.Out.WriteLine(line);

    private static int Number(string word) => int.Parse(word, CultureInfo.InvariantCulture);

    /// <summary>Nothing goes wrong here, so whatever the library warns of is worth a line.</summary>
    private sealed class Problems : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Say($"problem {formatter(state, exception)} {exception?.GetType().Name} {exception?.Message}".ReplaceLineEndings(" "));

        public void Dispose()
        {
        }
    }
}
