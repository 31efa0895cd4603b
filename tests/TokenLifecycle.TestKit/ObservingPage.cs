using System.Text.RegularExpressions;

namespace TokenLifecycle.TestKit;

/// <summary>The tables of <c>docs/observing.md</c>, to be compared with what the library does.</summary>
public static partial class ObservingPage
{
    private static readonly string Text = File.ReadAllText(RepositoryRoot.Combine("docs", "observing.md"));

    public static IReadOnlyList<ObservedMetric> Metrics { get; } =
    [
        .. Rows("metric").Select(static cells => new ObservedMetric(Plain(cells[0]), cells[1], Plain(cells[2]) is "–" ? "" : Plain(cells[2]), Names(cells[3]))),
    ];

    public static IReadOnlyList<ObservedSpan> Spans { get; } = [.. Rows("span").Select(static cells => new ObservedSpan(Plain(cells[0]), cells[1], Names(cells[2])))];

    /// <summary>Id, level and name of each event of the log.</summary>
    public static IReadOnlyList<(int Id, string Level, string Name)> Events { get; } =
    [
        .. Rows("id").Select(static cells => (int.Parse(cells[0], System.Globalization.CultureInfo.InvariantCulture), cells[1], Plain(cells[2]))),
    ];

    private static IEnumerable<string[]> Rows(string firstColumn) =>
        Text.ReplaceLineEndings("\n").Split('\n')
            .SkipWhile(line => !line.StartsWith($"| {firstColumn} |", StringComparison.Ordinal))
            .Skip(2)
            .TakeWhile(static line => line.StartsWith('|'))
            .Select(static line => line.Trim('|', ' ').Split('|', StringSplitOptions.TrimEntries));

    private static string Plain(string cell) => cell.Trim('`');

    private static string[] Names(string cell) => [.. Quoted().Matches(cell).Select(static match => match.Groups["name"].Value).Order(StringComparer.Ordinal)];

    [GeneratedRegex("`(?<name>[^`]+)`", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Quoted();
}
