using System.Text.RegularExpressions;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.House;

/// <summary>A row of a page in <c>docs/rules</c>.</summary>
/// <param name="Page">The page's file name.</param>
/// <param name="Row">The row's text.</param>
/// <param name="Id">The id, for example <c>FR-1</c>; empty if the row isn't well formed.</param>
/// <param name="Anchor">The anchor that links point to.</param>
/// <param name="State">Whether a test carries the rule: <c>tested</c> or <c>planned</c>.</param>
internal sealed partial record Rule(string Page, string Row, string Id, string Anchor, string State)
{
    public const string Tested = "tested";

    public static IReadOnlyList<Rule> All { get; } =
        [.. Directory.EnumerateFiles(RepositoryRoot.Combine("docs", "rules"), "*.md").Order(StringComparer.Ordinal).SelectMany(Read)];

    public override string ToString() => Id.Length > 0 ? Id : Row;

    private static IEnumerable<Rule> Read(string page) =>
        from line in File.ReadLines(page)
        where line.StartsWith("| <a ", StringComparison.Ordinal)
        let row = WellFormed().Match(line)
        select new Rule(Path.GetFileName(page), line, row.Groups["id"].Value, row.Groups["anchor"].Value, row.Groups["state"].Value);

    // Five cells: id, rule, why, source, state.
    [GeneratedRegex(
        @"^\| <a id=""(?<anchor>[a-z0-9-]+)""></a>(?<id>[A-Z]{2}-[1-9]\d?|[A-Z][1-9]\d?|Law [1-9]\d?) \|"
            + @"(?: [^|]+ \|){3} (?<state>tested|planned) \|$",
        RegexOptions.None,
        matchTimeoutMilliseconds: 5000)]
    private static partial Regex WellFormed();
}
