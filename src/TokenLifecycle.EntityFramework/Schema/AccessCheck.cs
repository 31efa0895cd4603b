using System.Data.Common;
using Microsoft.EntityFrameworkCore;

namespace TokenLifecycle.EntityFramework.Schema;

/// <summary>Tries statements that change nothing: only the database can say whether it would let them.</summary>
internal static class AccessCheck
{
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
                findings.Add(table.Session.ExplainRefusal(table, verb, refusal));
            }
        }

        return [.. findings.Distinct()]; // Four statements may be refused for one reason.
    }

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
}
