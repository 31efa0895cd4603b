using System.Text.RegularExpressions;
using TokenLifecycle.Protocol;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.House;

/// <summary>An exception, a kind or an event id is found on one page, with what to do.</summary>
public sealed partial class ErrorsPageTests
{
    private static readonly string Page = File.ReadAllText(RepositoryRoot.Combine("docs", "errors.md")).ReplaceLineEndings("\n");

    [Fact]
    public void Every_event_has_a_row_with_what_to_do() =>
        EventRow().Matches(Page)
            .Select(static row => (
                Id: int.Parse(row.Groups["id"].Value, System.Globalization.CultureInfo.InvariantCulture),
                Level: row.Groups["level"].Value,
                Name: row.Groups["name"].Value))
            .Should().BeEquivalentTo(ObservingPage.Events);

    [Fact]
    public void Every_exception_has_a_row()
    {
        IEnumerable<string> exceptions = ShippedAssemblies.Names.SelectMany(ShippedAssemblies.PublicTypes)
            .Where(static type => typeof(Exception).IsAssignableFrom(type) && !type.IsAbstract)
            .Select(static type => type.Name);

        exceptions.Should().AllSatisfy(static name => Page.Should().Contain($"\n| `{name}` |"));
    }

    [Theory]
    [InlineData(typeof(ReauthorizationReason), "## Reasons for a reconnect")]
    [InlineData(typeof(TokenFailureKind), "## Kinds of temporary failures")]
    [InlineData(typeof(ProviderConfigurationReason), "## Reasons for wrong settings")]
    [InlineData(typeof(AuthorizationFailureKind), "## Kinds of failed connects")]
    public void Every_reason_and_kind_has_a_row_in_its_section(Type values, string heading)
    {
        string section = Page[Page.IndexOf(heading, StringComparison.Ordinal)..];
        section = section[..section.IndexOf("\n## ", 1, StringComparison.Ordinal)];

        ValueRow().Matches(section).Select(static row => row.Groups["name"].Value).Should().BeEquivalentTo(Enum.GetNames(values));
    }

    [GeneratedRegex(@"^\| (?<id>\d+) \| (?<level>\w+) \| `(?<name>\w+)` \| [^|]+ \|$", RegexOptions.Multiline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex EventRow();

    [GeneratedRegex(@"^\| `(?<name>\w+)` \| [^|]+ \|$", RegexOptions.Multiline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex ValueRow();
}
