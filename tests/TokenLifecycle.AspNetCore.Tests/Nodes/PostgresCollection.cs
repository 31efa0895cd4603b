using TokenLifecycle.Postgres;

namespace TokenLifecycle.AspNetCore.Tests.Nodes;

[CollectionDefinition(Name)]
public sealed class PostgresCollection : ICollectionFixture<SharedPostgres>
{
    public const string Name = "postgresql";
}
