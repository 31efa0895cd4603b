using System.Text.RegularExpressions;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.House;

/// <summary>A source file of <c>src/</c>, and what can be read off its text.</summary>
internal sealed partial class SourceFile
{
    private readonly string _text;

    private SourceFile(string root, string path)
    {
        string[] parts = Path.GetRelativePath(root, path).Split(Path.DirectorySeparatorChar);
        Package = parts[0];
        Room = parts.Length > 2 ? parts[1] : "";
        Name = string.Join('/', parts);
        _text = File.ReadAllText(path);
        Code = StringLiteral().Replace(Comment().Replace(_text, ""), "\"\"");
    }

    public string Package { get; }

    /// <summary>The folder directly under the package; empty for a file beside the project file.</summary>
    public string Room { get; }

    /// <summary>The path from <c>src/</c> on.</summary>
    public string Name { get; }

    /// <summary>The text without comments, and with empty string literals.</summary>
    public string Code { get; }

    public int Lines => _text.Count(static c => c == '\n');

    public string Namespace => NamespaceLine().Match(Code).Groups["name"].Value;

    public IEnumerable<string> Usings => UsingLine().Matches(Code).Select(static match => match.Groups["name"].Value);

    public IReadOnlyList<string> PublicTypes => [.. PublicType().Matches(Code).Select(static match => match.Groups["name"].Value)];

    public static IReadOnlyList<SourceFile> All { get; } = Read();

    public static IEnumerable<SourceFile> Of(string package) => All.Where(file => file.Package == package);

    public override string ToString() => Name;

    private static SourceFile[] Read()
    {
        string root = RepositoryRoot.Combine("src");
        string[] built = [$"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", $"{Path.DirectorySeparatorChar}bin{Path.DirectorySeparatorChar}"];
        return
        [
            .. Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
                .Where(path => !built.Any(path.Contains))
                .Order(StringComparer.Ordinal)
                .Select(path => new SourceFile(root, path)),
        ];
    }

    [GeneratedRegex(@"^\s*//.*$", RegexOptions.Multiline)]
    private static partial Regex Comment();

    [GeneratedRegex("""
        "(?:[^"\\\n]|\\.)*"
        """)]
    private static partial Regex StringLiteral();

    [GeneratedRegex(@"^namespace (?<name>[\w.]+)", RegexOptions.Multiline)]
    private static partial Regex NamespaceLine();

    [GeneratedRegex(@"^(?:global )?using (?:static )?(?:\w+ = )?(?:global::)?(?<name>[\w.]+)", RegexOptions.Multiline)]
    private static partial Regex UsingLine();

    [GeneratedRegex(@"^public (?:(?:sealed|static|abstract|readonly|partial|ref|unsafe) )*(?:class|struct|interface|enum|record(?: class| struct)?|delegate [\w<>?]+) (?<name>\w+)", RegexOptions.Multiline)]
    private static partial Regex PublicType();
}
