using System.Data.Common;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Scaffolding.Metadata;

namespace TokenLifecycle.EntityFramework.Schema;

/// <summary>What MySQL and MariaDB say of themselves beyond scaffolding: which collation a column has.</summary>
internal sealed partial class MySqlSchemaSession : SchemaSession
{
    private const string Sql = "SELECT COLUMN_NAME, COLLATION_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = @name";

    /// <inheritdoc/>
    public override async Task CompleteAsync(TableUnderCheck table, CancellationToken cancellationToken)
    {
        using DbCommand command = table.Context.Database.GetDbConnection().CreateCommand();
        command.CommandText = Sql;
        DbParameter name = command.CreateParameter();
        name.ParameterName = "@name";
        name.Value = table.Actual.Name;
        command.Parameters.Add(name);
        using DbDataReader row = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await row.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            string column = row.GetString(0);
            if (table.Actual.Columns.FirstOrDefault(actual => Names.Equals(actual.Name, column)) is { } found)
                found.Collation = row.IsDBNull(1) ? null : row.GetString(1);
        }
    }

    /// <summary>All binary collations compare ordinally; apart from blanks at the end, which the documentation is about.</summary>
    public override bool IsOfAnotherCollation(ExpectedColumn column, DatabaseColumn actual) => actual.Collation?.EndsWith("_bin", StringComparison.OrdinalIgnoreCase) == false;

    /// <summary>The number behind the type of an integer is how wide it is displayed.</summary>
    public override bool IsAsGoodAs(string? actual, string expected) => base.IsAsGoodAs(actual is null ? null : DisplayWidth().Replace(actual, ""), DisplayWidth().Replace(expected, ""));

    [GeneratedRegex(@"(?<=^(tiny|small|medium|big)?int)\(\d+\)", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex DisplayWidth();
}
