using System.Data.Common;
using Microsoft.EntityFrameworkCore.Storage;

namespace TokenLifecycle.EntityFramework.PostgreSql.Schema;

/// <summary>As whom and where a connection to PostgreSQL finds itself.</summary>
/// <param name="User">The role.</param>
/// <param name="Database">The database.</param>
/// <param name="CurrentSchema">Where a table without a schema would be created; <see langword="null"/> if nowhere.</param>
/// <param name="SearchPath">The setting.</param>
/// <param name="IsPathOfClient">Whether the connection string sets <paramref name="SearchPath"/>, so that no setting of the database
/// can.</param>
/// <param name="IsReadOnlyByClient">Whether the connection string makes it read-only.</param>
/// <param name="IsInRecovery">Whether the server is a replica.</param>
/// <param name="VisibleSchema">The schema of the table that a name without a schema means; <see langword="null"/> if it means none.</param>
internal sealed record PostgreSqlSession(
    string User, string Database, string? CurrentSchema, string SearchPath, bool IsPathOfClient, bool IsReadOnlyByClient, bool IsInRecovery, string? VisibleSchema)
{
    private const string Sql = """
        SELECT current_user::text, current_database()::text, current_schema()::text, current_setting('search_path'),
            (SELECT source IN ('client', 'session') FROM pg_settings WHERE name = 'search_path'),
            (SELECT source IN ('client', 'session') FROM pg_settings WHERE name = 'default_transaction_read_only'),
            pg_is_in_recovery(),
            (SELECT n.nspname::text FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.oid = to_regclass(@name))
        """;

    /// <param name="connection">An open connection.</param>
    /// <param name="table">The table, quoted, without its schema.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<PostgreSqlSession> ReadAsync(DbConnection connection, string table, CancellationToken cancellationToken)
    {
        using DbCommand command = Command(connection, Sql, table);
        using DbDataReader row = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await row.ReadAsync(cancellationToken).ConfigureAwait(false);
        return new PostgreSqlSession(
            row.GetString(0), row.GetString(1), row.IsDBNull(2) ? null : row.GetString(2), row.GetString(3), row.GetBoolean(4), row.GetBoolean(5), row.GetBoolean(6),
            row.IsDBNull(7) ? null : row.GetString(7));
    }

    /// <summary>Whether the role may use anything in a schema.</summary>
    public static async Task<bool> MayUseAsync(DbConnection connection, string schema, CancellationToken cancellationToken)
    {
        using DbCommand command = Command(connection, "SELECT has_schema_privilege(@name, 'USAGE')", schema);
        return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is true;
    }

    /// <summary>
    /// Sets what the role's next connections to this database begin with. Comes before what is set for the role, the database or the
    /// server.
    /// </summary>
    public string Set(ISqlGenerationHelper sql, string setting) => $"ALTER ROLE {sql.DelimitIdentifier(User)} IN DATABASE {sql.DelimitIdentifier(Database)} SET {setting};";

    /// <summary>A query about one name.</summary>
    public static DbCommand Command(DbConnection connection, string sql, string table)
    {
        DbCommand command = connection.CreateCommand();
        command.CommandText = sql;
        DbParameter name = command.CreateParameter();
        name.ParameterName = "name";
        name.Value = table;
        command.Parameters.Add(name);
        return command;
    }
}
