using System.Globalization;

namespace TokenLifecycle.Chaos.Faults;

/// <summary>One fault that was injected, and what was lost by it.</summary>
internal sealed class Injected(int number, string kind, DateTimeOffset at)
{
    public int Number { get; } = number;

    public string Kind { get; } = kind;

    public DateTimeOffset At { get; } = at;

    /// <summary>What was drawn for it.</summary>
    public string Detail { get; set; } = "";

    /// <summary>How many connections were lost by it, by cause.</summary>
    public SortedDictionary<char, int> Lost { get; } = [];

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Kind} #{Number} ({Detail})");
}
