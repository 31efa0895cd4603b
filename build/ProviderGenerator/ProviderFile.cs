using System.Text.Json;

namespace ProviderGenerator;

/// <summary>One provider of the catalog, as its data file describes it.</summary>
internal sealed class ProviderFile
{
    public required string Path { get; init; }

    public required string Name { get; init; }

    public required string DisplayName { get; init; }

    /// <summary>The part of the method's name after Add.</summary>
    public required string Method { get; init; }

    public required bool IsDeep { get; init; }

    /// <summary>Whether the core package holds the preset, so that none is generated.</summary>
    public required bool IsBuiltIn { get; init; }

    public required string Documentation { get; init; }

    public required IReadOnlyDictionary<string, Source> Sources { get; init; }

    public required IReadOnlyDictionary<string, Fact> Facts { get; init; }

    public required IReadOnlyList<Gap> Gaps { get; init; }

    /// <summary>A preset that cannot connect or refresh with the present options is not offered.</summary>
    public bool IsOffered => !IsBuiltIn && Gaps.All(static gap => gap.Blocks is not ("connect" or "refresh"));

    public IEnumerable<Fact> ValuedFacts => Facts.Values.Where(static fact => fact.Value is not null);

    public IEnumerable<string> ReadDates => ValuedFacts.SelectMany(static fact => fact.Sources).Distinct(StringComparer.Ordinal).Select(id => Sources[id].Read);

    public Fact? this[string name] => Facts.TryGetValue(name, out Fact? fact) && fact.Value is not null ? fact : null;

    public string? Text(string name) => this[name]?.Value is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;
}

/// <param name="Url">Where the fact stands.</param>
/// <param name="Read">When it was read: a day, or a month where the day is not known.</param>
/// <param name="Kind">documentation, code or secondary.</param>
internal sealed record Source(string Url, string Read, string Kind);

/// <param name="Name">The fact's name.</param>
/// <param name="Value">Its value; null for "unknown".</param>
/// <param name="Sources">The ids of its sources.</param>
/// <param name="Note">What to mind.</param>
/// <param name="ValidUntil">The date until which it holds, if a change is announced.</param>
internal sealed record Fact(string Name, JsonElement? Value, IReadOnlyList<string> Sources, string? Note, DateOnly? ValidUntil);

/// <param name="What">What the options cannot say today.</param>
/// <param name="Blocks">connect, refresh, revoke, account, api or nothing.</param>
internal sealed record Gap(string What, string Blocks);
