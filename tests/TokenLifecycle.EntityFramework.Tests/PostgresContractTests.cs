using TokenLifecycle.Postgres;

namespace TokenLifecycle.EntityFramework.Tests;

[Collection(PostgresCollection.Name)]
[Trait(Needs.Name, Needs.PostgreSql)]
public sealed class PostgresContractTests(SharedPostgres postgres) : PostgresStoreContract(postgres)
{
    private protected override StoreProcess NewProcess(PostgresDatabase database, TimeProvider clock) => database.NewProcess(clock: clock);
}
