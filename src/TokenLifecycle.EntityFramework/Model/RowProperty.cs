namespace TokenLifecycle.EntityFramework.Model;

/// <summary>One property of a row.</summary>
/// <param name="Name">Its name in the model.</param>
/// <param name="Column">The name of its column, unless the app changes it.</param>
/// <param name="ClrType">Its type; times are UTC.</param>
/// <param name="IsRequired">Whether its column may not be NULL. All others may, so that they can be added to a table that has rows.</param>
/// <param name="Get">Reads it.</param>
/// <param name="Set">Writes it.</param>
internal sealed record RowProperty(
    string Name, string Column, Type ClrType, bool IsRequired, Func<OAuthConnection, object?> Get, Action<OAuthConnection, object?> Set);
