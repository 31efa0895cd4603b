using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using TokenLifecycle;
using TokenLifecycle.DependencyInjection;
using TokenLifecycle.Options;
using TokenLifecycle.Providers;
using TokenLifecycle.Storage;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>What <c>AddTokenLifecycle()</c> returns: providers, the store, and observers.</summary>
public sealed class TokenLifecycleBuilder
{
    private readonly ProviderNames _names;

    internal TokenLifecycleBuilder(IServiceCollection services, ProviderNames names)
    {
        Services = services;
        _names = names;
    }

    /// <summary>The services being configured.</summary>
    public IServiceCollection Services { get; }

    /// <summary>Adds a provider by data alone. Called again with the same name it configures the same provider further.</summary>
    /// <param name="name">The name that keys and <c>AddTokenHandler</c> use.</param>
    /// <param name="configure">Its settings.</param>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public TokenLifecycleBuilder AddProvider(string name, Action<OAuthProviderOptions> configure) =>
        Add(name, preset: null, configuration: null, NotNull(configure));

    /// <summary>Adds a provider by data alone. Called again with the same name it configures the same provider further.</summary>
    /// <param name="name">The name that keys and <c>AddTokenHandler</c> use.</param>
    /// <param name="configuration">A section whose keys are the properties of <see cref="OAuthProviderOptions"/>.</param>
    /// <param name="configure">Further settings; they win.</param>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public TokenLifecycleBuilder AddProvider(string name, IConfiguration configuration, Action<OAuthProviderOptions>? configure = null) =>
        Add(name, preset: null, NotNull(configuration), configure);

    /// <summary>
    /// Keeps connections in a store of your own. Without a call to one of the <c>Use...Store</c> methods they live in memory and end with
    /// the process, and the start warns of it; who wants that says <c>UseStore&lt;InMemoryTokenStore&gt;()</c>.
    /// </summary>
    /// <typeparam name="TStore">The store; it must pass the contract described at <see cref="ITokenStore"/>.</typeparam>
    public TokenLifecycleBuilder UseStore<[System.Diagnostics.CodeAnalysis.DynamicallyAccessedMembers(System.Diagnostics.CodeAnalysis.DynamicallyAccessedMemberTypes.PublicConstructors)] TStore>()
        where TStore : class, ITokenStore
    {
        Services.Replace(ServiceDescriptor.Singleton<ITokenStore, TStore>());
        return this;
    }

    /// <summary>
    /// Keeps connections in the app's <c>IDistributedCache</c>. One writing process only, and read the warnings at
    /// <see cref="DistributedCacheTokenStore"/>.
    /// </summary>
    public TokenLifecycleBuilder UseDistributedCacheStore() => UseStore<DistributedCacheTokenStore>();

    /// <summary>
    /// Keeps connections in a folder of this machine, one file each. Several processes of the machine may share it; read the notes at
    /// <see cref="FileTokenStore"/>.
    /// </summary>
    /// <param name="path">The folder, made at first use for its owner only. A relative path starts at the current directory of this
    /// moment.</param>
    /// <exception cref="ArgumentException">The path is empty.</exception>
    public TokenLifecycleBuilder UseFileStore(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        string folder = Path.GetFullPath(path);
        Services.Replace(ServiceDescriptor.Singleton<ITokenStore>(services => new FileTokenStore(folder, services.GetRequiredService<TimeProvider>())));
        return this;
    }

    /// <summary>
    /// Keeps tokens that cannot be saved before shutdown in a local folder, encrypted, and saves them at the next start with this folder.
    /// Without it, those connections may need a reconnect. Use a folder that outlives the process; in a container, use a mounted volume.
    /// </summary>
    /// <param name="path">The folder. It is created at first use, readable by its owner only. A relative path starts at the current
    /// directory at the time of this call.</param>
    /// <exception cref="ArgumentException">The path is empty.</exception>
    public TokenLifecycleBuilder AddLocalSpill(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        string folder = Path.GetFullPath(path);
        Services.Replace(ServiceDescriptor.Singleton(services => StoreProtection.CreateSpill(services, folder)));
        return this;
    }

    /// <summary>Says who the current user is, for requests that do not name one.</summary>
    /// <param name="userId"> Returns the app's own id of the current user, or <see langword="null"/>. Gets the app's root services: reach
    /// the current web request through <c>IHttpContextAccessor</c>.
    /// </param>
    public TokenLifecycleBuilder UseCurrentUser(Func<IServiceProvider, string?> userId)
    {
        ArgumentNullException.ThrowIfNull(userId);
        Services.Replace(ServiceDescriptor.Singleton<ICurrentTokenUser>(services => new CurrentTokenUser(services, userId)));
        return this;
    }

    /// <summary>
    /// Says which tenant of the app the current code acts for, where neither a key nor a request names one. Only for an app with tenants.
    /// </summary>
    /// <param name="tenant"> Returns the current tenant, or <see langword="null"/>: then a request without a tenant is refused. Gets the
    /// app's root services: reach the current web request, and the tenant that your middleware has found, through
    /// <c>IHttpContextAccessor</c>.
    /// </param>
    public TokenLifecycleBuilder UseCurrentTenant(Func<IServiceProvider, string?> tenant)
    {
        ArgumentNullException.ThrowIfNull(tenant);
        Services.Replace(ServiceDescriptor.Singleton<ICurrentTokenTenant>(services => new CurrentTokenTenant(services, tenant)));
        return this;
    }

    /// <summary>Adds an observer of events of connections. Adding the same type twice is harmless.</summary>
    /// <typeparam name="TObserver">The observer; a singleton.</typeparam>
    public TokenLifecycleBuilder AddObserver<[System.Diagnostics.CodeAnalysis.DynamicallyAccessedMembers(System.Diagnostics.CodeAnalysis.DynamicallyAccessedMemberTypes.PublicConstructors)] TObserver>()
        where TObserver : class, ITokenLifecycleObserver
    {
        Services.TryAddEnumerable(ServiceDescriptor.Singleton<ITokenLifecycleObserver, TObserver>());
        return this;
    }

    private static T NotNull<T>(T value, [System.Runtime.CompilerServices.CallerArgumentExpression(nameof(value))] string? name = null)
        where T : class => value ?? throw new ArgumentNullException(name);

    /// <summary>Preset first, then configuration, then code: each overrides what came before.</summary>
    internal TokenLifecycleBuilder Add(string name, Action<OAuthProviderOptions>? preset, IConfiguration? configuration, Action<OAuthProviderOptions>? configure)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        OptionsBuilder<OAuthProviderOptions> options = Services.AddOptions<OAuthProviderOptions>(name);
        if (preset is not null)
            options.Configure(preset);
        if (configuration is not null)
            options.Bind(configuration);
        if (configuration is not null)
            Services.AddSingleton(new ProviderSection(name, configuration));
        if (configuration is IConfigurationSection { Path: var path })
            options.Configure(o => o.Section = path);
        if (configure is not null)
            options.Configure(configure);

        _names.Add(name);
        options.ValidateOnStart();
        return this;
    }
}
