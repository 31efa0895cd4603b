using System.Text.Json;

namespace TokenLifecycle.Protocol;

/// <summary>
/// Follows a path such as <c>athlete.id</c> or <c>errors[*].resource</c>: member names separated by dots, <c>[*]</c> for every element of
/// an array.
/// </summary>
internal static class JsonPath
{
    private const string Each = "[*]";

    /// <summary>All elements at the path; none if it leads nowhere or a member on the way is there twice.</summary>
    public static IEnumerable<JsonElement> Select(JsonElement root, string path)
    {
        IEnumerable<JsonElement> at = [root];
        foreach (string step in path.Split('.'))
        {
            string name = step;
            int arrays = 0;
            for (; name.EndsWith(Each, StringComparison.Ordinal); arrays++)
                name = name[..^Each.Length];
            if (name.Length > 0)
                at = at.SelectMany(e => Member(e, name));
            for (; arrays > 0; arrays--)
                at = at.SelectMany(Elements);
        }

        return at;
    }

    /// <summary>
    /// The one scalar at the path as text: a string, a number as it was written, <c>true</c> or <c>false</c>; null if there is none or more
    /// than one.
    /// </summary>
    public static string? Scalar(JsonElement root, string path)
    {
        JsonElement[] found = [.. Select(root, path).Take(2)];
        return found.Length == 1 ? Scalar(found[0]) : null;
    }

    public static string? Scalar(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => JsonBody.Text(element),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => element.GetRawText(),
        _ => null,
    };

    private static JsonElement[] Member(JsonElement element, string name)
    {
        if (element.ValueKind != JsonValueKind.Object)
            return [];
        // Two members with the same name are ambiguous: the result would depend on the parser (TE-7).
        JsonElement[] found = [.. element.EnumerateObject().Where(m => JsonBody.Name(m) == name).Select(m => m.Value).Take(2)];
        return found.Length == 1 ? found : [];
    }

    private static IEnumerable<JsonElement> Elements(JsonElement element) =>
        element.ValueKind == JsonValueKind.Array ? element.EnumerateArray() : [];
}
