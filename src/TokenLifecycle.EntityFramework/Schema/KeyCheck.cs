using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Migrations.Operations;
using Microsoft.EntityFrameworkCore.Scaffolding.Metadata;

namespace TokenLifecycle.EntityFramework.Schema;

/// <summary>Finds out whether two rows could have the same key, and whether the lookups have their indexes.</summary>
internal static class KeyCheck
{
    private const string QuotesAndBrackets = "\"`[]() \t\r\n";

    public static IEnumerable<SchemaFinding> Run(TableUnderCheck table)
    {
        if (!HasKey(table))
            yield return WithoutKey(table);
        foreach (ITableIndex index in table.Expected.Indexes.Where(index => !table.Actual.Indexes.Any(actual => Serves(table, actual, index))))
            yield return WithoutIndex(table, index);
    }

    /// <summary>A unique index or constraint is as good as the primary key, which an adopted table may have on another column.</summary>
    private static bool HasKey(TableUnderCheck table) =>
        IsKey(table, table.Actual.PrimaryKey?.Columns)
        || table.Actual.UniqueConstraints.Any(constraint => IsKey(table, constraint.Columns))
        || table.Actual.Indexes.Any(index => index is { IsUnique: true, Filter: null } && IsKey(table, index.Columns));

    private static bool IsKey(TableUnderCheck table, IList<DatabaseColumn>? columns) =>
        columns is not null && columns.Count == table.Expected.Key.Count && columns.All(column => table.Expected.Key.Contains(column.Name, table.Names));

    private static SchemaFinding WithoutKey(TableUnderCheck table)
    {
        string[] columns = [.. table.Expected.Key];
        AddPrimaryKeyOperation primaryKey = table.Expected.PrimaryKey(table.Schema);
        string ddl = table.Ddl.Write(primaryKey);
        if (table.Actual.PrimaryKey is { Name: { } former } narrower && narrower.Columns.All(column => table.Expected.Key.Contains(column.Name, table.Names)))
            ddl = table.Ddl.Write(new DropPrimaryKeyOperation { Name = former, Table = table.Actual.Name, Schema = table.Schema }, primaryKey); // From before the key had its last part.
        else if (table.Actual.PrimaryKey is not null || DdlWriter.IsRebuild(ddl))
            ddl = table.Ddl.Write(new CreateIndexOperation { Name = $"ux_{table.Expected.Name}_key", Table = table.Actual.Name, Schema = table.Schema, Columns = columns, IsUnique = true });
        return new SchemaFinding(
            $"primary key of {table.FullName}",
            $"There is neither a primary key nor a unique index on ({string.Join(", ", columns)}): one {table.Expected.RowName} could get two rows. If the statement below reports duplicates, keep the row that was updated last.",
            ddl);
    }

    private static SchemaFinding WithoutIndex(TableUnderCheck table, ITableIndex index)
    {
        CreateIndexOperation create = ExpectedTable.Index(index, table.Schema);
        MigrationOperation[] operations = table.Actual.Indexes.Any(actual => table.Names.Equals(actual.Name, create.Name))
            ? [new DropIndexOperation { Name = create.Name, Table = table.Actual.Name, Schema = table.Schema }, create]
            : [create];
        return new SchemaFinding(
            $"index {TableUnderCheck.Full(table.Schema, create.Name)}",
            $"No index of {table.FullName} begins with ({string.Join(", ", create.Columns)}){(create.Filter is null ? "" : $" where {create.Filter}")}. Everything works, but looks at every row.",
            table.Ddl.Write(operations),
            isBlocking: false);
    }

    /// <summary>Whatever its name is, and whatever columns follow.</summary>
    private static bool Serves(TableUnderCheck table, DatabaseIndex actual, ITableIndex expected) =>
        actual.Columns.Count >= expected.Columns.Count
        && expected.Columns.Select(static column => column.Name).SequenceEqual(actual.Columns.Take(expected.Columns.Count).Select(static column => column.Name), table.Names)
        && (actual.Filter is null || (expected.Filter is not null && string.Equals(Bare(actual.Filter), Bare(expected.Filter), StringComparison.OrdinalIgnoreCase)));

    /// <summary>Engines return a filter with their own brackets and quotes.</summary>
    private static string Bare(string filter) => string.Concat(filter.Where(static c => !QuotesAndBrackets.Contains(c, StringComparison.Ordinal)));
}
