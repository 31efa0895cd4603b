namespace MigrationsApp;

/// <summary>Something of the app's own.</summary>
public sealed class Order
{
    public int Id { get; set; }

    public string Text { get; set; } = "";
}
