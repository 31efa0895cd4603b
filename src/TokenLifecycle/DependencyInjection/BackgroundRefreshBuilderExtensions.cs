using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using TokenLifecycle.Background;
using TokenLifecycle.DependencyInjection;
using TokenLifecycle.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Keeps the tokens of idle users alive.</summary>
public static class BackgroundRefreshBuilderExtensions
{
    /// <summary>
    /// Refreshes connections before they expire, without a call for their tokens. Any number of processes may do so on one store: each
    /// acquires what it refreshes, and what a crashed
    /// process had acquired is free again after <see cref="TokenLifecycleOptions.LeaseDuration"/>. Needs a store that can be searched.
    /// </summary>
    /// <param name="builder">The builder.</param>
    /// <param name="configure">Settings.</param>
    /// <param name="configuration">A section whose keys are the properties of <see cref="BackgroundRefreshOptions"/>; runs before
    /// <paramref name="configure"/>.</param>
    public static TokenLifecycleBuilder AddBackgroundRefresh(
        this TokenLifecycleBuilder builder, Action<BackgroundRefreshOptions>? configure = null, IConfiguration? configuration = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        OptionsBuilder<BackgroundRefreshOptions> options = builder.Services.AddOptions<BackgroundRefreshOptions>();
        if (configuration is not null)
            options.Bind(configuration);
        if (configure is not null)
            options.Configure(configure);
        options.KeepLastGood();

        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<BackgroundRefreshOptions>, BackgroundRefreshOptionsValidator>());
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<BackgroundRefreshOptions>, RefreshWindowCheck>());
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, BackgroundRefresh>());
        return builder;
    }
}
