using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TokenLifecycle.Options;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>
/// Code of an app that watches the library and, once it is armed, throws or never returns wherever it is called: one kind at a time. Its listeners are those of the whole
/// process, so no other test may run beside it.
/// </summary>
internal sealed class HostileObserver : ILoggerProvider, ILogger, IConfigureOptions<TokenLifecycleOptions>, ITokenLifecycleObserver, IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>
{
    public static readonly string[] Kinds =
    [
        "log", "log level", "log scope", "log of users", "span sampled", "span started", "span stopped", "current span changed", "measurement", "diagnostic event", "settings", "event", "observers made",
    ];

    private readonly string _kind;
    private readonly bool _hangs;
    private readonly List<IDisposable> _listeners = [];
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isArmed;
    private int _calls;

    public HostileObserver(string kind, bool hangs)
    {
        _kind = kind;
        _hangs = hangs;
        var spans = new ActivityListener
        {
            ShouldListenTo = static source => IsLibrarys(source.Name),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) =>
            {
                Act("span sampled");
                return ActivitySamplingResult.AllDataAndRecorded;
            },
            ActivityStarted = _ => Act("span started"),
            ActivityStopped = _ => Act("span stopped"),
        };
        ActivitySource.AddActivityListener(spans);
        _listeners.Add(spans);
        if (kind == "current span changed")
            Activity.CurrentChanged += OnCurrentChanged;

        var meters = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (IsLibrarys(instrument.Meter.Name))
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        meters.SetMeasurementEventCallback<long>((_, _, _, _) => Act("measurement"));
        meters.SetMeasurementEventCallback<double>((_, _, _, _) => Act("measurement"));
        meters.Start();
        _listeners.Add(meters);
        if (kind == "diagnostic event")
            _listeners.Add(DiagnosticListener.AllListeners.Subscribe(this));
    }

    /// <summary>How often it did what it does: a kind that is never called proves nothing.</summary>
    public int Calls => Volatile.Read(ref _calls);

    public void Arm() => _isArmed = true;

    /// <summary>Lets go of what hangs, and hangs no more.</summary>
    public void Release()
    {
        _isArmed = false;
        _released.TrySetResult();
    }

    public void AddTo(IServiceCollection services)
    {
        services.AddSingleton<IConfigureOptions<TokenLifecycleOptions>>(this);
        services.AddLogging(logging => logging.AddProvider(this).AddFilter<HostileObserver>(category: null, LogLevel.Trace));
        services.AddSingleton<ITokenLifecycleObserver>(_ =>
        {
            Act("observers made");
            return this;
        });
        if (_kind == "log of users")
            services.Configure<TokenLifecycleOptions>(static o => o.LogUserIds = true);
    }

    public ValueTask OnEventAsync(TokenEvent tokenEvent, CancellationToken cancellationToken)
    {
        Act("event");
        return ValueTask.CompletedTask;
    }

    public void Configure(TokenLifecycleOptions options) => Act("settings");

    public ILogger CreateLogger(string categoryName) => categoryName.StartsWith("TokenLifecycle", StringComparison.Ordinal) ? this : Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
    {
        Act("log scope");
        return null;
    }

    public bool IsEnabled(LogLevel logLevel)
    {
        Act("log level");
        return true;
    }

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        Act("log");
        Act("log of users");
    }

    public void OnCompleted()
    {
    }

    public void OnError(Exception error)
    {
    }

    public void OnNext(DiagnosticListener value)
    {
        if (value.Name == "HttpHandlerDiagnosticListener")
            _listeners.Add(value.Subscribe(this));
    }

    public void OnNext(KeyValuePair<string, object?> value) => Act("diagnostic event");

    public void Dispose()
    {
        Release();
        Activity.CurrentChanged -= OnCurrentChanged;
        foreach (IDisposable listener in _listeners.ToArray())
            listener.Dispose();
    }

    // Kestrel's own would end the simulated server, and with it the test. Those of the sockets are called while a connection is made, before anything is sent: the framework never
    // ends that request then, and the deadline does.
    private static bool IsLibrarys(string name) => name.StartsWith("TokenLifecycle", StringComparison.Ordinal) || name == "System.Net.Http";

    private void OnCurrentChanged(object? sender, ActivityChangedEventArgs change)
    {
        if (IsLibrarys((change.Current ?? change.Previous)?.Source.Name ?? ""))
            Act("current span changed");
    }

    private void Act(string kind)
    {
        if (kind != _kind || !_isArmed)
            return;

        Interlocked.Increment(ref _calls);
        if (!_hangs)
            throw new InvalidOperationException("The observer threw.");
        _released.Task.GetAwaiter().GetResult();
    }
}
