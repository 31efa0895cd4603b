using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Migrations.Operations;
using TokenLifecycle.EntityFramework.Model;

namespace TokenLifecycle.EntityFramework.Schema;

/// <summary>A column as the model has it.</summary>
internal sealed class ExpectedColumn(RowProperty row, IColumn column)
{
    public RowProperty Row { get; } = row;

    public string Name => column.Name;

    public string StoreType => column.StoreType;

    public bool IsNullable => column.IsNullable;

    public string? Collation => column.Collation;

    /// <summary>Whether rows are found by it, so that it must be compared ordinally.</summary>
    public bool IsCompared => Row.Name is Model.Row.Provider or Model.Row.UserId or Model.Row.Connection or Model.Row.AccountId;

    /// <summary>What rows get that were there before the column was, if they must have something.</summary>
    public object? Filler => IsNullable ? null
        : column.TryGetDefaultValue(out object? value) ? value
        : Row.Name == Model.Row.Connection ? TokenKey.DefaultConnection
        : "";

    /// <param name="table">The table.</param>
    /// <param name="schema">Its schema.</param>
    /// <param name="isPopulated">Whether the table may have rows already: a column that must have a value then needs a default.</param>
    public AddColumnOperation Add(string table, string? schema, bool isPopulated)
    {
        _ = column.TryGetDefaultValue(out object? value);
        return new AddColumnOperation
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
    }
}
