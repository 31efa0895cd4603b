using System.Data.Common;
using Microsoft.EntityFrameworkCore.Scaffolding.Metadata;

namespace TokenLifecycle.EntityFramework.PostgreSql.Schema;

/// <summary>What scaffolding does not say of a table's columns in PostgreSQL.</summary>
internal static class PostgreSqlColumns
{
    private const string Sql = """
        SELECT a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.atthasdef OR a.attidentity <> '', COALESCE(NOT c.collisdeterministic, false)
        FROM pg_attribute AS a LEFT JOIN pg_collation AS c ON c.oid = a.attcollation
        WHERE a.attrelid = to_regclass(@name) AND a.attnum > 0 AND NOT a.attisdropped
        """;

    /// <summary>
    /// Adds the columns that scaffolding leaves out because it has no type for them, as those of an enum: they are there, and may be ours
    /// to convert.
    /// </summary>
    /// <param name="connection">An open connection.</param>
    /// <param name="table">The table as it was read.</param>
    /// <param name="quotedName">Its name for SQL.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The columns whose collation takes different texts for the same. All others compare byte for byte, whatever order they sort
    /// in.</returns>
    public static async Task<IReadOnlySet<string>> CompleteAsync(DbConnection connection, DatabaseTable table, string quotedName, CancellationToken cancellationToken)
    {
        HashSet<string> loose = new(StringComparer.Ordinal);
        using DbCommand command = PostgreSqlSession.Command(connection, Sql, quotedName);
        using DbDataReader row = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await row.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            string name = row.GetString(0);
            if (!table.Columns.Any(column => column.Name == name))
            {
                table.Columns.Add(new DatabaseColumn
                {
                    Table = table, Name = name, StoreType = row.GetString(1), IsNullable = !row.GetBoolean(2), DefaultValueSql = row.GetBoolean(3) ? "(some)" : null,
                });
            }

            if (row.GetBoolean(4))
                loose.Add(name);
        }

        return loose;
    }
}
