using System.Text.RegularExpressions;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.House;

/// <summary>What people read of a file: the comments and strings of code, the text of a page, the description of a package.</summary>
/// <param name="Name">The path from the repository's root on.</param>
/// <param name="Lines">The text by line; what is code is blank.</param>
internal sealed partial record ProseFile(string Name, IReadOnlyList<string> Lines)
{
    private static readonly string[] Pages = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"];

    public static IReadOnlyList<ProseFile> All { get; } =
    [
        .. Files(RepositoryRoot.Combine("src"), ".cs", ".md", ".csproj")
            .Concat(Files(RepositoryRoot.Combine("docs"), ".md", ".yml", ".json"))
            .Concat(Files(RepositoryRoot.Combine("samples"), ".cs", ".razor", ".md", ".csproj"))
            .Concat(Files(RepositoryRoot.Combine(".github"), ".md", ".yml"))
            .Concat(Files(RepositoryRoot.Combine("tests"), ".md"))
            .Concat(Pages.Select(static page => RepositoryRoot.Combine(page)))
            .Order(StringComparer.Ordinal)
            .Select(Read),
    ];

    /// <summary>Returns the comments and strings of C# code, each on its line.</summary>
    public static string ProseOfCode(string code)
    {
        char[] prose = [.. code.Select(static c => c is '\n' ? c : ' ')];
        foreach (Match match in CommentOrString().Matches(code).Where(static match => match.Groups["prose"].Success))
            match.Value.CopyTo(0, prose, match.Index, match.Length);
        return NotProse().Replace(new string(prose), Blank);
    }

    /// <summary>Returns the text of a page without code and the targets of links, each on its line.</summary>
    public static string ProseOfPage(string page) => CodeOrTarget().Replace(page, Blank);

    private static ProseFile Read(string path)
    {
        string text = File.ReadAllText(path).ReplaceLineEndings("\n");
        string prose = Path.GetExtension(path) switch
        {
            ".cs" => ProseOfCode(text),
            ".md" => ProseOfPage(text),
            _ => text,
        };
        return new ProseFile(Path.GetRelativePath(RepositoryRoot.Combine(), path).Replace('\\', '/'), prose.Split('\n'));
    }

    private static IEnumerable<string> Files(string folder, params string[] extensions) =>
        Directory.EnumerateFiles(folder)
            .Where(path => extensions.Contains(Path.GetExtension(path), StringComparer.Ordinal))
            .Concat(Directory.EnumerateDirectories(folder)
                .Where(static path => Path.GetFileName(path) is not ("bin" or "obj" or "node_modules"))
                .SelectMany(inner => Files(inner, extensions)));

    private static string Blank(Match match) => string.Concat(match.Value.Select(static c => c is '\n' ? c : ' '));

    [GeneratedRegex(
        """
        (?<prose>//[^\n]*|/\*.*?\*/|\$*\"{3}.*?\"{3}|(?:\$@|@\$|@)"(?:[^"]|"")*"|\$?"(?:\\.|[^"\\\n])*")|'(?:\\.|[^'\\\n])+'
        """,
        RegexOptions.Singleline | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 5000)]
    private static partial Regex CommentOrString();

    // References to code in XML docs, and the holes of interpolated strings.
    [GeneratedRegex(
        """
        <(?:see|seealso|paramref|typeparamref|inheritdoc|exception|param|typeparam)\b[^>\n]*>|<c>[^\n]*?</c>|\{[^{}\n]*\}
        """,
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 5000)]
    private static partial Regex NotProse();

    [GeneratedRegex(@"^```.*?^```|`[^`\n]*`|\]\([^)\s]*\)|<a id=[^>\n]*>", RegexOptions.Singleline | RegexOptions.Multiline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex CodeOrTarget();
}
