namespace TokenLifecycle.Importing;

/// <summary>A row that was imported, or would be. Holds no token.</summary>
public sealed class ImportedConnection
{
    internal ImportedConnection(string source, TokenKey key, DateTimeOffset? expiresAt, IReadOnlyList<string> notes)
    {
        Source = source;
        Key = key;
        ExpiresAt = expiresAt;
        Notes = notes;
    }

    /// <summary>The row: its <see cref="ImportRow.Source"/>, or its number in the input.</summary>
    public string Source { get; }

    /// <summary>The connection it became.</summary>
    public TokenKey Key { get; }

    /// <summary>When the access token expires; <see langword="null"/> if unknown.</summary>
    public DateTimeOffset? ExpiresAt { get; }

    /// <summary>What is worth knowing about it.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>Row, connection, end and notes.</summary>
    public override string ToString() =>
        $"{Source}: {Key}, ends {ExpiresAt?.ToString("u") ?? "at an unknown time"}{(Notes.Count == 0 ? "" : $" ({string.Join("; ", Notes)})")}";
}
