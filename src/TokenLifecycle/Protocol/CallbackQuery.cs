using System.Net;

namespace TokenLifecycle.Protocol;

/// <summary>Takes the parameters of a callback apart. What anyone can send to a public address is bounded and never guessed at.</summary>
internal sealed class CallbackQuery
{
    private const int MaxLength = 16 * 1024;
    private const int MaxOthers = 64;

    private static readonly HashSet<string> Known = new(StringComparer.Ordinal) { "code", "state", "scope", "iss", "error", "error_description", "error_uri" };

    // A token here would have passed through the browser's history and every log on the way (CB-8).
    private static readonly HashSet<string> FrontChannelTokens = new(StringComparer.Ordinal) { "access_token", "refresh_token", "id_token" };

    private readonly Dictionary<string, string> _known = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _others = new(StringComparer.Ordinal);

    private CallbackQuery()
    {
    }

    public IReadOnlyDictionary<string, string> Others => _others;

    public string? this[string name] => _known.GetValueOrDefault(name);

    public static CallbackQuery Parse(string queryOrUrl)
    {
        if (queryOrUrl.Length > MaxLength)
            throw Invalid("It is longer than 16 KB");
        var query = new CallbackQuery();
        var repeated = new HashSet<string>(StringComparer.Ordinal);
        foreach (string pair in QueryOf(queryOrUrl).Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            string name = WebUtility.UrlDecode(equals < 0 ? pair : pair[..equals]);
            query.Add(name, equals < 0 ? "" : WebUtility.UrlDecode(pair[(equals + 1)..]), repeated);
        }

        return query;
    }

    public static AuthorizationFailedException Invalid(string detail) => new(provider: null, AuthorizationFailureKind.InvalidResponse, detail);

    private void Add(string name, string value, HashSet<string> repeated)
    {
        if (FrontChannelTokens.Contains(name))
            throw Invalid("It holds a token, which only the token endpoint may give");
        if (Known.Contains(name))
        {
            if (!_known.TryAdd(name, value))
                throw Invalid("It repeats a parameter of the standard");
        }
        else if (repeated.Contains(name) || _others.Remove(name))
        {
            repeated.Add(name);
        }
        else if (_others.Count < MaxOthers)
        {
            _others.Add(name, value);
        }
    }

    private static string QueryOf(string text)
    {
        int fragment = text.IndexOf('#', StringComparison.Ordinal);
        if (fragment >= 0)
            text = text[..fragment];
        int mark = text.IndexOf('?', StringComparison.Ordinal);
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        if (mark >= 0 && (equals < 0 || mark < equals))
            return text[(mark + 1)..];
        return text.Contains("://", StringComparison.Ordinal) && equals < 0 ? "" : text;
    }
}
