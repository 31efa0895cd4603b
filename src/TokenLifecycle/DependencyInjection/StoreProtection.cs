using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using TokenLifecycle.State;
using TokenLifecycle.Storage;

namespace TokenLifecycle.DependencyInjection;

/// <summary>Makes sure that no store keeps plain tokens unless the app has explicitly allowed it.</summary>
internal sealed class StoreProtection
{
    private StoreProtection()
    {
    }

    /// <summary>The app's store, behind the app's protector.</summary>
    /// <exception cref="TokenStoreNotReadyException">There is neither a protector nor a call that disables encryption.</exception>
    public static ITokenStore Apply(IServiceProvider services)
    {
        ITokenStore store = services.GetRequiredService<ITokenStore>();
        if (services.GetService<ITokenProtector>() is { } protector)
        {
            return store is ISearchableTokenStore searchable
                ? new ProtectedSearchableTokenStore(searchable, protector, services.GetRequiredService<TimeProvider>())
                : new ProtectedTokenStore(store, protector);
        }

        // What is in memory is not at rest, and the process holds the tokens in any case.
        if (store is InMemoryTokenStore || services.GetService<StoreProtection>() is not null)
            return store;

        throw new TokenStoreNotReadyException([new TokenStoreProblem(
            store.GetType().Name,
            "It would keep tokens in plain text: no protection was chosen.",
            "Add .ProtectWithKeyFile(\"keys.json\", createIfMissing: true) or .ProtectWithKeys(configuration.GetSection(\"TokenKeys\")) after AddTokenLifecycle(); or say .WithoutProtection() if what is stored is encrypted elsewhere.")]);
    }

    /// <summary>Creates the local spill for tokens that cannot be saved at shutdown. They are never written in plain text.</summary>
    /// <exception cref="TokenStoreNotReadyException">There is no protector.</exception>
    public static LocalSpill CreateSpill(IServiceProvider services, string folder) => services.GetService<ITokenProtector>() is { } protector
        ? ActivatorUtilities.CreateInstance<LocalSpill>(services, folder, protector)
        : throw new TokenStoreNotReadyException([new TokenStoreProblem(
            nameof(LocalSpill),
            "AddLocalSpill() would write tokens in plain text: no protection was chosen.",
            "Add .ProtectWithKeyFile(\"keys.json\", createIfMissing: true) or .ProtectWithKeys(configuration.GetSection(\"TokenKeys\")) after AddTokenLifecycle(), or remove .AddLocalSpill().")]);

    /// <summary>The last word counts.</summary>
    public static void Use(IServiceCollection services, ServiceDescriptor protector)
    {
        services.RemoveAll<StoreProtection>();
        services.Replace(protector);
    }

    /// <summary>The last word counts.</summary>
    public static void UseNone(IServiceCollection services)
    {
        services.RemoveAll<ITokenProtector>();
        services.TryAddSingleton(new StoreProtection());
    }
}
