using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace ProviderGenerator;

/// <summary>Reads a data file and reports everything that is wrong with it. Unknown members are errors.</summary>
internal sealed class ProviderReader(List<string> problems)
{
    private static readonly string[] _members = ["name", "displayName", "method", "depth", "builtIn", "documentation", "sources", "facts", "notDeclarable"];

    public ProviderFile? Read(string path)
    {
        string file = Path.GetFileName(path);
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllText(path), new JsonDocumentOptions { AllowDuplicateProperties = false });
            return Read(path, file, document.RootElement.Clone());
        }
        catch (JsonException e)
        {
            problems.Add($"{file}: {e.Message}");
            return null;
        }
    }

    private ProviderFile? Read(string path, string file, JsonElement root)
    {
        int before = problems.Count;
        AllowOnly(file, root, _members);
        string depth = Text(file, root, "depth", "^(deep|basic)$");
        Dictionary<string, Source> sources = ReadSources(file, root);
        var provider = new ProviderFile
        {
            Path = path,
            Name = Text(file, root, "name", "^[a-z0-9][a-z0-9-]*$"),
            DisplayName = Text(file, root, "displayName", "^.+$"),
            Method = Text(file, root, "method", "^[A-Z][A-Za-z0-9]*$"),
            IsDeep = depth == "deep",
            IsBuiltIn = root.TryGetProperty("builtIn", out JsonElement builtIn) && builtIn.ValueKind == JsonValueKind.True,
            Documentation = Text(file, root, "documentation", "^https://"),
            Sources = sources,
            Facts = ReadFacts(file, root, sources),
            Gaps = ReadGaps(file, root),
        };
        if (provider.Name + ".json" != file)
            problems.Add($"{file}: the name is {provider.Name}, so the file is to be {provider.Name}.json");
        FactSchema.Check(provider, file, problems);
        return problems.Count == before ? provider : null;
    }

    private Dictionary<string, Source> ReadSources(string file, JsonElement root)
    {
        var sources = new Dictionary<string, Source>(StringComparer.Ordinal);
        foreach (JsonProperty source in Members(file, root, "sources"))
        {
            string where = $"{file}: sources.{source.Name}";
            AllowOnly(where, source.Value, ["url", "read", "kind"]);
            sources[source.Name] = new Source(
                Text(where, source.Value, "url", "^https://"), Text(where, source.Value, "read", @"^\d{4}-\d\d(-\d\d)?$"), Text(where, source.Value, "kind", "^(documentation|code|secondary)$"));
        }

        return sources;
    }

    private Dictionary<string, Fact> ReadFacts(string file, JsonElement root, Dictionary<string, Source> sources)
    {
        var facts = new Dictionary<string, Fact>(StringComparer.Ordinal);
        foreach (JsonProperty member in Members(file, root, "facts"))
        {
            string where = $"{file}: facts.{member.Name}";
            if (member.Value.ValueKind == JsonValueKind.String && member.Value.GetString() == "unknown")
            {
                facts[member.Name] = new Fact(member.Name, Value: null, [], Note: null, ValidUntil: null);
                continue;
            }

            AllowOnly(where, member.Value, ["value", "source", "note", "validUntil"]);
            if (member.Value.ValueKind != JsonValueKind.Object || !member.Value.TryGetProperty("value", out JsonElement value))
            {
                problems.Add($"{where} needs a value and a source, or is \"unknown\"");
                continue;
            }

            string[] ids = SourceIds(member.Value);
            if (ids.Length == 0)
                problems.Add($"{where} has no source; name one, or write \"unknown\"");
            foreach (string id in ids.Where(id => !sources.ContainsKey(id)))
                problems.Add($"{where} names the source {id}, which is not among sources");
            string? until = member.Value.TryGetProperty("validUntil", out _) ? Text(where, member.Value, "validUntil", @"^\d{4}-\d\d-\d\d$") : null;
            string? note = member.Value.TryGetProperty("note", out _) ? Text(where, member.Value, "note", "^.+$") : null;
            facts[member.Name] = new Fact(member.Name, value, ids, note, until is null ? null : DateOnly.ParseExact(until, "yyyy-MM-dd", CultureInfo.InvariantCulture));
        }

        return facts;
    }

    private List<Gap> ReadGaps(string file, JsonElement root)
    {
        var gaps = new List<Gap>();
        if (!root.TryGetProperty("notDeclarable", out JsonElement list))
            return gaps;
        foreach (JsonElement gap in list.EnumerateArray())
        {
            string where = $"{file}: notDeclarable";
            AllowOnly(where, gap, ["what", "blocks"]);
            gaps.Add(new Gap(Text(where, gap, "what", "^.+$"), Text(where, gap, "blocks", "^(connect|refresh|revoke|account|api|nothing)$")));
        }

        return gaps;
    }

    private static string[] SourceIds(JsonElement fact)
    {
        if (!fact.TryGetProperty("source", out JsonElement source))
            return [];
        return source.ValueKind == JsonValueKind.Array ? [.. source.EnumerateArray().Select(static id => id.GetString()!)] : [source.GetString()!];
    }

    private JsonElement.ObjectEnumerator Members(string file, JsonElement root, string name)
    {
        if (root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Object)
            return value.EnumerateObject();
        problems.Add($"{file}: {name} is missing");
        return default;
    }

    private string Text(string where, JsonElement parent, string name, string pattern)
    {
        string? text = parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        if (text is not null && Regex.IsMatch(text, pattern, RegexOptions.None, TimeSpan.FromSeconds(1)))
            return text;
        problems.Add($"{where}: {name} is {(text is null ? "missing" : $"\"{text}\"")}; it must match {pattern}");
        return text ?? "";
    }

    private void AllowOnly(string where, JsonElement element, string[] allowed)
    {
        if (element.ValueKind != JsonValueKind.Object)
            return;
        foreach (JsonProperty member in element.EnumerateObject().Where(member => !allowed.Contains(member.Name, StringComparer.Ordinal)))
            problems.Add($"{where}: unknown member {member.Name}; allowed are {string.Join(", ", allowed)}");
    }
}
