using System.Buffers;
using System.Net;

namespace TokenLifecycle.Options;

/// <summary>Single questions about settings.</summary>
internal static class SettingRules
{
    private const string Origin = "scheme, host and port alone, for example https://api.example.com";

    private static readonly SearchValues<char> _placeholderCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

    private static readonly string[] _secretParameters =
        ["access_token", "client_assertion", "client_secret", "code", "code_verifier", "password", "refresh_token", "token"];

    /// <summary>Checks the address of an endpoint. An empty one passes: whether it is needed is another question.</summary>
    public static void CheckEndpoint(SettingProblems problems, string? endpoint, string setting, PlainHttp http, bool isRequired, bool mayHaveRoute = false)
    {
        if (string.IsNullOrEmpty(endpoint))
        {
            problems.Require(!isRequired, setting, "is not set", "Set it to the address in the provider's documentation");
            return;
        }

        if (endpoint.AsSpan().ContainsAny('{', '}'))
        {
            int open = endpoint.IndexOf('{', StringComparison.Ordinal) + 1;
            int close = endpoint.IndexOf('}', open);
            string placeholder = close < open ? "name" : endpoint[open..close];
            problems.Add(setting, $"holds {{{placeholder}}}, for which no value is set", $"Add \"{placeholder}\" to Placeholders, or write the address out");
        }
        else if (!Uri.TryCreate(endpoint, UriKind.Absolute, out Uri? uri) || !IsUsableScheme(uri, http))
        {
            problems.Add(setting, $"is not an absolute https:// address{Loopback(http.OnLoopback)}", "Set it to the whole address, scheme included");
        }
        else if (uri.UserInfo.Length > 0 || (endpoint.Contains('#', StringComparison.Ordinal) && !(mayHaveRoute && IsRoute(uri.Fragment))))
        {
            problems.Add(setting, "holds a user name, password or fragment", "Leave these out of the address");
        }
        else if (QueryNames(uri).FirstOrDefault(name => _secretParameters.Contains(name, StringComparer.OrdinalIgnoreCase)) is { } secret)
        {
            problems.Add(setting, $"carries \"{secret}\" in its query, where logs and proxies see it", "Leave it out: the library sends what is needed in the body");
        }
    }

    /// <summary>Checks a list of origins.</summary>
    public static void CheckOrigins(SettingProblems problems, IList<string> origins, string setting, PlainHttp http)
    {
        for (int i = 0; i < origins.Count; i++)
        {
            bool isOrigin = Uri.TryCreate(origins[i], UriKind.Absolute, out Uri? uri)
                && IsUsableScheme(uri, http)
                && uri.UserInfo.Length == 0
                && uri.HostNameType is UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6
                && uri.PathAndQuery == "/"
                && uri.Fragment.Length == 0
                && !origins[i].AsSpan().ContainsAny('{', '?', '#');
            problems.Require(isOrigin, setting, $"has as entry {i} what is not an https:// origin{Loopback(http.OnLoopback)}", $"Write {Origin}, without a path");
        }
    }

    public static IEnumerable<string> QueryNames(Uri uri) =>
        uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries).Select(pair => WebUtility.UrlDecode(pair.Split('=')[0]));

    /// <summary>Returns whether a fragment is the address of a page within a page, such as <c>#/oauth/authorize</c>.</summary>
    private static bool IsRoute(string fragment) => fragment.StartsWith("#/", StringComparison.Ordinal) || fragment.StartsWith("#!/", StringComparison.Ordinal);

    /// <summary>Returns the name of the first placeholder, such as <c>{tenant}</c>; null if there is none. Other braces are text.</summary>
    public static string? PlaceholderIn(string text)
    {
        for (int open = text.IndexOf('{', StringComparison.Ordinal); open >= 0; open = text.IndexOf('{', open + 1))
        {
            int close = text.IndexOf('}', open);
            if (close > open + 1 && text.AsSpan(open + 1, close - open - 1) is var name && !name.ContainsAnyExcept(_placeholderCharacters))
                return name.ToString();
        }

        return null;
    }

    public static bool HasControlCharacter(string text) => text.Any(char.IsControl);

    private static bool IsUsableScheme(Uri uri, PlainHttp http) =>
        uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && http.Allows(uri));

    private static string Loopback(bool allowed) => allowed
        ? " (http:// is accepted for loopback only)"
        : " (http:// is accepted for loopback only, in the Development environment or with AllowHttpOnLoopback; for another host of a network that you trust, with AllowHttpHosts)";
}
