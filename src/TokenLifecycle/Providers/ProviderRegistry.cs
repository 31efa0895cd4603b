using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TokenLifecycle.Concurrency;
using TokenLifecycle.Options;

namespace TokenLifecycle.Providers;

/// <summary>Finds a provider's settings and gate by its name, and says clearly when there is none.</summary>
internal sealed class ProviderRegistry(
    ProviderNames names,
    IOptionsMonitor<OAuthProviderOptions> options,
    WorkScheduler work,
    TimeProvider time,
    ILogger<ITokenManager> logger)
{
    private readonly ConcurrentDictionary<string, ProviderCircuit> _gates = new(StringComparer.Ordinal);

    public IEnumerable<(string Provider, ProviderCircuit Gate)> Gates => _gates.Select(gate => (gate.Key, gate.Value));

    /// <summary>The registered names, to print.</summary>
    public string Names => names.ToString();

    public bool Contains(string provider) => names.Contains(provider);

    /// <exception cref="ProviderConfigurationException">The provider is unknown or its settings are wrong.</exception>
    public OAuthProviderOptions OptionsOf(TokenKey key) => OptionsOf(key.Provider, key);

    /// <exception cref="ProviderConfigurationException">The provider is unknown or its settings are wrong.</exception>
    public OAuthProviderOptions OptionsOf(string provider, TokenKey? key = null)
    {
        if (!names.Contains(provider))
        {
            throw new ProviderConfigurationException(
                provider,
                ProviderConfigurationReason.UnknownProvider,
                $"No provider named \"{provider}\" is registered (names are case-sensitive). Registered: {names}. Add it with services.AddTokenLifecycle().AddProvider(\"{provider}\", o => ...).",
                key);
        }

        try
        {
            return options.Get(provider);
        }
        catch (Exception failure)
        {
            // What is not the validators' may hold the value of a setting in its message.
            throw new ProviderConfigurationException(
                provider, ProviderConfigurationReason.InvalidOptions, SettingsFailure.Describe(failure), key, failure as OptionsValidationException);
        }
    }

    public ProviderCircuit GateOf(string provider) => _gates.GetOrAdd(provider, static (name, made) => new ProviderCircuit(name, made.work, made.time, made.logger), (work, time, logger));
}
