using System.Collections.Immutable;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace TokenLifecycle.EntityFramework.Rows;

/// <summary>Lists and maps as text that an operator can read, and that an UPDATE can distinguish from damaged text.</summary>
internal static partial class RowText
{
    /// <summary>
    /// What <see cref="Pairs"/> writes, and nothing else, as a regular expression of .NET and of PostgreSQL alike. Not JSON: PostgreSQL
    /// before 16 has no way to test JSON without failing on it, and one damaged row would prevent all others from being acquired.
    /// </summary>
    public const string PairsPattern = "^[A-Za-z0-9._~%-]*=[A-Za-z0-9._~%-]*(&[A-Za-z0-9._~%-]*=[A-Za-z0-9._~%-]*)*$";

    /// <summary>Separated by spaces, as in OAuth (RFC 6749 section 3.3); a JSON array if a scope contains a space.</summary>
    public static string? Words(IReadOnlyList<string>? words) => words switch
    {
        null => null,
        _ when words.All(IsWord) && !(words.Count > 0 && words[0].StartsWith('[')) => string.Join(' ', words),
        _ => JsonSerializer.Serialize([.. words], RowJsonContext.Default.StringArray),
    };

    public static IReadOnlyList<string>? ToWords(string? text)
    {
        if (text is null)
            return null;
        if (!text.StartsWith('['))
            return text.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToImmutableArray();

        try
        {
            return (JsonSerializer.Deserialize(text, RowJsonContext.Default.StringArray) ?? []).ToImmutableArray();
        }
        catch (JsonException)
        {
            return text.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToImmutableArray(); // Another program's list; scopes decide nothing.
        }
    }

    /// <summary>As in a query string: <c>a=1&amp;b=2</c>.</summary>
    public static string? Pairs(IReadOnlyDictionary<string, string> pairs) => pairs.Count == 0
        ? null
        : string.Join('&', pairs.OrderBy(static pair => pair.Key, StringComparer.Ordinal).Select(static pair => $"{Escaped(pair.Key)}={Escaped(pair.Value)}"));

    /// <returns>The pairs; <see langword="null"/> if this is not what <see cref="Pairs"/> wrote.</returns>
    public static IReadOnlyDictionary<string, string>? ToPairs(string? text)
    {
        if (text is null)
            return ImmutableDictionary<string, string>.Empty;
        if (!PairsRegex().IsMatch(text))
            return null;

        ImmutableDictionary<string, string>.Builder pairs = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (string pair in text.Split('&'))
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            pairs[Uri.UnescapeDataString(pair[..equals])] = Uri.UnescapeDataString(pair[(equals + 1)..]);
        }

        return pairs.ToImmutable();
    }

    private static string Escaped(string text) => Uri.EscapeDataString(text);

    private static bool IsWord(string word) => word.Length > 0 && !word.Any(static c => char.IsWhiteSpace(c) || char.IsControl(c));

    [GeneratedRegex(PairsPattern, RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex PairsRegex();
}
