using System.Runtime.CompilerServices;
using TokenLifecycle.EntityFramework.Model;

namespace TokenLifecycle.EntityFramework.Portable;

/// <summary>
/// Plain SQL that every engine understands: a row is replaced or deleted only if it still carries the mark of the write that was read.
/// </summary>
internal sealed class PortableStatements
{
    public const string SeenWriteId = "seen_write_id";
    public const string Attempt = "attempt";
    public const string Now = "now";

    private static readonly ConditionalWeakTable<TokenTable, PortableStatements> Known = [];

    private readonly string _replace;
    private readonly string _delete;
    private readonly string _writeId;

    private PortableStatements(TokenTable table)
    {
        string key = string.Join(" AND ", Row.Key.Select(name => $"{table[name]} = @{name}"));
        _writeId = table[Row.WriteId];
        _replace = $"UPDATE {table.Name} SET {string.Join(", ", Row.All.Select(static row => row.Name).Except(Row.Key, StringComparer.Ordinal).Select(name => $"{table[name]} = @{name}"))} WHERE {key}";
        _delete = $"DELETE FROM {table.Name} WHERE {key}";
        Due = RowLocking.Of(table.ProviderName) is { } locking ? DueOf(table, locking) : null;
        Insert = $"INSERT INTO {table.Name} ({table.AllColumns}) VALUES ({string.Join(", ", Row.All.Select(static row => "@" + row.Name))})";
    }

    public string Insert { get; }

    /// <summary>Locks what may be due, and skips what others have locked; <see langword="null"/> on an engine that cannot.</summary>
    public string? Due { get; }

    public static PortableStatements Of(TokenTable table) => Known.GetValue(table, static table => new PortableStatements(table));

    public string Replace(bool hasSeen) => _replace + Seen(hasSeen);

    public string Delete(bool hasSeen) => _delete + Seen(hasSeen);

    private static string DueOf(TokenTable table, RowLocking locking) => $"""
        SELECT {locking.Top}{table.AllColumns} FROM {table.Name}{locking.Hint}
        WHERE {table[Row.Provider]} = @{Row.Provider} AND {table[Row.NextRefreshAt]} <= @{Now}
            AND ({table[Row.LeaseOwner]} IS NULL OR {table[Row.LeaseOwner]} = @{Attempt}
                OR {table[Row.LeaseUntil]} IS NULL OR {table[Row.LeaseUntil]} <= @{Now} OR {table[Row.LeaseTakenAt]} > @{Now})
        ORDER BY {table[Row.NextRefreshAt]}{locking.End}
        """;

    private string Seen(bool hasSeen) => hasSeen ? $" AND {_writeId} = @{SeenWriteId}" : $" AND {_writeId} IS NULL";
}
