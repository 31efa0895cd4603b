using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Postgres;

namespace TokenLifecycle.EntityFramework.Tests.Changes;

/// <summary>The whole contract with statements that tell, in a context that buffers what they return so that it can run them again.</summary>
[Collection(PostgresCollection.Name)]
[Trait(Needs.Name, Needs.PostgreSql)]
public sealed class NotifyingContractTests(SharedPostgres postgres) : PostgresStoreContract(postgres)
{
    private protected override StoreProcess NewProcess(PostgresDatabase database, TimeProvider clock) => database.NewProcess(
        clock: clock,
        register: services => services.AddDbContext<AppDb>(options => options.UseNpgsql(database.ConnectionString, npgsql => npgsql.EnableRetryOnFailure())),
        configure: builder => builder.UsePostgreSql(options => options.NotifyChanges = true));
}
