using System.Globalization;
using System.Text;

namespace TokenLifecycle.Importing;

/// <summary>What became of each row. Holds no token; print it.</summary>
public sealed class ImportReport
{
    internal ImportReport(bool isDryRun, IReadOnlyList<ImportedConnection> imported, IReadOnlyList<ImportRefusal> refused, int notReached, Exception? failure)
    {
        IsDryRun = isDryRun;
        Imported = imported;
        Refused = refused;
        NotReached = notReached;
        Failure = failure;
    }

    /// <summary>Whether nothing was written.</summary>
    public bool IsDryRun { get; }

    /// <summary>The rows that were imported; in a dry run, that would be.</summary>
    public IReadOnlyList<ImportedConnection> Imported { get; }

    /// <summary>The rows that were not, and why.</summary>
    public IReadOnlyList<ImportRefusal> Refused { get; }

    /// <summary>
    /// How many good rows were left when the store failed. Run the import again: what is in the store already is left alone.
    /// </summary>
    public int NotReached { get; }

    /// <summary>Why the import stopped early; <see langword="null"/> if every row was dealt with.</summary>
    public Exception? Failure { get; }

    /// <summary>The number of rows read.</summary>
    public int Rows => Imported.Count + Refused.Count + NotReached;

    /// <summary>The number of rows refused for a reason.</summary>
    /// <param name="reason">The reason.</param>
    public int CountOf(ImportRefusalReason reason) => Refused.Count(refusal => refusal.Reason == reason);

    /// <summary>Counts first, then one line for each row; rows without any tokens are only counted.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        int empty = CountOf(ImportRefusalReason.NoTokens);
        if (Failure is not null)
            text.Append(CultureInfo.InvariantCulture, $"STOPPED: the store failed ({Failure.GetType().Name}); {NotReached} good row(s) were not processed. Fix the store and run the import again.\n");
        text.Append(IsDryRun ? "Dry run, nothing was written. To import: " : "Imported: ");
        text.Append(CultureInfo.InvariantCulture, $"{Imported.Count}. Refused: {Refused.Count - empty}. Without any tokens: {empty}. Rows: {Rows}.\n");
        foreach (ImportedConnection connection in Imported)
            text.Append(CultureInfo.InvariantCulture, $"  + {connection}\n");
        foreach (ImportRefusal refusal in Refused.Where(static refusal => refusal.Reason != ImportRefusalReason.NoTokens))
            text.Append(CultureInfo.InvariantCulture, $"  - {refusal}\n");
        return text.ToString();
    }
}
