namespace TokenLifecycle.Tests.House;

/// <summary>A table of a page whose first column is headed by a type's name in code style, as <c>| `TokenFailureKind` | means |</c>.</summary>
/// <param name="Subject">The type.</param>
/// <param name="Rows">The cells of each row.</param>
internal sealed record DocsTable(string Subject, IReadOnlyList<string[]> Rows)
{
    /// <summary>The first cells, without their code style; one cell may hold several names.</summary>
    public IEnumerable<string> Names => Rows.SelectMany(static cells => cells[0].Split(',', StringSplitOptions.TrimEntries)).Select(static name => name.Trim('`'));

    public static IEnumerable<DocsTable> AllOf(string page)
    {
        string[] lines = File.ReadAllLines(page);
        for (int i = 0; i + 1 < lines.Length; i++)
        {
            if (lines[i].StartsWith("| `", StringComparison.Ordinal) && lines[i + 1].StartsWith("| ---", StringComparison.Ordinal))
                yield return new DocsTable(Cells(lines[i])[0].Trim('`'), [.. lines.Skip(i + 2).TakeWhile(static line => line.StartsWith('|')).Select(Cells)]);
        }
    }

    private static string[] Cells(string line) => line.Trim('|', ' ').Split('|', StringSplitOptions.TrimEntries);
}
