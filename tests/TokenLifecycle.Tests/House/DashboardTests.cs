using System.Text.Json;
using System.Text.RegularExpressions;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.House;

/// <summary>A dashboard or an alert over a name that nobody writes shows that all is well for ever.</summary>
public sealed partial class DashboardTests
{
    private static readonly string Dashboard = File.ReadAllText(RepositoryRoot.Combine("docs", "grafana-dashboard.json"));
    private static readonly string Alerts = File.ReadAllText(RepositoryRoot.Combine("docs", "alerts.yml")).ReplaceLineEndings("\n");

    // Those that Prometheus and Grafana add.
    private static readonly string[] Foreign = ["job", "instance"];

    private static readonly Dictionary<string, string[]> LabelsByName =
        ObservingPage.Metrics.SelectMany(static metric => metric.PrometheusNames().Select(name => (name, labels: metric.PrometheusLabels().ToArray()))).ToDictionary(static pair => pair.name, static pair => pair.labels);

    public static TheoryData<string> Expressions => new(ExpressionsOfDashboard().Concat(Rule().Matches(Alerts).Select(static rule => rule.Groups["expr"].Value)).Distinct());

    [Theory]
    [MemberData(nameof(Expressions))]
    public void Every_metric_and_every_label_of_an_expression_is_one_that_the_library_writes(string expression)
    {
        string[] words = [.. Word().Matches(expression).Select(static match => match.Value)];
        string[] metrics = [.. words.Where(LabelsByName.ContainsKey)];
        string[] labels = [.. words.Except(metrics)];

        metrics.Should().NotBeEmpty();
        labels.Should().BeSubsetOf(metrics.SelectMany(static metric => LabelsByName[metric]).Concat(Foreign), "of {0}", expression);
        GroupingLabels(expression).Should().BeSubsetOf(metrics.SelectMany(static metric => LabelsByName[metric]).Concat(Foreign), "of {0}", expression);
    }

    [Fact]
    public void Every_metric_is_shown_on_the_dashboard()
    {
        string all = string.Join('\n', ExpressionsOfDashboard());

        ObservingPage.Metrics.Where(metric => !metric.PrometheusNames().Any(name => all.Contains(name, StringComparison.Ordinal))).Should().BeEmpty();
    }

    [Fact]
    public void A_legend_names_only_labels_that_its_expression_keeps()
    {
        foreach (JsonElement target in Targets())
        {
            string[] kept = [.. GroupingLabels(target.GetProperty("expr").GetString()!)];
            Legend().Matches(target.GetProperty("legendFormat").GetString()!).Select(static match => match.Groups["label"].Value).Should().BeSubsetOf(kept, target.GetRawText());
        }
    }

    [Fact]
    public void Every_alert_has_a_runbook_that_exists()
    {
        string root = $"{ProjectUrl().Match(File.ReadAllText(RepositoryRoot.Combine("Directory.Build.props"))).Groups["url"].Value}/blob/main/docs/operations.md#";
        string[] anchors =
        [
            .. Heading().Matches(File.ReadAllText(RepositoryRoot.Combine("docs", "operations.md")).ReplaceLineEndings("\n"))
                .Select(match => root + NoAnchor().Replace(match.Groups["title"].Value.ToLowerInvariant(), "").Replace(' ', '-')),
        ];
        int alerts = Regex.Count(Alerts, "- alert: ", RegexOptions.None, TimeSpan.FromSeconds(5));

        root.Should().StartWith("https://", "Alertmanager shows the link outside of the repository");
        Rule().Matches(Alerts).Should().HaveCount(alerts).And.NotBeEmpty();
        Rule().Matches(Alerts).Select(static rule => rule.Groups["runbook"].Value).Should().OnlyContain(runbook => anchors.Contains(runbook)).And.OnlyHaveUniqueItems();
        Rule().Matches(Alerts).Select(static rule => rule.Groups["name"].Value).Should().OnlyHaveUniqueItems().And.OnlyContain(static name => name.StartsWith("TokenLifecycle", StringComparison.Ordinal));
    }

    private static IEnumerable<JsonElement> Targets() =>
        JsonDocument.Parse(Dashboard).RootElement.GetProperty("panels").EnumerateArray().SelectMany(static panel => panel.GetProperty("targets").EnumerateArray());

    private static IEnumerable<string> ExpressionsOfDashboard() =>
        Targets().Select(static target => target.GetProperty("expr").GetString()!)
            .Concat(JsonDocument.Parse(Dashboard).RootElement.GetProperty("templating").GetProperty("list").EnumerateArray()
                .Where(static variable => variable.GetProperty("type").GetString() == "query").Select(static variable => variable.GetProperty("query").GetProperty("query").GetString()!));

    private static IEnumerable<string> GroupingLabels(string expression) =>
        By().Matches(expression).SelectMany(static match => match.Groups["labels"].Value.Split(',', StringSplitOptions.TrimEntries));

    /// <summary>All words of ours, and all names before a matcher.</summary>
    [GeneratedRegex(@"\btokenlifecycle_\w+|\b\w+(?=(?:=~|!~|!=|=)"")", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Word();

    [GeneratedRegex(@"\bby \((?<labels>[^)]*)\)", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex By();

    [GeneratedRegex(@"\{\{(?<label>\w+)\}\}", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Legend();

    [GeneratedRegex(@"^## (?<title>.+)$", RegexOptions.Multiline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Heading();

    [GeneratedRegex("[^a-z0-9 -]", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex NoAnchor();

    [GeneratedRegex("<PackageProjectUrl>(?<url>[^<]+)</PackageProjectUrl>", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex ProjectUrl();

    [GeneratedRegex(@"- alert: (?<name>\w+)\n +expr: '(?<expr>[^'\n]+)'\n +for: \d+[mh]\n +labels:\n +severity: (?:critical|warning)\n +annotations:\n +summary: '[^'\n]+'\n +runbook_url: (?<runbook>\S+)\n", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Rule();
}
