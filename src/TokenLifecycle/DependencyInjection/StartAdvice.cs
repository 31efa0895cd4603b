using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Lifecycle;
using TokenLifecycle.Options;
using TokenLifecycle.Storage;

namespace TokenLifecycle.DependencyInjection;

/// <summary>Logs at startup what is easily forgotten but cannot be refused, because it may be intended.</summary>
internal sealed class StartAdvice(
    ITokenStore store,
    DefaultStore byDefault,
    ProviderNames names,
    IOptionsMonitor<OAuthProviderOptions> providers,
    IEnumerable<TokenHandlerUse> handlers,
    ILogger<TokenManager> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        // What an application gets by its own credentials it gets again after a restart; a user's grant it does not.
        if (ReferenceEquals(store, byDefault.Store) && names.Names.Any(name => providers.Get(name).Grant == ConnectionGrant.AuthorizationCode))
            Log.KeptInMemory(logger);
        if (store is DistributedCacheTokenStore)
            Log.KeptInCache(logger);
        foreach (string name in names.Names)
            CheckScopes(name, providers.Get(name));
        foreach (TokenHandlerUse handler in handlers.Where(handler => !names.Contains(handler.Provider)))
            Log.HandlerOfNobody(logger, handler.Client, handler.Provider, names.ToString());
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>RFC 6749 section 3.3 allows a comma within a scope, and a few providers have such scopes.</summary>
    private void CheckScopes(string provider, OAuthProviderOptions options)
    {
        for (int i = 0; i < options.Scopes.Count; i++)
        {
            if (options.ScopeSeparator.Length > 0 && options.Scopes[i].Contains(',', StringComparison.Ordinal))
                Log.ScopesLookJoined(logger, provider, i, options.ScopeSeparator);
        }
    }
}
