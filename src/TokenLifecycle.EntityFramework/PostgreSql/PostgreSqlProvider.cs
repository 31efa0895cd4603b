namespace TokenLifecycle.EntityFramework.PostgreSql;

/// <summary>How the provider for PostgreSQL is told from others, without a reference to it.</summary>
internal static class PostgreSqlProvider
{
    public const string Name = "Npgsql.EntityFrameworkCore.PostgreSQL";
}
