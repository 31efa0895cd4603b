namespace TokenLifecycle.EntityFramework.Model;

/// <summary>One property of a row.</summary>
/// <param name="Name">Its name in the model.</param>
/// <param name="ClrType">Its type; times are UTC.</param>
/// <param name="IsRequired">Whether its column may not be NULL. All others may, so that they can be added to a table that has rows.</param>
/// <param name="ColumnOf">The name that its column is to have.</param>
internal sealed record RowProperty(string Name, Type ClrType, bool IsRequired, Func<TokenTableColumns, string> ColumnOf);
