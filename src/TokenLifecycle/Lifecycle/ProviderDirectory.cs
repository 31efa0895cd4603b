using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TokenLifecycle.Options;

namespace TokenLifecycle.Lifecycle;

/// <summary>Finds a provider's settings and gate by its name, and says clearly when there is none.</summary>
internal sealed class ProviderDirectory(
    ProviderNames names,
    IOptionsMonitor<OAuthProviderOptions> options,
    TimeProvider time,
    ILogger<TokenManager> logger)
{
    private readonly ConcurrentDictionary<string, ProviderGate> _gates = new(StringComparer.Ordinal);

    public IEnumerable<(string Provider, ProviderGate Gate)> Gates => _gates.Select(gate => (gate.Key, gate.Value));

    /// <exception cref="ProviderConfigurationException">The provider is unknown or its settings are wrong.</exception>
    public OAuthProviderOptions OptionsOf(TokenKey key)
    {
        if (!names.Contains(key.Provider))
        {
            throw new ProviderConfigurationException(
                key.Provider,
                ProviderConfigurationReason.UnknownProvider,
                $"No provider named \"{key.Provider}\" is registered (names are case-sensitive). Registered: {names}. Add it with services.AddTokenLifecycle().AddProvider(\"{key.Provider}\", o => ...).",
                key);
        }

        try
        {
            return options.Get(key.Provider);
        }
        catch (OptionsValidationException invalid)
        {
            throw new ProviderConfigurationException(
                key.Provider, ProviderConfigurationReason.InvalidOptions, string.Join(" ", invalid.Failures), key, invalid);
        }
    }

    public ProviderGate GateOf(string provider) => _gates.GetOrAdd(provider, static (name, made) => new ProviderGate(name, made.time, made.logger), (time, logger));
}
