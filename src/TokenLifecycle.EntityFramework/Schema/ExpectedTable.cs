using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Migrations.Operations;
using TokenLifecycle.EntityFramework.Model;

namespace TokenLifecycle.EntityFramework.Schema;

/// <summary>
/// The table as a migration would create it. Taken from the table of the relational model and not from the differences to an empty
/// database: those leave out a table that the app excludes from its migrations, and bring in the columns of other entities which share it.
/// </summary>
internal sealed class ExpectedTable
{
    // Connections are found by these, so they must be compared ordinally; requests by theirs.
    private static readonly string[] Compared = [Row.Provider, Row.UserId, Row.Connection, Row.Tenant, Row.AccountId];
    private static readonly string[] ComparedOfRequests = [RequestRow.Id, RequestRow.Holder];

    private readonly ITable _table;

    private ExpectedTable(DbContext context, TokenTable names, IEnumerable<string> properties, IEnumerable<string> key, string[] compared)
    {
        Model = context.GetService<IDesignTimeModel>().Model;
        ITableMapping mapping = Model.FindEntityType(names.EntityType.Name)!.GetTableMappings().First();
        _table = (ITable)mapping.Table;
        Dictionary<string, IColumn> columns = mapping.ColumnMappings.ToDictionary(static column => column.Property.Name, static column => column.Column, StringComparer.Ordinal);
        Columns = [.. properties.Select(name => new ExpectedColumn(columns[name], compared.Contains(name, StringComparer.Ordinal), name == Row.Connection ? TokenKey.DefaultConnection : ""))];
        Key = [.. key.Select(property => columns[property].Name)];
        Indexes = [.. _table.Indexes.Where(index => index.MappedIndexes.Any(mapped => mapped.DeclaringEntityType == mapping.TypeBase))];
    }

    /// <summary>The table of connections.</summary>
    /// <exception cref="InvalidOperationException">The model has none; the message says how to add it.</exception>
    public static ExpectedTable OfConnections(DbContext context) => new(context, TokenTable.Of(context), Row.All.Select(static row => row.Name), Row.Key, Compared)
    {
        RowName = "connection",
        HowToSetSchema = $"set {nameof(TokenTableOptions.Schema)} = \"{{0}}\" in {nameof(TokenLifecycleModelBuilderExtensions.AddTokenLifecycle)}()",
    };

    /// <summary>The table of pending authorization requests.</summary>
    /// <exception cref="InvalidOperationException">The model has none; the message says how to add it.</exception>
    public static ExpectedTable OfRequests(DbContext context) => new(context, TokenTable.OfRequests(context), RequestRow.All.Select(static row => row.Name), [RequestRow.Id], ComparedOfRequests)
    {
        RowName = "request",
        HowToSetSchema = $"call {nameof(TokenLifecycleModelBuilderExtensions.AddTokenLifecycleAuthorizationRequests)}(schema: \"{{0}}\")",
    };

    /// <summary>What a row is, for people.</summary>
    public required string RowName { get; init; }

    /// <summary>How the app names the schema of this table, which replaces {0}.</summary>
    public required string HowToSetSchema { get; init; }

    /// <summary>The model with all that is needed to write DDL.</summary>
    public IModel Model { get; }

    public string Name => _table.Name;

    /// <summary>As in the model; <see langword="null"/> where the engine or the connection decides.</summary>
    public string? Schema => _table.Schema;

    public IReadOnlyList<ExpectedColumn> Columns { get; }

    /// <summary>The key's columns, in order.</summary>
    public IReadOnlyList<string> Key { get; }

    public IReadOnlyList<ITableIndex> Indexes { get; }

    /// <summary>Everything that makes the table.</summary>
    public IEnumerable<MigrationOperation> Create(string? schema)
    {
        if (schema is not null)
            yield return new EnsureSchemaOperation { Name = schema };

        CreateTableOperation create = new() { Name = Name, Schema = schema, PrimaryKey = PrimaryKey(schema) };
        create.Columns.AddRange(Columns.Select(column => column.Add(Name, schema, isPopulated: false)));
        yield return create;
        foreach (ITableIndex index in Indexes)
            yield return Index(index, schema);
    }

    public AddPrimaryKeyOperation PrimaryKey(string? schema) =>
        new() { Name = _table.PrimaryKey?.Name ?? $"pk_{Name}", Table = Name, Schema = schema, Columns = [.. Key] };

    public static CreateIndexOperation Index(ITableIndex index, string? schema)
    {
        CreateIndexOperation operation = CreateIndexOperation.CreateFrom(index);
        operation.Schema = schema;
        return operation;
    }
}
