using System.Globalization;
using System.Text;

namespace ProviderGenerator;

/// <summary>Writes the index of the providers' pages.</summary>
internal static class IndexWriter
{
    public static string Write(IReadOnlyList<ProviderFile> providers)
    {
        var page = new StringBuilder("# Provider catalog\n\n<!-- Written by build/providers.sh --generate. -->\n\n");
        page.Append(CultureInfo.InvariantCulture, $"This page lists {providers.Count} providers. Each page states the facts about a provider, their sources, and when they were last verified. ");
        page.Append("The presets are in the package `TokenLifecycle.Providers`; those of Strava, TrainingPeaks and Google are in `TokenLifecycle`. ");
        page.Append("To add one, see [Add a provider to the package](../catalog.md).\n\n");
        page.Append("For deep providers, all facts were researched, and a test connects, refreshes, handles errors and revokes with the preset. A date range means that the facts come from sources of different dates.\n\n");
        page.Append("| provider | add with | depth | last verified | rotation | access token | next date |\n| --- | --- | --- | --- | --- | --- | --- |\n");
        foreach (ProviderFile p in providers.OrderBy(static p => p.DisplayName, StringComparer.OrdinalIgnoreCase))
        {
            string add = p.IsBuiltIn || p.IsOffered ? $"`Add{p.Method}`" : "not yet";
            page.Append(CultureInfo.InvariantCulture, $"| [{p.DisplayName}]({p.Name}.md) | {add} | {(p.IsDeep ? "deep" : "basic")} | {PageWriter.Verified(p)} ");
            page.Append(CultureInfo.InvariantCulture, $"| {p.Text("rotation") ?? "unknown"} | {p.Text("accessTokenLifetime") ?? "unknown"} | {NextDate(p)} |\n");
        }

        return page.ToString().ReplaceLineEndings("\n");
    }

    private static string NextDate(ProviderFile p) =>
        p["hardDates"]?.Value is { } dates ? string.Join(", ", dates.EnumerateArray().Select(static date => date.GetProperty("date").GetString())) : "";
}
