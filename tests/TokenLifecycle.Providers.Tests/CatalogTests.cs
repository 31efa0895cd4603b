using ProviderGenerator;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Providers.Tests;

/// <summary>The data files, and what is generated from them.</summary>
public sealed class CatalogTests
{
    private static readonly Catalog _catalog = Catalog.Read(RepositoryRoot.Combine());

    [Fact]
    public void Every_data_file_is_valid() => _catalog.Problems.Should().BeEmpty();

    [Fact]
    public void The_generated_code_and_pages_are_up_to_date() => _catalog.Differences().Should().BeEmpty();

    [Fact]
    public void Every_fact_has_a_source_or_is_unknown() => _catalog.FactsWithSource.Should().Be(_catalog.Facts);

    [Fact]
    public void Every_deep_provider_has_a_dialect_and_no_other_has_one() =>
        Dialect.Names.Should().BeEquivalentTo(_catalog.Providers.Where(static p => p.IsDeep).Select(static p => p.Name));

    [Fact]
    public void A_dialect_is_blocked_exactly_where_the_catalog_offers_no_preset()
    {
        foreach (ProviderFile provider in _catalog.Providers.Where(static p => p.IsDeep))
        {
            Dialect dialect = Dialect.Read(provider.Name);
            (dialect.Blocked is null).Should().Be(provider.IsOffered, provider.Name);
            dialect.Method.Should().Be(provider.Method);
            dialect.Source.Should().StartWith("https://");
            dialect.Basis.Should().BeOneOf("read", "secondary", "survey", "assumed");
        }
    }

    [Fact]
    public void The_page_names_each_provider_without_a_method_and_each_dialect_without_samples()
    {
        string page = File.ReadAllText(RepositoryRoot.Combine("docs", "catalog.md"));
        string[] missing = [.. _catalog.Providers.Where(static p => !p.IsOffered).Select(static p => p.DisplayName)];
        string[] assumed = [.. Dialect.Names.Where(static name => Dialect.Read(name) is { Blocked: null, Basis: "assumed" }).Select(static name => $"`{name}`")];

        Section(page, "## Providers without a method").Should().ContainAll(missing);
        Section(page, "## What is assumed").Should().ContainAll(assumed);
        Section(page, "## What is assumed").Split('`').Count(Dialect.Names.Contains).Should().Be(assumed.Length, "a dialect with samples is no longer on the list");
    }

    private static string Section(string page, string heading)
    {
        string after = page[page.IndexOf(heading, StringComparison.Ordinal)..];
        int next = after.IndexOf("\n## ", StringComparison.Ordinal);
        return next < 0 ? after : after[..next];
    }
}
