using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Options;

namespace TokenLifecycle.DependencyInjection;

/// <summary>
/// Keeps the last valid settings when a reload fails, whatever the failure: a mistake in a configuration file that is edited while the app
/// runs must not take a working token from anyone (law 7). At start there are no earlier settings, and the mistake stops the app as usual.
/// </summary>
/// <remarks>
/// Replaces the framework's monitor, which throws on every use after such a reload, and out of the file watcher's callback too
/// (docs/adr/0028).
/// </remarks>
internal sealed class LastGoodOptions<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] TOptions> : IOptionsMonitor<TOptions>, IDisposable
    where TOptions : class
{
    /// <summary>
    /// How long rejected settings are believed to be wrong. What failed may be a file that was half written, or a vault that could not be
    /// reached.
    /// </summary>
    public static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, LastGoodEntry<TOptions>> _entries = new(StringComparer.Ordinal);
    private readonly IOptionsFactory<TOptions> _factory;
    private readonly IOptionsMonitorCache<TOptions> _cache;
    private readonly RejectedSettings _rejected;
    private readonly TimeProvider _time;
    private readonly GuardedLogger _logger;
    private readonly List<IDisposable> _registrations = [];
    private volatile bool _isAnyOdd;

    public LastGoodOptions(
        IOptionsFactory<TOptions> factory,
        IEnumerable<IOptionsChangeTokenSource<TOptions>> sources,
        IOptionsMonitorCache<TOptions> cache,
        RejectedSettings rejected,
        TimeProvider time,
        ILoggerFactory loggers)
    {
        _factory = factory;
        _cache = cache;
        _rejected = rejected;
        _time = time;
        _logger = new GuardedLogger(loggers.CreateLogger<ITokenManager>()); // The library's own logger reads settings.
        rejected.AddReader(ReadAll);
        foreach (IOptionsChangeTokenSource<TOptions> source in sources)
            _registrations.Add(ChangeToken.OnChange(source.GetChangeToken, Changed, source.Name));
    }

    private event Action<TOptions, string?>? Listeners;

    public TOptions CurrentValue => Get(name: null);

    /// <summary>While it stays the same, so do all options; null if that is not known.</summary>
    public long? Version => (_cache as WatchedOptionsCache<TOptions>)?.Version;

    public TOptions Get(string? name)
    {
        string key = name ?? Microsoft.Extensions.Options.Options.DefaultName;
        LastGoodEntry<TOptions> entry = _entries.TryGetValue(key, out LastGoodEntry<TOptions>? known) ? known : _entries.GetOrAdd(key, static (made, owner) => owner.NewEntry(made), this);
        TOptions options = Read(key, entry);
        return _isAnyOdd ? LookAgain(key, entry, options) : options;
    }

    /// <summary>Gets the names whose settings are kept.</summary>
    public IEnumerable<string> Names => _entries.Keys;

    /// <summary>Gets why the current settings are not used; <see langword="null"/> if they are.</summary>
    public string? RejectionOf(string name) => _entries.GetValueOrDefault(name)?.Rejection?.Reason;

    public IDisposable OnChange(Action<TOptions, string?> listener)
    {
        Listeners += listener;
        return new Subscription(() => Listeners -= listener);
    }

    public void Dispose()
    {
        foreach (IDisposable registration in _registrations)
            registration.Dispose();
    }

    private LastGoodEntry<TOptions> NewEntry(string name) => new(name, _factory, _time, () => _isAnyOdd = true);

    private TOptions Read(string key, LastGoodEntry<TOptions> entry)
    {
        try
        {
            return _cache.GetOrAdd(key, entry.Make);
        }
        catch (Exception)
        {
            // There are no earlier settings. The failure must not be remembered: the framework's cache would throw it until the next
            // reload, and a name that was invented would stay.
            _entries.TryRemove(KeyValuePair.Create(key, entry));
            _cache.TryRemove(key);
            throw;
        }
    }

    /// <summary>Reports what has become odd or sound again, and makes settings that were rejected a while ago again.</summary>
    private TOptions LookAgain(string key, LastGoodEntry<TOptions> entry, TOptions options)
    {
        Report();
        if (entry.Rejection is not { } rejection || _time.GetElapsedTime(rejection.At) < LookAgainAfter || !entry.TryTakeTurn(rejection))
            return options;

        _cache.TryRemove(key);
        TOptions now = Read(key, entry);
        Report();
        if (entry.Rejection is null)
            Tell(now, key);
        return now;
    }

    /// <summary>Outside the making of the options, which others wait for: a log provider may do anything.</summary>
    private void Report()
    {
        _isAnyOdd = false;
        foreach (LastGoodEntry<TOptions> entry in _entries.Values)
        {
            string? reason = entry.Rejection?.Reason;
            if (reason is not null)
                _isAnyOdd = true;
            if (!entry.TryReport(reason))
                continue;

            _rejected.Set(entry.Subject, reason);
            if (reason is null)
                Log.SettingsTaken(_logger, entry.Subject);
            else
                Log.SettingsRejected(_logger, entry.Subject, reason);
        }
    }

    private void Changed(string? name)
    {
        string key = name ?? Microsoft.Extensions.Options.Options.DefaultName;
        _cache.TryRemove(key);
        if (Listeners is null)
            return; // Read when they are used: by then all that changes together has changed.

        try
        {
            Tell(Get(key), key);
        }
        catch (Exception)
        {
            // Never valid so far: the failure is thrown to every caller.
        }
    }

    /// <summary>A listener of the app's that throws keeps nothing from the others, and ends no reload.</summary>
    private void Tell(TOptions options, string key)
    {
        foreach (Delegate listener in Listeners?.GetInvocationList() ?? [])
        {
            try
            {
                ((Action<TOptions, string?>)listener)(options, key);
            }
            catch (Exception failure)
            {
                Log.SettingsListenerFailed(_logger, failure, typeof(TOptions).Name);
            }
        }
    }

    private void ReadAll()
    {
        foreach (string key in _entries.Keys)
        {
            try
            {
                Get(key);
            }
            catch (Exception)
            {
                // As above.
            }
        }
    }

    private sealed class Subscription(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
