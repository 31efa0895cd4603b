using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Options;
using TokenLifecycle.Providers;
using TokenLifecycle.Storage;

namespace TokenLifecycle.DependencyInjection;

/// <summary>Logs at startup what is easily forgotten but cannot be refused, because it may be intended.</summary>
internal sealed class StartupDiagnostics(
    ITokenStore store,
    DefaultStore byDefault,
    ProviderNames names,
    IOptionsMonitor<OAuthProviderOptions> providers,
    IEnumerable<TokenHandlerUse> handlers,
    IEnumerable<ProviderSection> sections,
    IServiceProvider services,
    ILogger<ITokenManager> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        // What an application gets by its own credentials it gets again after a restart; a user's grant it does not.
        if (ReferenceEquals(store, byDefault.Store) && names.Names.Any(name => providers.Get(name).GrantType == OAuthGrantType.AuthorizationCode))
            Log.KeptInMemory(logger);
        if (store is DistributedCacheTokenStore)
            Log.KeptInCache(logger);
        foreach (string name in names.Names)
        {
            OAuthProviderOptions options = providers.Get(name);
            CheckScopes(name, options);
            CheckWeakRequests(name, options);
        }

        foreach (TokenHandlerUse handler in handlers.Where(handler => !names.Contains(handler.Provider)))
            Log.HandlerOfNobody(logger, handler.Client ?? "(all)", handler.Provider, names.ToString());
        foreach (ProviderSection section in sections)
            CheckLists(section);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void CheckWeakRequests(string provider, OAuthProviderOptions options)
    {
        if (options.Pkce == PkceMode.Plain)
            Log.CodeChallengeIsPlain(logger, provider);
        if (TokenRequestFormat.Query == options.RequestFormat || TokenRequestFormat.Query == options.RefreshFormat
            || (TokenRequestFormat.Query == options.RevocationFormat && options.Revocation == RevocationStyle.Rfc7009))
            Log.SecretsInQuery(logger, provider);
        if (options.AllowHttpHosts.Count > 0 && Uri.TryCreate(options.TokenEndpoint, UriKind.Absolute, out Uri? token) && token.Scheme == Uri.UriSchemeHttp && !token.IsLoopback)
            Log.PlainHttpAllowed(logger, provider, nameof(options.TokenEndpoint));
    }

    /// <summary>Where a section doesn't know its sources, the app's configuration does.</summary>
    private void CheckLists(ProviderSection section)
    {
        if ((section.Configuration as IConfigurationRoot ?? services.GetService<IConfiguration>() as IConfigurationRoot) is not { } root)
            return;
        string path = (section.Configuration as IConfigurationSection)?.Path ?? "";
        foreach ((string list, string sources) in MergedLists.In(root, path))
            Log.ListMerged(logger, section.Provider, list, sources);
    }

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
