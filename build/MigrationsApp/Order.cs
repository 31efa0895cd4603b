namespace MigrationsApp;

/// <summary>An entity of the app.</summary>
public sealed class Order
{
    public int Id { get; set; }

    public string Text { get; set; } = "";
}
