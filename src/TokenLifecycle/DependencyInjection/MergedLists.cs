using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace TokenLifecycle.DependencyInjection;

/// <summary>
/// Finds lists in configuration whose entries come from several sources. Configuration merges lists by index: a file with one entry
/// replaces the first of three in a base file and keeps the other two, so that tokens may go where they were meant to go in another
/// environment (FH-9).
/// </summary>
internal static class MergedLists
{
    /// <param name="root">All sources, those that win last.</param>
    /// <param name="section">The path of a provider's section.</param>
    public static IEnumerable<(string List, string Sources)> In(IConfigurationRoot root, string section)
    {
        var lists = new Dictionary<string, SortedSet<int>>(StringComparer.OrdinalIgnoreCase);
        IConfigurationProvider[] providers = [.. root.Providers];
        foreach ((string key, string? value) in root.GetSection(section).AsEnumerable())
        {
            if (value is null || ListOf(key[section.Length..]) is not { } list)
                continue;
            int source = Array.FindLastIndex(providers, provider => provider.TryGet(key, out _));
            if (!lists.TryGetValue(list, out SortedSet<int>? sources))
                lists.Add(list, sources = []);
            sources.Add(source);
        }

        return lists.Where(static list => list.Value.Count > 1)
            .OrderBy(static list => list.Key, StringComparer.Ordinal)
            .Select(list => (section + list.Key, string.Join("; ", list.Value.Select(source => source < 0 ? "another source" : providers[source].ToString()))));
    }

    /// <summary>The part of a key before the first index.</summary>
    private static string? ListOf(string key)
    {
        string[] parts = key.Split(ConfigurationPath.KeyDelimiter);
        int index = Array.FindIndex(parts, static part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out _));
        return index < 1 ? null : string.Join(ConfigurationPath.KeyDelimiter, parts[..index]);
    }
}
