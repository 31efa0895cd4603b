using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using TokenLifecycle.DependencyInjection;
using TokenLifecycle.EntityFramework.Engines;
using TokenLifecycle.EntityFramework.PostgreSql;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Uses what PostgreSQL offers beyond standard SQL.</summary>
public static class PostgreSqlTokenLifecycleBuilderExtensions
{
    /// <summary>
    /// Lets the store of <c>UseEntityFrameworkStore&lt;TContext&gt;()</c> use PostgreSQL's own statements: each step is one statement,
    /// leases run on the database's clock, and errors state what to do. Needed once, for all contexts that use Npgsql.
    /// </summary>
    /// <param name="builder">What <c>AddTokenLifecycle()</c> returned.</param>
    /// <param name="configure">Further settings.</param>
    /// <returns>The same builder.</returns>
    public static TokenLifecycleBuilder UsePostgreSql(this TokenLifecycleBuilder builder, Action<PostgreSqlStoreOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        OptionsBuilder<PostgreSqlStoreOptions> options = builder.Services.AddOptions<PostgreSqlStoreOptions>();
        if (configure is not null)
            options.Configure(configure);
        options.KeepAsOnStart();
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<DatabaseEngine, PostgreSqlEngine>());
        builder.Services.AddHostedService<PostgreSqlChangeListener>();
        return builder;
    }
}
