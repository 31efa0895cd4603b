using System.Text.RegularExpressions;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.House;

/// <summary>A place that cites a rule: a comment, a trait, a test's name, or a page.</summary>
/// <param name="File">The path from the repository's root on.</param>
/// <param name="Id">The rule's id.</param>
/// <param name="IsCarried">Whether a test carries the rule as a trait or in its name.</param>
internal sealed partial record RuleCitation(string File, string Id, bool IsCarried)
{
    private static readonly string[] Folders = ["src", "tests", "docs", "samples"];

    // One letter and a number can be anything, so only the letters that have rules count.
    private static readonly HashSet<char> Letters =
        [.. Rule.All.Where(static rule => rule.Id.Length > 1 && char.IsAsciiDigit(rule.Id[1])).Select(static rule => rule.Id[0])];

    public static IReadOnlyList<RuleCitation> All { get; } =
    [
        .. Folders.SelectMany(static folder => Files(RepositoryRoot.Combine(folder)))
            .Concat(Directory.EnumerateFiles(RepositoryRoot.Combine(), "*.md"))
            .SelectMany(Read),
    ];

    public bool IsInTests => File.StartsWith("tests/", StringComparison.Ordinal);

    public override string ToString() => $"{Id} in {File}";

    /// <summary>Returns the ids that a sentence cites.</summary>
    public static IEnumerable<string> IdsIn(string text)
    {
        foreach (Match match in Citation().Matches(text))
        {
            string id = match.Groups["id"].Value;
            if (id.Contains('-', StringComparison.Ordinal) || (id.Length > 0 && Letters.Contains(id[0])))
                yield return id;
            foreach (Capture law in match.Groups["law"].Captures)
                yield return $"Law {law.Value}";
        }
    }

    /// <summary>Returns the comments of C# code; what looks like one within a string isn't.</summary>
    public static IEnumerable<string> CommentsIn(string code) =>
        CommentOrLiteral().Matches(code).Select(static match => match.Groups["comment"].Value).Where(static comment => comment.Length > 0);

    /// <summary>Returns the ids at the beginning of a test's name.</summary>
    public static IEnumerable<string> IdsOfName(string name) =>
        NamePrefix().Match(name).Groups["id"].Captures
            .Select(static capture => capture.Value.Replace("_", "", StringComparison.Ordinal))
            .Select(static id => id.StartsWith("Law", StringComparison.Ordinal) ? $"Law {id[3..]}"
                : char.IsAsciiDigit(id[1]) ? id
                : $"{id[..2]}-{id[2..]}");

    /// <summary>Returns what a page says, without code and the targets of links.</summary>
    public static string ProseOf(string page) => LinkTarget().Replace(Code().Replace(page, ""), "]");

    private static IEnumerable<string> Files(string folder) =>
        Directory.EnumerateFiles(folder)
            .Where(static path => Path.GetExtension(path) is ".cs" or ".md")
            .Concat(Directory.EnumerateDirectories(folder)
                .Where(static path => Path.GetFileName(path) is not ("bin" or "obj" or "node_modules"))
                .SelectMany(Files));

    private static IEnumerable<RuleCitation> Read(string path)
    {
        string file = Path.GetRelativePath(RepositoryRoot.Combine(), path).Replace(Path.DirectorySeparatorChar, '/');
        string text = System.IO.File.ReadAllText(path).ReplaceLineEndings("\n");
        if (Path.GetExtension(path) == ".md")
            return IdsIn(ProseOf(text)).Select(id => new RuleCitation(file, id, IsCarried: false));

        IEnumerable<string> carried = Trait().Matches(text).Select(static match => match.Groups["id"].Value);
        if (file.StartsWith("tests/", StringComparison.Ordinal))
            carried = carried.Concat(Method().Matches(text).SelectMany(static match => IdsOfName(match.Groups["name"].Value)));
        return carried.Select(id => new RuleCitation(file, id, IsCarried: true))
            .Concat(CommentsIn(text).SelectMany(IdsIn).Select(id => new RuleCitation(file, id, IsCarried: false)));
    }

    [GeneratedRegex(
        @"\b(?<id>[A-Z]{2}-[1-9][0-9]?|[A-Z][1-9][0-9]?)\b(?!\.\d)"
            + @"|\b[Ll]aws? (?<law>[1-9][0-9]?)\b(?:(?:,| and) (?<law>[1-9][0-9]?)\b)*",
        RegexOptions.None,
        matchTimeoutMilliseconds: 5000)]
    private static partial Regex Citation();

    [GeneratedRegex(""""
        (?<quotes>"{3,}).*?\k<quotes>|\$?@\$?"(?:[^"]|"")*"|"(?:\\.|[^"\\\n])*"|'(?:\\[^\n]+?|[^'\\\n])'|(?<comment>//[^\n]*|/\*.*?\*/)
        """", RegexOptions.Singleline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex CommentOrLiteral();

    [GeneratedRegex("""
        \[Trait\("Rule", "(?<id>[^"]+)"\)\]
        """, RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Trait();

    [GeneratedRegex(@"\b(?:Task|ValueTask|void) (?<name>[A-Z]\w*)\(", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Method();

    [GeneratedRegex(
        "^(?:(?:(?<id>[A-Z]{2}_[0-9]+|[A-Z][0-9]+|Law_?[0-9]+)|CVE_[0-9]+_[0-9]+|ADR[0-9]+|Incident_[A-Z])_)+",
        RegexOptions.None,
        matchTimeoutMilliseconds: 5000)]
    private static partial Regex NamePrefix();

    [GeneratedRegex(@"^```.*?^```|`[^`\n]*`", RegexOptions.Singleline | RegexOptions.Multiline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Code();

    [GeneratedRegex(@"\]\([^)\s]*\)", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex LinkTarget();
}
