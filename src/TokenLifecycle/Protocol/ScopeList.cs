using System.Text.Json;

namespace TokenLifecycle.Protocol;

/// <summary>Reads scopes, which providers part by space or comma or write as an array.</summary>
internal static class ScopeList
{
    private static readonly char[] Separators = [' ', ','];

    public static IReadOnlyList<string> Split(string text) =>
        text.Split(Separators, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>The scopes; empty is "none granted" and stays so (TE-9). Null if the value is neither text nor an array of text.</summary>
    public static IReadOnlyList<string>? Read(JsonElement value)
    {
        if (JsonBody.Text(value) is { } text)
            return Split(text);
        if (value.ValueKind != JsonValueKind.Array)
            return null;
        var scopes = new List<string>();
        foreach (JsonElement element in value.EnumerateArray())
        {
            if (JsonBody.Text(element) is not { } scope)
                return null;
            if (!string.IsNullOrWhiteSpace(scope))
                scopes.Add(scope.Trim());
        }

        return scopes;
    }
}
