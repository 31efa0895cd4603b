using System.Text.RegularExpressions;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.House;

/// <summary>The changelog has a section for the version that the packages get.</summary>
public sealed partial class ReleaseTests
{
    [Fact]
    public void The_changelog_has_a_section_for_the_version()
    {
        string version = VersionPrefix().Match(File.ReadAllText(RepositoryRoot.Combine("Directory.Build.props"))).Groups["version"].Value;
        string changelog = File.ReadAllText(RepositoryRoot.Combine("CHANGELOG.md")).ReplaceLineEndings("\n");

        version.Should().NotBeEmpty();
        changelog.Should().Contain("\n## [Unreleased]\n").And.MatchRegex($@"\n## \[{Regex.Escape(version)}\] - (?:not released|\d{{4}}-\d\d-\d\d)\n");
    }

    [GeneratedRegex("<VersionPrefix>(?<version>[^<]+)</VersionPrefix>", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex VersionPrefix();
}
