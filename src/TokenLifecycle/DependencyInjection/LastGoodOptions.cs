using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using TokenLifecycle.Diagnostics;

namespace TokenLifecycle.DependencyInjection;

/// <summary>
/// Options that outlive a bad reload: a mistake in a configuration file that is edited while the app runs must not take working tokens from anybody (law 7).
/// The last valid settings stay in force and the log says why. At start there are none yet, and the mistake stops the app as usual.
/// </summary>
/// <remarks>In place of the framework's monitor, which throws on every use after such a reload, and out of the file watcher's callback too.</remarks>
internal sealed class LastGoodOptions<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] TOptions> : IOptionsMonitor<TOptions>, IDisposable
    where TOptions : class
{
    private readonly ConcurrentDictionary<string, TOptions> _lastGood = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Func<TOptions>> _makers = new(StringComparer.Ordinal); // Options are asked for at every turn, and a closure for each would be garbage.
    private readonly ConcurrentDictionary<string, string> _told = new(StringComparer.Ordinal);
    private readonly IOptionsFactory<TOptions> _factory;
    private readonly IOptionsMonitorCache<TOptions> _cache;
    private readonly ILogger _logger;
    private readonly List<IDisposable> _registrations = [];

    public LastGoodOptions(
        IOptionsFactory<TOptions> factory, IEnumerable<IOptionsChangeTokenSource<TOptions>> sources, IOptionsMonitorCache<TOptions> cache, ILogger<LastGoodOptions<TOptions>> logger)
    {
        _factory = factory;
        _cache = cache;
        _logger = logger;
        foreach (IOptionsChangeTokenSource<TOptions> source in sources)
            _registrations.Add(ChangeToken.OnChange(source.GetChangeToken, Changed, source.Name));
    }

    private event Action<TOptions, string?>? Listeners;

    public TOptions CurrentValue => Get(name: null);

    /// <summary>As long as it stays the same, so do all options; null if that cannot be told.</summary>
    public long? Version => (_cache as WatchedOptionsCache<TOptions>)?.Version;

    public TOptions Get(string? name)
    {
        string key = name ?? Microsoft.Extensions.Options.Options.DefaultName;
        try
        {
            return _cache.GetOrAdd(key, _makers.TryGetValue(key, out Func<TOptions>? maker) ? maker : MakerOf(key));
        }
        catch (OptionsValidationException invalid) when (_lastGood.ContainsKey(key))
        {
            TOptions last = _lastGood[key];
            _cache.TryAdd(key, last); // Until the next reload, so that nobody validates the mistake again and again.
            string reason = string.Join(" ", invalid.Failures);
            if (_told.TryAdd(key, reason))
                Log.SettingsRejected(_logger, key.Length == 0 ? typeof(TOptions).Name : key, reason);
            return last;
        }
    }

    /// <summary>Gets why the last reload was rejected; <see langword="null"/> if it was not.</summary>
    public string? RejectionOf(string name) => _told.GetValueOrDefault(name);

    private Func<TOptions> MakerOf(string key) => _makers.GetOrAdd(key, made => () =>
    {
        TOptions options = _factory.Create(made);
        _lastGood[made] = options;
        _told.TryRemove(made, out _);
        return options;
    });

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

    private void Changed(string? name)
    {
        string key = name ?? Microsoft.Extensions.Options.Options.DefaultName;
        _cache.TryRemove(key);
        try
        {
            Listeners?.Invoke(Get(key), key);
        }
        catch (OptionsValidationException)
        {
            // Never valid so far: whoever uses them is told.
        }
    }

    private sealed class Subscription(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
