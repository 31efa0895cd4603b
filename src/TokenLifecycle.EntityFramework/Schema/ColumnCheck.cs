using System.Globalization;
using Microsoft.EntityFrameworkCore.Migrations.Operations;
using Microsoft.EntityFrameworkCore.Scaffolding.Metadata;

namespace TokenLifecycle.EntityFramework.Schema;

/// <summary>
/// Finds columns that are missing, of another type, length or collation, that may or may not be NULL, and columns of others that prevent an
/// insert.
/// </summary>
internal static class ColumnCheck
{
    public static IEnumerable<SchemaFinding> Run(TableUnderCheck table)
    {
        // Missing ones first: what is printed for the others may copy every column of the table.
        foreach (ExpectedColumn column in table.Expected.Columns.Where(column => table.Find(column) is null))
            yield return Missing(table, column);

        foreach (ExpectedColumn column in table.Expected.Columns)
        {
            if (table.Find(column) is not { } actual)
                continue;
            if (!table.Session.IsAsGoodAs(actual.StoreType, column.StoreType))
                yield return OfAnotherType(table, column, actual);
            else if (column.IsCompared && table.Session.IsOfAnotherCollation(column, actual))
                yield return OfAnotherCollation(table, column, actual);
            if (column.IsNullable != actual.IsNullable)
                yield return OfAnotherNullability(table, column, actual);
        }

        foreach (DatabaseColumn other in table.Others.Where(static other => IsInTheWay(other)))
            yield return InTheWay(table, other);
    }

    private static SchemaFinding Missing(TableUnderCheck table, ExpectedColumn column)
    {
        string rows = column.Filler is { } filler && !column.IsFilledRightly ? $" Rows that are there already get '{Text(filler)}' in it by the statement below; see to it that they get what they had." : "";
        return new SchemaFinding(Subject(table, column.Name), $"It is missing.{rows}", table.Ddl.Write(column.Add(table.Actual.Name, table.Schema, isPopulated: true)));
    }

    private static SchemaFinding OfAnotherType(TableUnderCheck table, ExpectedColumn column, DatabaseColumn actual)
    {
        string ddl = Altered(table, column, actual.StoreType, actual.IsNullable, after => { after.ColumnType = column.StoreType; after.Collation = column.Collation; });
        ddl = table.Session.WithConversion(ddl, table.Sql.DelimitIdentifier(actual.Name), actual.StoreType, column.StoreType);
        string cut = column.StoreType.Equals("text", StringComparison.OrdinalIgnoreCase) && actual.StoreType!.Contains("char", StringComparison.OrdinalIgnoreCase)
            ? " A longer value would be refused or cut, and a cut token is lost." : "";
        return WithRebuildGuarded(table, Subject(table, actual.Name), $"It is {actual.StoreType}, and must be {column.StoreType}.{cut}", ddl);
    }

    private static SchemaFinding OfAnotherCollation(TableUnderCheck table, ExpectedColumn column, DatabaseColumn actual) => WithRebuildGuarded(
        table,
        Subject(table, actual.Name),
        $"Its collation {actual.Collation ?? "(the default)"} must be {column.Collation ?? "the default"}: keys are compared ordinally, or two users may meet in one row.",
        Altered(table, column, column.StoreType, actual.IsNullable, after => after.Collation = column.Collation, actual.Collation));

    private static SchemaFinding OfAnotherNullability(TableUnderCheck table, ExpectedColumn column, DatabaseColumn actual) => WithRebuildGuarded(
        table,
        Subject(table, actual.Name),
        column.IsNullable
            ? $"It is NOT NULL, and must allow NULL: a {table.Expected.RowName} without this value could not be saved."
            : "It allows NULL, and must be NOT NULL. Where it is NULL, a value has to be filled in first.",
        Altered(table, column, column.StoreType, actual.IsNullable, after => after.IsNullable = column.IsNullable));

    private static SchemaFinding InTheWay(TableUnderCheck table, DatabaseColumn other)
    {
        AlterColumnOperation operation = new()
        {
            Table = table.Actual.Name,
            Schema = table.Schema,
            Name = other.Name,
            ClrType = typeof(string),
            ColumnType = other.StoreType,
            IsNullable = true,
            OldColumn = new AddColumnOperation { Name = other.Name, ClrType = typeof(string), ColumnType = other.StoreType },
        };
        return WithRebuildGuarded(
            table, Subject(table, other.Name), $"It is NOT NULL without a default, and not one of ours: no {table.Expected.RowName} could be inserted.", table.Ddl.Write(operation));
    }

    /// <summary>One aspect of a column after the other: what is printed does what its finding says, and nothing else.</summary>
    private static string Altered(
        TableUnderCheck table, ExpectedColumn column, string? type, bool isNullable, Action<AlterColumnOperation> change, string? collation = null)
    {
        AddColumnOperation target = column.Add(table.Actual.Name, table.Schema, isPopulated: false);
        AlterColumnOperation operation = new()
        {
            Table = table.Actual.Name,
            Schema = table.Schema,
            Name = target.Name,
            ClrType = target.ClrType,
            ColumnType = type,
            IsNullable = isNullable,
            Collation = collation,
            DefaultValue = target.DefaultValue,
            OldColumn = new AddColumnOperation
            {
                Name = target.Name, ClrType = target.ClrType, ColumnType = type, IsNullable = isNullable, Collation = collation, DefaultValue = target.DefaultValue,
            },
        };
        operation.AddAnnotations(target.GetAnnotations());
        change(operation);
        return table.Ddl.Write(operation);
    }

    private static SchemaFinding WithRebuildGuarded(TableUnderCheck table, string subject, string message, string ddl) =>
        DdlWriter.IsRebuild(ddl) && table.Others.Any()
            ? new SchemaFinding(
                subject,
                message,
                $"This engine alters a column by creating the table again, and that would drop {string.Join(", ", table.Others.Select(static other => other.Name))}. Create it again yourself, with those columns.")
            : new SchemaFinding(subject, message, ddl);

    private static bool IsInTheWay(DatabaseColumn other) =>
        other is { IsNullable: false, DefaultValueSql: null, ComputedColumnSql: null, ValueGenerated: null };

    private static string Text(object filler) => Convert.ToString(filler is DateTime time ? time.ToString("u", CultureInfo.InvariantCulture) : filler, CultureInfo.InvariantCulture)!;

    private static string Subject(TableUnderCheck table, string column) => $"column {table.FullName}.{column}";
}
