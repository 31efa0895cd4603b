using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.House;

/// <summary>Every option stands in the docs with its default. With UPDATE_DOCS=1 the page is written again.</summary>
public sealed class OptionsPageTests
{
    private static readonly string Page = RepositoryRoot.Combine("docs", "options.md");

    [Fact]
    public void Every_option_stands_in_the_docs_with_its_default_and_its_meaning()
    {
        string written = OptionsPage.Write();
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
            File.WriteAllText(Page, written);

        File.ReadAllText(Page).ReplaceLineEndings("\n").Should().Be(written, "docs/options.md is written from the code: run this test with UPDATE_DOCS=1");
    }

    [Fact]
    public void No_option_goes_without_words()
    {
        OptionsPage.Types.Should().HaveCountGreaterThan(10);
        OptionsPage.Write().Should().NotMatchRegex(@"(?m)^\| `\w+` \| [^|]* \|  \|$");
    }

    [Fact]
    public void A_table_of_options_on_another_page_names_only_options_that_there_are()
    {
        var tables = Directory.EnumerateFiles(RepositoryRoot.Combine("docs"), "*.md").SelectMany(static page => DocsTable.AllOf(page)).Where(static table => OptionsPage.Types.Any(type => type.Name == table.Subject)).ToList();

        tables.Should().NotBeEmpty();
        foreach (DocsTable table in tables)
            table.Names.Should().BeSubsetOf(OptionsPage.Types.Single(type => type.Name == table.Subject).GetProperties().Select(static option => option.Name));
    }
}
