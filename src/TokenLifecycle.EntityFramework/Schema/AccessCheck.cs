using System.Data.Common;
using Microsoft.EntityFrameworkCore;

namespace TokenLifecycle.EntityFramework.Schema;

/// <summary>Tries statements that change nothing: only the database can say whether it would let them.</summary>
internal static class AccessCheck
{
    private const string NotPermitted = "42501";
    private const string ReadOnly = "25006";

    public static async Task<IReadOnlyList<SchemaFinding>> RunAsync(TableUnderCheck table, CancellationToken cancellationToken)
    {
        List<SchemaFinding> findings = [];
        foreach ((string verb, string statement) in Statements(table))
        {
            try
            {
                using DbCommand command = table.Context.Database.GetDbConnection().CreateCommand();
                command.CommandText = statement;
                await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (DbException refusal) when (!refusal.IsTransient)
            {
                findings.Add(Explain(table, verb, refusal));
            }
        }

        return [.. findings.Distinct()]; // Four statements may be refused for one reason.
    }

    /// <summary>Nothing in the schema can be looked at.</summary>
    public static SchemaFinding WithoutSchema(TableUnderCheck table, PostgreSqlSession session) => new(
        $"schema {table.Schema}", $"The role {session.User} may not use it.", $"GRANT USAGE ON SCHEMA {table.Sql.DelimitIdentifier(table.Schema!)} TO {table.Sql.DelimitIdentifier(session.User)};");

    private static IEnumerable<(string Verb, string Statement)> Statements(TableUnderCheck table)
    {
        string[] columns = [.. table.Expected.Columns.Where(column => table.Find(column) is not null).Select(column => table.Sql.DelimitIdentifier(table.Find(column)!.Name))];
        string all = string.Join(", ", columns);
        string nothing = string.Join(", ", columns.Select(static _ => "NULL"));
        yield return ("SELECT", $"SELECT {all} FROM {table.QuotedName} WHERE 1 = 0");
        yield return ("INSERT", $"INSERT INTO {table.QuotedName} ({all}) SELECT {nothing} WHERE 1 = 0");
        yield return ("UPDATE", $"UPDATE {table.QuotedName} SET {string.Join(", ", columns.Select(static column => $"{column} = NULL"))} WHERE 1 = 0");
        yield return ("DELETE", $"DELETE FROM {table.QuotedName} WHERE 1 = 0");
    }

    private static SchemaFinding Explain(TableUnderCheck table, string verb, DbException refusal) => (refusal.SqlState, table.PostgreSql) switch
    {
        (NotPermitted, { } session) => new SchemaFinding(
            $"privilege {verb} on {table.FullName}",
            $"The role {session.User} does not have it.",
            $"GRANT {verb} ON {table.QuotedName} TO {table.Sql.DelimitIdentifier(session.User)};"),
        (ReadOnly, { } session) => new SchemaFinding($"database {session.Database}", $"It is read-only for {session.User}: {ReadOnlyReason(session)}", ReadOnlyRemedy(table, session)) { IsOfSession = true },
        _ => new SchemaFinding($"{verb} on {table.FullName}", $"The database refuses it: {refusal.Message}", remedy: null),
    };

    private static string ReadOnlyReason(PostgreSqlSession session) => session switch
    {
        { IsInRecovery: true } => "this server is a replica.",
        { IsReadOnlyByClient: true } => "the connection string sets default_transaction_read_only.",
        _ => "default_transaction_read_only is on.",
    };

    private static string ReadOnlyRemedy(TableUnderCheck table, PostgreSqlSession session) => session switch
    {
        { IsInRecovery: true } => "Connect to the primary: name all hosts in the connection string, with Target Session Attributes=primary.",
        { IsReadOnlyByClient: true } => "Take default_transaction_read_only out of Options in the connection string.",
        _ => $"BEGIN READ WRITE; {session.Set(table.Sql, "default_transaction_read_only = off")} COMMIT;",
    };
}
