using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TokenLifecycle;
using TokenLifecycle.Background;
using TokenLifecycle.Concurrency;
using TokenLifecycle.Connections;
using TokenLifecycle.DependencyInjection;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Health;
using TokenLifecycle.Importing;
using TokenLifecycle.Notifications;
using TokenLifecycle.Options;
using TokenLifecycle.Protocol;
using TokenLifecycle.Providers;
using TokenLifecycle.Refresh;
using TokenLifecycle.State;
using TokenLifecycle.Storage;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds TokenLifecycle to an application.</summary>
public static class TokenLifecycleServiceCollectionExtensions
{
    /// <summary>
    /// Adds <see cref="ITokenManager"/> and all it needs. Calling it again is harmless and adds to what is there. Everything is a
    /// singleton; what the app has registered itself before (<see cref="ITokenStore"/>, <see cref="TimeProvider"/>) stays.
    /// </summary>
    /// <param name="services">The app's services.</param>
    /// <param name="configure">Settings for all providers.</param>
    /// <param name="configuration">A section whose keys are the properties of <see cref="TokenLifecycleOptions"/>; runs before
    /// <paramref name="configure"/>.</param>
    /// <returns>Where to add providers.</returns>
    public static TokenLifecycleBuilder AddTokenLifecycle(
        this IServiceCollection services, Action<TokenLifecycleOptions>? configure = null, IConfiguration? configuration = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        OptionsBuilder<TokenLifecycleOptions> options = services.AddOptions<TokenLifecycleOptions>();
        if (configuration is not null)
            options.Bind(configuration);
        if (configure is not null)
            options.Configure(configure);
        options.KeepLastGood();

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TokenLifecycleOptions>, TokenLifecycleOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<OAuthProviderOptions>, OAuthProviderOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<OAuthProviderOptions>, OAuthProviderOptionsResolver>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TokenKeyRingOptions>, TokenKeyRingOptionsValidator>());
        services.TryAddSingleton<IOptionsMonitor<TokenKeyRingOptions>, LastGoodOptions<TokenKeyRingOptions>>();
        services.TryAddSingleton<IOptionsMonitorCache<OAuthProviderOptions>, WatchedOptionsCache<OAuthProviderOptions>>();
        services.TryAddSingleton<IOptionsMonitor<OAuthProviderOptions>, LastGoodOptions<OAuthProviderOptions>>();
        AddRooms(services);
        return new TokenLifecycleBuilder(services, NamesOf(services));
    }

    private static void AddRooms(IServiceCollection services)
    {
        services.AddLogging();
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<RejectedSettings>();

        services.TryAddSingleton<DefaultStore>();
        services.TryAddSingleton<ITokenStore>(static provider => provider.GetRequiredService<DefaultStore>().Store);

        services.TryAddSingleton<BackChannel>();
        services.TryAddSingleton<TokenEndpoint>();
        services.TryAddSingleton<RevocationEndpoint>();
        services.TryAddSingleton<IAuthorizationCodeFlow, AuthorizationCodeFlow>();

        services.TryAddSingleton<TokenMetrics>();
        services.TryAddSingleton<ILogger<ITokenManager>, TokenLogger<ITokenManager>>();
        services.TryAddSingleton<ConnectionCounts>();
        services.TryAddSingleton<IGaugeSource, LifecycleGauges>();

        services.TryAddSingleton(WorkScheduler.Default);
        services.TryAddSingleton<ProviderRegistry>();
        services.TryAddSingleton(provider => ActivatorUtilities.CreateInstance<StoreAccess>(provider, StoreProtection.Apply(provider)));
        services.TryAddSingleton<StoreClock>();
        services.TryAddSingleton<UnreadableRows>();
        services.TryAddSingleton<StoreCheck>();
        services.TryAddSingleton<TokenCache>();
        services.TryAddSingleton<ITokenCacheInvalidator, TokenCacheInvalidator>();
        services.TryAddSingleton<ConnectionEvaluator>();
        services.TryAddSingleton(provider => new RefreshSchedule(provider.GetRequiredService<TimeProvider>(), Random.Shared));
        services.TryAddSingleton<TokenEventDispatcher>();
        services.TryAddSingleton<ReauthorizationNotifier>();
        services.TryAddSingleton<RewoundStore>();
        services.TryAddSingleton<TokenSaver>();
        services.TryAddSingleton<PendingSaveQueue>();
        services.TryAddSingleton<UnsettledAttempts>();
        services.TryAddSingleton<TakeoverWatch>();
        services.TryAddSingleton<LeaseAcquirer>();
        services.TryAddSingleton<DueClaims>();
        services.TryAddSingleton<TakeoverWatches>();
        services.TryAddSingleton<GrantRevoker>();
        services.TryAddSingleton<OtherConnections>();
        services.TryAddSingleton<ReceivedTokens>();
        services.TryAddSingleton<RefreshExchange>();
        services.TryAddSingleton<RowlessFailures>();
        services.TryAddSingleton<RefreshedTokenWriter>();
        services.TryAddSingleton<RefreshPrecheck>();
        services.TryAddSingleton<RefusalJudge>();
        services.TryAddSingleton<RefreshFailureWriter>();
        services.TryAddSingleton<ReauthorizationWriter>();
        services.TryAddSingleton<RefreshSuccessHandler>();
        services.TryAddSingleton<RefreshResponseHandler>();
        services.TryAddSingleton<TokenRefresher>();
        services.TryAddSingleton<RefreshCoordinator>();
        services.TryAddSingleton(provider => new BacklogScheduler(provider.GetRequiredService<TimeProvider>(), Random.Shared));
        services.TryAddSingleton<RefreshLimiters>();
        services.TryAddSingleton<DueCounter>();
        services.TryAddSingleton<RefreshSweeper>();
        services.TryAddSingleton<IRefreshSweeper>(static provider => provider.GetRequiredService<RefreshSweeper>());
        services.TryAddSingleton<ConnectionReader>();
        services.TryAddSingleton<ConnectionWriter>();
        services.TryAddSingleton<IConnections, ConnectionDirectory>();
        services.TryAddSingleton<ConnectionDisconnector>();
        services.TryAddSingleton(provider => new TokenLifecycleHealthCheck(
            provider.GetRequiredService<ProviderRegistry>(), provider.GetRequiredService<PendingSaveQueue>(), provider.GetRequiredService<TokenEventDispatcher>(), provider.GetRequiredService<RejectedSettings>(),
            provider.GetRequiredService<StoreClock>()));
        services.TryAddSingleton(provider => new TokenStoreHealthCheck(provider.GetRequiredService<StoreCheck>()));
        services.TryAddSingleton(provider => new TokenConnectionsHealthCheck(provider.GetRequiredService<ConnectionCounts>(), provider.GetRequiredService<IOptionsMonitor<TokenLifecycleOptions>>()));
        services.TryAddSingleton(provider => new TokenProtectionHealthCheck(provider.GetService<ITokenProtector>()));
        services.TryAddSingleton<TokenManager>();
        services.TryAddSingleton<ITokenManager, MeasuredTokenManager>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, StoreCheckOnStart>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, StartupDiagnostics>());
        services.TryAddSingleton(provider => new TokenImporter(
            provider.GetRequiredService<StoreAccess>(),
            provider.GetRequiredService<PendingSaveQueue>(),
            provider.GetRequiredService<ProviderRegistry>(),
            provider.GetRequiredService<ConnectionEvaluator>(),
            provider.GetRequiredService<RefreshSchedule>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<ITokenManager>>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, ShutdownDrain>());
    }

    /// <summary>The list of names is shared by every call, so it lives in the services themselves.</summary>
    private static ProviderNames NamesOf(IServiceCollection services)
    {
        if (services.LastOrDefault(service => service.ServiceType == typeof(ProviderNames))?.ImplementationInstance is ProviderNames known)
            return known;

        var names = new ProviderNames();
        services.AddSingleton(names);
        services.AddSingleton<IRegisteredProviders>(names);
        return names;
    }
}
