using TokenLifecycle.EntityFramework.Engines;

namespace TokenLifecycle.EntityFramework.Portable;

/// <summary>
/// How an engine locks the rows that a query finds, and skips those that others have locked. Engines share no SQL for it.
/// </summary>
/// <param name="Top">What follows SELECT.</param>
/// <param name="Hint">What follows the table.</param>
/// <param name="End">What follows ORDER BY.</param>
internal sealed record RowLocking(string Top, string Hint, string End)
{
    /// <summary>The parameter with the number of rows.</summary>
    public const string Limit = "limit";

    // PostgreSQL 9.5, MySQL 8.0 and MariaDB 10.6.
    private static readonly RowLocking SkipLocked = new("", "", $" LIMIT @{Limit} FOR UPDATE SKIP LOCKED");

    // READCOMMITTEDLOCK: where READ_COMMITTED_SNAPSHOT is on (in Azure by default), SQL Server refuses READPAST without it.
    private static readonly RowLocking ReadPast = new($"TOP (@{Limit}) ", " WITH (UPDLOCK, ROWLOCK, READPAST, READCOMMITTEDLOCK)", "");

    /// <summary>Returns how the engine of a provider does it; <see langword="null"/> if that is unknown or not possible.</summary>
    public static RowLocking? Of(string? provider) => provider switch
    {
        ProviderNames.Npgsql or ProviderNames.MySql or ProviderNames.Pomelo => SkipLocked,
        ProviderNames.SqlServer => ReadPast,
        _ => null,
    };
}
