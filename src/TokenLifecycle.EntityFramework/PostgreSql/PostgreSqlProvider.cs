namespace TokenLifecycle.EntityFramework.PostgreSql;

/// <summary>Recognizes the provider for PostgreSQL, without a reference to it.</summary>
internal static class PostgreSqlProvider
{
    public const string Name = "Npgsql.EntityFrameworkCore.PostgreSQL";
}
