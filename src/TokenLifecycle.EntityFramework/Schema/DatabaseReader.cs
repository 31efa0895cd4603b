using System.Reflection;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Scaffolding;
using Microsoft.EntityFrameworkCore.Scaffolding.Metadata;
using Microsoft.Extensions.DependencyInjection;

namespace TokenLifecycle.EntityFramework.Schema;

/// <summary>
/// Reads tables as <c>dotnet ef dbcontext scaffold</c> does: every provider can, and knows its engine's catalog better than we could.
/// </summary>
internal static class DatabaseReader
{
    /// <summary>Reads what has one of these names, in whatever schema. Blocks, as providers offer nothing else.</summary>
    /// <param name="context">Whose database; its connection is open.</param>
    /// <param name="tables">The names as the provider's filter wants them; none for all.</param>
    public static DatabaseModel Read(DbContext context, IEnumerable<string> tables)
    {
        Assembly provider = context.GetService<IDbContextOptions>().Extensions.First(static extension => extension.Info.IsDatabaseProvider).GetType().Assembly;
        ServiceCollection services = new();
        if (provider.GetCustomAttribute<DesignTimeProviderServicesAttribute>()?.TypeName is { } name && provider.GetType(name, throwOnError: true) is { } type)
            ((IDesignTimeServices)Activator.CreateInstance(type)!).ConfigureDesignTimeServices(services);

        using ServiceProvider all = services.BuildServiceProvider();
        using IServiceScope scope = all.CreateScope();
        IDatabaseModelFactory factory = scope.ServiceProvider.GetService<IDatabaseModelFactory>() ?? throw new NotSupportedException(
            $"{provider.GetName().Name} cannot read a database's schema (it has no {nameof(IDatabaseModelFactory)}), so the table of connections cannot be checked. Use a provider that supports 'dotnet ef dbcontext scaffold'.");
        return factory.Create(context.Database.GetDbConnection(), new DatabaseModelFactoryOptions(tables));
    }
}
