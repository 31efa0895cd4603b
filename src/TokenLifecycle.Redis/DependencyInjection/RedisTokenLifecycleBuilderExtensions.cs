using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using TokenLifecycle.DependencyInjection;
using TokenLifecycle.Redis;
using TokenLifecycle.Storage;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Keeps connections in Redis.</summary>
public static class RedisTokenLifecycleBuilderExtensions
{
    /// <summary>
    /// Keeps connections in Redis, which several processes may share, on a single server, with replicas, or on Redis Cluster. Configure
    /// Redis with <c>maxmemory-policy noeviction</c>, <c>appendonly yes</c> and <c>appendfsync always</c>; the check of the store reports
    /// what is missing.
    /// </summary>
    /// <param name="builder">What <c>AddTokenLifecycle()</c> returned.</param>
    /// <param name="configuration">How to connect, for example <c>localhost:6379</c>: see
    /// <see cref="RedisTokenStoreOptions.Configuration"/>.</param>
    /// <param name="configure">Further settings.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentException">The configuration is empty.</exception>
    public static TokenLifecycleBuilder UseRedisStore(this TokenLifecycleBuilder builder, string configuration, Action<RedisTokenStoreOptions>? configure = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(configuration);
        return builder.UseRedisStore(options =>
        {
            options.Configuration = configuration;
            configure?.Invoke(options);
        });
    }

    /// <summary>
    /// Keeps connections in Redis by the app's own <c>IConnectionMultiplexer</c>, or as <paramref name="configure"/> says.
    /// </summary>
    /// <param name="builder">What <c>AddTokenLifecycle()</c> returned.</param>
    /// <param name="configure">Further settings.</param>
    /// <returns>The same builder.</returns>
    public static TokenLifecycleBuilder UseRedisStore(this TokenLifecycleBuilder builder, Action<RedisTokenStoreOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        AddConnection(builder.Services, configure);
        builder.Services.TryAddSingleton<RedisIndexRepair>();
        builder.Services.TryAddSingleton<RedisServerCheck>();
        builder.Services.AddHostedService<RedisChangeListener>();
        return builder.UseStore<RedisTokenStore>();
    }

    /// <summary>
    /// Keeps the attempts to connect whose browsers are away at a provider in Redis, so that any node can finish what another began. Call
    /// it beside <see cref="UseRedisStore(TokenLifecycleBuilder, string, Action{RedisTokenStoreOptions}?)"/>, whose connection it shares,
    /// or with its own settings.
    /// </summary>
    /// <param name="builder">What <c>AddTokenLifecycle()</c> returned.</param>
    /// <param name="configure">Settings of the connection, if connections are not kept in Redis.</param>
    /// <returns>The same builder.</returns>
    public static TokenLifecycleBuilder UseRedisAuthorizationRequests(this TokenLifecycleBuilder builder, Action<RedisTokenStoreOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        AddConnection(builder.Services, configure);
        builder.Services.Replace(ServiceDescriptor.Singleton<IAuthorizationRequestStore, RedisAuthorizationRequestStore>());
        return builder;
    }

    private static void AddConnection(IServiceCollection services, Action<RedisTokenStoreOptions>? configure)
    {
        OptionsBuilder<RedisTokenStoreOptions> options = services.AddOptions<RedisTokenStoreOptions>();
        if (configure is not null)
            options.Configure(configure);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RedisTokenStoreOptions>, RedisTokenStoreOptionsValidator>());
        options.KeepAsOnStart();
        services.TryAddSingleton<RedisConnection>();
    }
}
