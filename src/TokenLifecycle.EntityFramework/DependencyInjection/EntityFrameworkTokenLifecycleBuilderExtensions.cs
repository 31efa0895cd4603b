using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection.Extensions;
using TokenLifecycle.EntityFramework;
using TokenLifecycle.EntityFramework.Engines;
using TokenLifecycle.Storage;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Keeps connections in the app's own database.</summary>
public static class EntityFrameworkTokenLifecycleBuilderExtensions
{
    /// <summary>
    /// Keeps connections in a table of the app's own <typeparamref name="TContext"/>, which several processes may share. Its
    /// <c>OnModelCreating</c> must call <see cref="TokenLifecycleModelBuilderExtensions.AddTokenLifecycle"/>. Register the context as you
    /// do anyway: pooled or not, by <c>AddDbContext</c> or as a factory, with or without retries. Each operation has its own context and
    /// never joins the caller's transaction.
    /// </summary>
    /// <remarks>
    /// On PostgreSQL, add the package <c>TokenLifecycle.EntityFramework.PostgreSql</c> and call <c>UsePostgreSql()</c> as well. On other
    /// engines, leases run on the clocks of the app's processes.
    /// </remarks>
    /// <typeparam name="TContext">The app's context.</typeparam>
    /// <param name="builder">What <c>AddTokenLifecycle()</c> returned.</param>
    /// <returns>The same builder.</returns>
    public static TokenLifecycleBuilder UseEntityFrameworkStore<TContext>(this TokenLifecycleBuilder builder)
        where TContext : DbContext
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddSingleton<DatabaseEngines>();
        builder.Services.Replace(ServiceDescriptor.Singleton<IScopedContext, ScopedContext<TContext>>());
        return builder.UseStore<EntityFrameworkTokenStore<TContext>>();
    }

    /// <summary>
    /// Keeps the attempts to connect whose browsers are away at a provider in a table of the app's own <typeparamref name="TContext"/>, so
    /// that any node can finish what another began. Its <c>OnModelCreating</c> must call
    /// <see cref="TokenLifecycleModelBuilderExtensions.AddTokenLifecycleAuthorizationRequests"/>.
    /// </summary>
    /// <typeparam name="TContext">The app's context.</typeparam>
    /// <param name="builder">What <c>AddTokenLifecycle()</c> returned.</param>
    /// <returns>The same builder.</returns>
    public static TokenLifecycleBuilder UseEntityFrameworkAuthorizationRequests<TContext>(this TokenLifecycleBuilder builder)
        where TContext : DbContext
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddSingleton<DatabaseEngines>();
        builder.Services.Replace(ServiceDescriptor.Singleton<IAuthorizationRequestStore, EntityFrameworkAuthorizationRequestStore<TContext>>());
        return builder;
    }
}
