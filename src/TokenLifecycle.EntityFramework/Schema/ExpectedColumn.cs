using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Migrations.Operations;
using TokenLifecycle.EntityFramework.Model;

namespace TokenLifecycle.EntityFramework.Schema;

/// <summary>A column as the model has it.</summary>
/// <param name="column">The column.</param>
/// <param name="isCompared">Whether rows are found by it, so that it must be compared ordinally.</param>
/// <param name="text">What rows get, if it is a text that they must have, that were there before it was.</param>
internal sealed class ExpectedColumn(IColumn column, bool isCompared, string text)
{
    public string Name => column.Name;

    public string StoreType => column.StoreType;

    public bool IsNullable => column.IsNullable;

    public string? Collation => column.Collation;

    public bool IsCompared { get; } = isCompared;

    /// <summary>What rows get that were there before the column was, if they must have something.</summary>
    public object? Filler => IsNullable ? null
        : column.TryGetDefaultValue(out object? value) ? value
        : column.StoreTypeMapping.ClrType == typeof(DateTime) ? DateTime.UnixEpoch
        : text;

    /// <summary>Whether that is what they had: the default of a column that was added later.</summary>
    public bool IsFilledRightly => column.TryGetDefaultValue(out object? value) && value is "";

    /// <param name="table">The table.</param>
    /// <param name="schema">Its schema.</param>
    /// <param name="isPopulated">Whether the table may have rows already: a column that must have a value then needs a default.</param>
    public AddColumnOperation Add(string table, string? schema, bool isPopulated)
    {
        _ = column.TryGetDefaultValue(out object? value);
        AddColumnOperation operation = new()
        {
            Table = table,
            Schema = schema,
            Name = Name,
            ClrType = column.StoreTypeMapping.ClrType,
            ColumnType = StoreType,
            IsNullable = IsNullable,
            Collation = Collation,
            DefaultValue = isPopulated ? Filler : value,
        };
        if (column.PropertyMappings[0].Property.FindAnnotation(EngineModel.MySqlCollation) is { } collation)
            operation.AddAnnotation(collation.Name, collation.Value);
        return operation;
    }
}
