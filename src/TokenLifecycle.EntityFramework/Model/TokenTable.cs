using System.Data.Common;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;

namespace TokenLifecycle.EntityFramework.Model;

/// <summary>
/// The table as the app's model has it: names are read back from there, because conventions of the app may have changed what was asked for.
/// One per model, as an app may have several (one schema for each tenant, for example).
/// </summary>
internal sealed class TokenTable
{
    private static readonly ConditionalWeakTable<IModel, TokenTable> Known = [];

    private readonly Dictionary<string, (string Column, RelationalTypeMapping Mapping)> _columns = new(StringComparer.Ordinal);

    private TokenTable(DbContext context)
    {
        EntityType = context.Model.FindEntityType(Row.EntityName) ?? throw new InvalidOperationException(
            $"The model of {context.GetType().Name} has no table for connections. Call modelBuilder.{nameof(TokenLifecycleModelBuilderExtensions.AddTokenLifecycle)}() at the end of {context.GetType().Name}.OnModelCreating, "
            + "then add a migration.");
        string table = EntityType.GetTableName() ?? throw new InvalidOperationException($"The entity {Row.EntityName} in the model of {context.GetType().Name} is mapped to no table. Map it with AddTokenLifecycle() alone.");
        string? schema = EntityType.GetSchema();
        ISqlGenerationHelper sql = context.GetService<ISqlGenerationHelper>();
        Name = sql.DelimitIdentifier(table, schema);
        StoreObjectIdentifier store = StoreObjectIdentifier.Table(table, schema);
        foreach (RowProperty row in Row.All)
        {
            IProperty property = EntityType.FindProperty(row.Name) ?? throw new UnreachableException(row.Name);
            _columns.Add(row.Name, (sql.DelimitIdentifier(property.GetColumnName(store) ?? property.GetColumnName()), property.GetRelationalTypeMapping()));
        }

        AllColumns = string.Join(", ", Row.All.Select(row => this[row.Name]));
    }

    /// <summary>The entity type in the app's model.</summary>
    public IEntityType EntityType { get; }

    /// <summary>Schema and table, quoted for SQL.</summary>
    public string Name { get; }

    /// <summary>All columns, quoted for SQL, in the order of <see cref="Row.All"/>.</summary>
    public string AllColumns { get; }

    /// <summary>A property's column, quoted for SQL.</summary>
    public string this[string property] => _columns[property].Column;

    public static TokenTable Of(DbContext context) => Known.GetValue(context.Model, _ => new TokenTable(context));

    /// <summary>A parameter of a property's type.</summary>
    public DbParameter Parameter(DbCommand command, string name, string property, object? value) =>
        _columns[property].Mapping.CreateParameter(command, "@" + name, value, nullable: true);
}
