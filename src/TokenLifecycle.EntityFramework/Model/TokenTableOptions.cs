namespace TokenLifecycle.EntityFramework;

/// <summary>Where connections are kept: a table of the app's own database.</summary>
public sealed class TokenTableOptions
{
    /// <summary>The table.</summary>
    /// <value>The default value is <c>oauth_connections</c>.</value>
    public string Table { get; set; } = "oauth_connections";

    /// <summary>The table's schema; <see langword="null"/> for the default schema of the model.</summary>
    /// <value>The default value is <see langword="null"/>.</value>
    public string? Schema { get; set; }

    /// <summary>
    /// The collation of the key columns and of the account id. Keys are compared ordinally: on an engine whose default collation ignores
    /// case or trailing blanks, name a binary one here, or two users may meet in one row.
    /// </summary>
    /// <value>The default value is <see langword="null"/>: <c>C</c> on PostgreSQL, <c>utf8mb4_bin</c> on MySQL and MariaDB, the engine's
    /// own elsewhere, which is right for SQLite.</value>
    public string? KeyCollation { get; set; }
}
