using System.Text.RegularExpressions;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.House;

/// <summary>A snippet that is not compiled is wrong: every C# block of the pages is a region of <c>samples/Snippets</c>.</summary>
public sealed partial class DocsTests
{
    public static TheoryData<string> Pages => new(AllPages().Select(page => Path.GetRelativePath(RepositoryRoot.Combine(), page)));

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_snippet_is_compiled_code(string page)
    {
        Dictionary<string, string> regions = Regions();
        string text = File.ReadAllText(RepositoryRoot.Combine(page)).ReplaceLineEndings("\n");

        foreach (Match block in CodeBlock().Matches(text))
        {
            string name = block.Groups["name"].Value;
            name.Should().NotBeEmpty($"each C# block of {page} is preceded by a line <!-- snippet: name -->");
            regions.Should().ContainKey(name, $"{page} shows it");
            block.Groups["code"].Value.Trim().Should().Be(regions[name], $"the snippet {name} of {page} is that of samples/Snippets");
        }
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_link_leads_somewhere(string page)
    {
        string full = RepositoryRoot.Combine(page);
        IEnumerable<string> broken = Link().Matches(File.ReadAllText(full))
            .Select(match => match.Groups["to"].Value.Split('#')[0])
            .Where(to => to.Length > 0 && !to.Contains("://", StringComparison.Ordinal))
            .Where(to => !Path.Exists(Path.Combine(Path.GetDirectoryName(full)!, to)));

        broken.Should().BeEmpty();
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_link_into_a_page_meets_a_heading(string page)
    {
        string full = RepositoryRoot.Combine(page);
        IEnumerable<string> broken = Link().Matches(File.ReadAllText(full))
            .Select(match => match.Groups["to"].Value.Split('#'))
            .Where(to => to.Length == 2 && !to[0].Contains("://", StringComparison.Ordinal))
            .Where(to => !AnchorsOf(to[0].Length == 0 ? full : Path.Combine(Path.GetDirectoryName(full)!, to[0])).Contains(to[1]))
            .Select(to => string.Join('#', to));

        broken.Should().BeEmpty();
    }

    [Fact]
    public void Every_page_of_the_docs_has_its_line_in_the_index()
    {
        string docs = RepositoryRoot.Combine("docs");
        // The pages of the provider catalog have an index of their own, which is in the index.
        string[] indexes = [docs, Path.Combine(docs, "providers")];
        IEnumerable<string> listed =
            from folder in indexes
            from Match link in Link().Matches(File.ReadAllText(Path.Combine(folder, "README.md")))
            select Path.GetFullPath(Path.Combine(folder, link.Groups["to"].Value.Split('#')[0]));

        Directory.EnumerateFiles(docs, "*.md", SearchOption.AllDirectories).Except(listed).Should().BeEquivalentTo([Path.Combine(docs, "README.md")], "whoever begins there must find every page");
    }

    [Fact]
    public void Every_sample_that_runs_has_a_page_and_the_index_names_it()
    {
        string samples = RepositoryRoot.Combine("samples");
        IEnumerable<string> running = Directory.EnumerateFiles(samples, "Program.cs", SearchOption.AllDirectories).Select(program => Path.GetFileName(Path.GetDirectoryName(program)!));
        string index = File.ReadAllText(RepositoryRoot.Combine("docs", "README.md"));

        running.Should().HaveCountGreaterThan(2).And.AllSatisfy(sample =>
        {
            File.Exists(Path.Combine(samples, sample, "README.md")).Should().BeTrue();
            index.Should().Contain($"(../samples/{sample}/README.md)");
        });
    }

    /// <summary>As GitHub makes them of headings (in lower case, blanks become hyphens, the rest of the punctuation goes), and those that are written out.</summary>
    private static HashSet<string> AnchorsOf(string page)
    {
        string text = File.ReadAllText(page).ReplaceLineEndings("\n");
        return
        [
            .. Heading().Matches(text).Select(static match => NoAnchor().Replace(match.Groups["title"].Value.ToLowerInvariant(), "").Replace(' ', '-')),
            .. Anchor().Matches(text).Select(static match => match.Groups["id"].Value),
        ];
    }

    [Theory]
    [MemberData(nameof(ConventionTests.Packages), MemberType = typeof(ConventionTests))]
    public void A_package_has_a_readme_that_stands_alone(string package)
    {
        string text = File.ReadAllText(RepositoryRoot.Combine("src", package, "README.md"));

        text.Should().StartWith($"# {package}\n").And.Contain("<!-- snippet: ", "whoever finds the package wants to see what it is like");
        Link().Matches(text).Select(static match => match.Groups["to"].Value).Should().BeEmpty("a package's page is shown where the repository's files are not");
    }

    private static IEnumerable<string> AllPages() =>
        new[] { "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md" }.Select(static page => RepositoryRoot.Combine(page))
            .Concat(Directory.EnumerateFiles(RepositoryRoot.Combine("docs"), "*.md", SearchOption.AllDirectories))
            .Concat(Directory.EnumerateFiles(RepositoryRoot.Combine("samples"), "README.md", SearchOption.AllDirectories))
            .Concat(Directory.EnumerateFiles(RepositoryRoot.Combine("src"), "README.md", SearchOption.AllDirectories));

    private static Dictionary<string, string> Regions()
    {
        var regions = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string file in Directory.EnumerateFiles(RepositoryRoot.Combine("samples", "Snippets"), "*.cs"))
        {
            foreach (Match region in Region().Matches(File.ReadAllText(file).ReplaceLineEndings("\n")))
                regions.Add(region.Groups["name"].Value, Unindented(region.Groups["code"].Value));
        }

        return regions;
    }

    private static string Unindented(string code)
    {
        string[] lines = code.Trim('\n').Split('\n');
        int indent = lines.Where(line => line.Trim().Length > 0).Min(line => line.Length - line.TrimStart().Length);
        return string.Join('\n', lines.Select(line => line.Length >= indent ? line[indent..] : "")).Trim();
    }

    [GeneratedRegex(@"(?:<!-- snippet: (?<name>[\w-]+) -->\n)?```csharp\n(?<code>.*?)```", RegexOptions.Singleline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex CodeBlock();

    [GeneratedRegex(@"#region (?<name>[\w-]+)\n(?<code>.*?)[ \t]*#endregion", RegexOptions.Singleline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Region();

    [GeneratedRegex(@"^#+ (?<title>.+)$", RegexOptions.Multiline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Heading();

    [GeneratedRegex("""
        <a id="(?<id>[\w-]+)"></a>
        """, RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Anchor();

    [GeneratedRegex(@"[^\w -]", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex NoAnchor();

    [GeneratedRegex(@"\]\((?<to>[^)\s]+)\)", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Link();
}
