using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TokenLifecycle.Options;

namespace TokenLifecycle.Lifecycle;

/// <summary>Finds a provider's settings and gate by its name, and says clearly when there is none.</summary>
internal sealed class ProviderDirectory : IDisposable
{
    private readonly ConcurrentDictionary<string, ProviderGate> _gates = new(StringComparer.Ordinal);
    private readonly ProviderNames _names;
    private readonly IOptionsMonitor<OAuthProviderOptions> _options;
    private readonly TimeProvider _time;
    private readonly ILogger<TokenManager> _logger;
    private readonly IDisposable? _changes;
    private int _generation;

    public ProviderDirectory(ProviderNames names, IOptionsMonitor<OAuthProviderOptions> options, TimeProvider time, ILogger<TokenManager> logger)
    {
        (_names, _options, _time, _logger) = (names, options, time, logger);
        _changes = options.OnChange((_, _) => Interlocked.Increment(ref _generation));
    }

    /// <summary>Another number after each reload, for those who keep what they have made of the settings.</summary>
    public int Generation => Volatile.Read(ref _generation);

    public IEnumerable<(string Provider, ProviderGate Gate)> Gates => _gates.Select(gate => (gate.Key, gate.Value));

    /// <summary>The registered names, to print.</summary>
    public string Names => _names.ToString();

    public bool Contains(string provider) => _names.Contains(provider);

    /// <exception cref="ProviderConfigurationException">The provider is unknown or its settings are wrong.</exception>
    public OAuthProviderOptions OptionsOf(TokenKey key) => OptionsOf(key.Provider, key);

    /// <exception cref="ProviderConfigurationException">The provider is unknown or its settings are wrong.</exception>
    public OAuthProviderOptions OptionsOf(string provider, TokenKey? key = null)
    {
        if (!_names.Contains(provider))
        {
            throw new ProviderConfigurationException(
                provider,
                ProviderConfigurationReason.UnknownProvider,
                $"No provider named \"{provider}\" is registered (names are case-sensitive). Registered: {_names}. Add it with services.AddTokenLifecycle().AddProvider(\"{provider}\", o => ...).",
                key);
        }

        try
        {
            return _options.Get(provider);
        }
        catch (OptionsValidationException invalid)
        {
            throw new ProviderConfigurationException(
                provider, ProviderConfigurationReason.InvalidOptions, string.Join(" ", invalid.Failures), key, invalid);
        }
    }

    public ProviderGate GateOf(string provider) => _gates.GetOrAdd(provider, static (name, made) => new ProviderGate(name, made._time, made._logger), (_time, _logger));

    public void Dispose() => _changes?.Dispose();
}
