using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TokenLifecycle.Protocol;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Chaos;

/// <summary>The library as an app sets it up, with deadlines short enough that a dead process's lease ends within seconds.</summary>
internal static class WorkerHost
{
    public const string Provider = "chaos";

    public static TokenKey KeyOf(int connection) => new(Provider, $"user-{connection}");

    public static ServiceProvider Build(WorkerSettings settings, Func<ITokenStore, ITokenStore>? around = null, ITokenLifecycleObserver? observer = null)
    {
        var services = new ServiceCollection();
        Add(services, settings);
        if (around is not null)
            Surround(services, around);
        if (observer is not null)
            services.AddSingleton(observer);
        return services.BuildServiceProvider();
    }

    /// <param name="services">The services of the app.</param>
    /// <param name="settings">What it needs to know.</param>
    /// <param name="watch">Stands something between the library and the network.</param>
    public static void Add(IServiceCollection services, WorkerSettings settings, Func<HttpMessageHandler, HttpMessageHandler>? watch = null)
    {
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.None));
        TokenLifecycleBuilder builder = services.AddTokenLifecycle(o =>
            {
                o.TokenEndpointTimeout = o.SaveTimeout = settings.Deadline;
                o.LeaseDuration = settings.Lease;
            })
            .AddProvider(Provider, settings.Configure)
            .ProtectWithKeyFile(settings.KeyFile, createIfMissing: true);
        services.AddSingleton(provider =>
        {
            TimeProvider time = provider.GetRequiredService<TimeProvider>();
            HttpMessageHandler handler = BackChannel.CreateHandler(new StaggeredConnector(time));
            return new BackChannel(time, new NamedSender(settings.Sender, watch is null ? handler : watch(handler)));
        });
        if (settings.Spill.Length > 0)
            builder.AddLocalSpill(settings.Spill);
        if (settings.Store == "postgres")
        {
            services.AddDbContextPool<ChaosContext>(options => options.UseNpgsql(settings.Place));
            builder.UseEntityFrameworkStore<ChaosContext>().UsePostgreSql();
        }
        else if (settings.Store is "sqlite" or "mariadb")
        {
            services.AddDbContextPool<ChaosContext>(options => _ = settings.Store == "sqlite" ? options.UseSqlite(settings.Place) : options.UseMySQL(settings.Place));
            builder.UseEntityFrameworkStore<ChaosContext>();
        }
        else if (settings.Store == "redis")
        {
            builder.UseRedisStore(settings.Place);
        }
        else
        {
            builder.UseFileStore(settings.Place);
        }
    }

    /// <summary>Stands something between the library and its store.</summary>
    public static void Surround(IServiceCollection services, Func<ITokenStore, ITokenStore> around) => Surround(services, (_, store) => around(store));

    public static void Surround(IServiceCollection services, Func<IServiceProvider, ITokenStore, ITokenStore> around)
    {
        ServiceDescriptor store = services.Last(service => service.ServiceType == typeof(ITokenStore));
        services.Remove(store);
        services.AddSingleton(provider => around(provider, (ITokenStore)(store.ImplementationInstance
            ?? store.ImplementationFactory?.Invoke(provider)
            ?? ActivatorUtilities.CreateInstance(provider, store.ImplementationType!))));
    }
}
