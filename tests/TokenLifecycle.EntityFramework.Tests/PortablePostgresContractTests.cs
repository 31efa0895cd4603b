using TokenLifecycle.Postgres;

namespace TokenLifecycle.EntityFramework.Tests;

/// <summary>The contract on PostgreSQL without the package for it.</summary>
[Collection(PostgresCollection.Name)]
[Trait(Needs.Name, Needs.PostgreSql)]
public sealed class PortablePostgresContractTests(SharedPostgres postgres) : PostgresStoreContract(postgres)
{
    // Leases run on the clock of the app.
    protected override bool StorageHasItsOwnClock => false;

    private protected override StoreProcess NewProcess(PostgresDatabase database, TimeProvider clock) => database.NewProcess(clock: clock, isPortable: true);
}
