using System.Globalization;
using System.Text;

namespace ProviderGenerator;

/// <summary>Writes the index of the providers' pages.</summary>
internal static class IndexWriter
{
    public static string Write(IReadOnlyList<ProviderFile> providers)
    {
        var page = new StringBuilder("# Provider catalog\n\n<!-- Written by build/providers.sh --generate. -->\n\n");
        page.Append(CultureInfo.InvariantCulture, $"What is known of {providers.Count} providers, from where, and when it was last verified. ");
        page.Append("The presets are in the package `TokenLifecycle.Providers`, those of Strava, TrainingPeaks and Google in `TokenLifecycle`. ");
        page.Append("To add one, see [Add a provider to the package](../catalog.md).\n\n");
        page.Append("\"Deep\" providers were looked at fact by fact and run through connect, refresh, errors and revocation by a test. A date range means that the facts come from sources of different dates.\n\n");
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
