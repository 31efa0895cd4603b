using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.EntityFramework.Tests;

/// <summary>A process of the app: its own services, its own clock, the shared database.</summary>
internal sealed class StoreProcess : IAsyncDisposable
{
    /// <param name="database">The context's provider.</param>
    /// <param name="clock">The process's clock.</param>
    /// <param name="register">Registers the context in another way than <c>AddDbContext</c>.</param>
    /// <param name="configure">Providers and options.</param>
    /// <param name="isPortable">Whether it goes without the packages for single engines.</param>
    public StoreProcess(
        Action<DbContextOptionsBuilder> database,
        TimeProvider? clock = null,
        Action<IServiceCollection>? register = null,
        Action<TokenLifecycleBuilder>? configure = null,
        bool isPortable = false)
    {
        ServiceCollection services = new();
        services.AddCanaryLogging();
        services.AddSingleton(clock ?? TimeProvider.System);
        Action<DbContextOptionsBuilder> options = builder => database(builder.AddInterceptors(Log, Transactions));
        if (register is null)
            services.AddDbContext<AppDb>(options);
        else
            register(services);
        TokenLifecycleBuilder builder = services.AddTokenLifecycle().UseEntityFrameworkStore<AppDb>().WithoutProtection();
        if (!isPortable)
            builder.UsePostgreSql();
        configure?.Invoke(builder);
        Services = services.BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true, ValidateOnBuild = true });
    }

    public ServiceProvider Services { get; }

    /// <summary>What was sent to the database, if the context is the one registered here.</summary>
    public CommandLog Log { get; } = new();

    public TransactionLog Transactions { get; } = new();

    public ISearchableTokenStore Store => (ISearchableTokenStore)Services.GetRequiredService<ITokenStore>();

    public ITokenManager Tokens => Services.GetRequiredService<ITokenManager>();

    public ValueTask DisposeAsync() => Services.DisposeAsync();
}
