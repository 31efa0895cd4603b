using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;
using TokenLifecycle.EntityFramework.Rows;

namespace TokenLifecycle.EntityFramework.Model;

/// <summary>
/// A table as the app's model has it: names are read back from there, because conventions of the app may have changed what was asked for.
/// One per model, as an app may have several (one schema for each tenant, for example).
/// </summary>
internal sealed class TokenTable
{
    private static readonly ConditionalWeakTable<IModel, TokenTable> Known = [];
    private static readonly ConditionalWeakTable<IModel, TokenTable> KnownRequests = [];

    private readonly Dictionary<string, (string Column, RelationalTypeMapping Mapping)> _columns = new(StringComparer.Ordinal);
    private readonly (RowProperty Property, ColumnReader Reader)[] _readers;
    private readonly (RowProperty Property, ColumnReader Reader)[] _tokenReaders;
    private readonly IRelationalCommand[] _find;
    private readonly IRelationalCommand[] _findToken;

    private TokenTable(DbContext context, IEntityType? entityType, IReadOnlyList<string> properties, string[] key, string what, string call)
    {
        EntityType = entityType ?? throw new InvalidOperationException(
            $"The model of {context.GetType().Name} has no table for {what}. Call modelBuilder.{call}() at the end of {context.GetType().Name}.OnModelCreating, then add a migration.");
        string table = EntityType.GetTableName() ?? throw new InvalidOperationException($"The entity {EntityType.DisplayName()} in the model of {context.GetType().Name} is mapped to no table. Map it with {call}() alone.");
        string? schema = EntityType.GetSchema();
        ISqlGenerationHelper sql = context.GetService<ISqlGenerationHelper>();
        Name = sql.DelimitIdentifier(table, schema);
        StoreObjectIdentifier store = StoreObjectIdentifier.Table(table, schema);
        foreach (string name in properties)
        {
            IProperty property = EntityType.FindProperty(name) ?? throw new UnreachableException(name);
            _columns.Add(name, (sql.DelimitIdentifier(property.GetColumnName(store) ?? property.GetColumnName()), property.GetRelationalTypeMapping()));
        }

        ProviderName = context.Database.ProviderName;
        AllColumns = string.Join(", ", properties.Select(name => this[name]));
        string[] ofToken = [.. properties.Except(Row.OfWriters, StringComparer.Ordinal)];
        _find = [FindOf(context, properties, key, isPositional: false), FindOf(context, properties, key, isPositional: true)];
        _findToken = [FindOf(context, ofToken, key, isPositional: false), FindOf(context, ofToken, key, isPositional: true)];
        _readers = ReadersOf(properties);
        _tokenReaders = ReadersOf(ofToken);
    }

    /// <summary>The entity type in the app's model.</summary>
    public IEntityType EntityType { get; }

    /// <summary>The name of EF's provider. Asked once: EF reads it from the assembly each time.</summary>
    public string? ProviderName { get; }

    /// <summary>Schema and table, quoted for SQL.</summary>
    public string Name { get; }

    /// <summary>All columns, quoted for SQL, in their order.</summary>
    public string AllColumns { get; }

    /// <summary>
    /// Reads the row of a key (not of the primary key, which may be the app's own), by parameters that go by the names of its properties.
    /// Put together once: to do so takes longer than to send it.
    /// </summary>
    /// <param name="isPositional">Whether the statement names its parameters by position.</param>
    public IRelationalCommandTemplate Find(bool isPositional) => _find[isPositional ? 1 : 0];

    /// <summary>
    /// The same for callers that need only the token: columns that are not read cost the database and the network nothing.
    /// </summary>
    /// <param name="isPositional">Whether the statement names its parameters by position.</param>
    public IRelationalCommandTemplate FindToken(bool isPositional) => _findToken[isPositional ? 1 : 0];

    /// <summary>A property's column, quoted for SQL.</summary>
    public string this[string property] => _columns[property].Column;

    public static TokenTable Of(DbContext context) => Known.GetValue(context.Model, _ => new TokenTable(
        context, context.Model.FindEntityType(typeof(OAuthConnection)), [.. Row.All.Select(static row => row.Name)], Row.Key, "connections", nameof(TokenLifecycleModelBuilderExtensions.AddTokenLifecycle)));

    /// <summary>The table of pending authorization requests.</summary>
    public static TokenTable OfRequests(DbContext context) => KnownRequests.GetValue(context.Model, _ => new TokenTable(
        context,
        context.Model.FindEntityType(RequestRow.EntityName),
        [.. RequestRow.All.Select(static row => row.Name)],
        [RequestRow.Id],
        "pending authorization requests",
        nameof(TokenLifecycleModelBuilderExtensions.AddTokenLifecycleAuthorizationRequests)));

    private IRelationalCommand FindOf(DbContext context, IEnumerable<string> properties, string[] key, bool isPositional)
    {
        IRelationalCommandBuilder command = context.GetService<IRelationalCommandBuilderFactory>().Create()
            .Append($"SELECT {string.Join(", ", properties.Select(name => this[name]))} FROM {Name} WHERE {string.Join(" AND ", key.Select(Condition))}");
        foreach (string name in key)
            command.AddParameter(name, isPositional ? "" : "@" + name, _columns[name].Mapping, nullable: false);
        return command.Build();

        string Condition(string name, int place) =>
            $"{this[name]} = {(isPositional ? string.Create(CultureInfo.InvariantCulture, $"${place + 1}") : "@" + name)}";
    }

    /// <summary>A parameter of a property's type.</summary>
    public DbParameter Parameter(DbCommand command, string name, string property, object? value) =>
        _columns[property].Mapping.CreateParameter(command, "@" + name, value, nullable: true);

    /// <summary>The row that a reader stands on, whose columns are <see cref="AllColumns"/> first of all.</summary>
    public OAuthConnection ReadRow(DbDataReader reader) => Read(reader, _readers);

    /// <summary>The row that a reader of <see cref="FindToken"/> stands on.</summary>
    public OAuthConnection ReadToken(DbDataReader reader) => Read(reader, _tokenReaders);

    private (RowProperty Property, ColumnReader Reader)[] ReadersOf(IReadOnlyList<string> properties) =>
        [.. Row.All.Where(row => properties.Contains(row.Name, StringComparer.Ordinal)).Select(row => (row, ColumnReader.Of(_columns[row.Name].Mapping)))];

    private static OAuthConnection Read(DbDataReader reader, (RowProperty Property, ColumnReader Reader)[] columns)
    {
        OAuthConnection row = new();
        for (int column = 0; column < columns.Length; column++)
        {
            if (reader.IsDBNull(column))
                continue;
            object? value = columns[column].Reader.Read(reader, column);
            columns[column].Property.Set(row, value is DateTime time ? time.InUtc() : value);
        }

        return row;
    }
}
