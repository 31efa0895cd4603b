namespace TokenLifecycle.Importing;

/// <summary>What counts as no value at all, and what of a foreign value may be shown.</summary>
internal static class ImportText
{
    /// <summary>A GUID's length. What is longer may be a token that a wrong mapping took for an id.</summary>
    private const int LongestShown = 36;

    /// <summary>How other languages write "nothing" into a text column.</summary>
    private static readonly string[] Nothing = ["null", "none", "undefined"];

    /// <summary>The value; null if it is empty or the word for nothing.</summary>
    public static string? Given(string? value) =>
        string.IsNullOrWhiteSpace(value) || Nothing.Contains(value.Trim(), StringComparer.OrdinalIgnoreCase) ? null : value;

    /// <summary>A name or an id for a message.</summary>
    public static string Shown(string? value) =>
        value is null ? "(none)"
        : value.Length > LongestShown ? $"(text of {value.Length} characters)"
        : string.Concat(value.Select(static c => char.IsControl(c) ? '?' : c));
}
