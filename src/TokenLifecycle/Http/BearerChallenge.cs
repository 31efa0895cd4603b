using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace TokenLifecycle.Http;

/// <summary>Reads what an API says about the token it was sent (RFC 6750 section 3).</summary>
internal static class BearerChallenge
{
    private const string InsufficientScope = "insufficient_scope";

    /// <summary>Whether the API wants a wider grant and not a fresher token: no refresh helps (AT-7, E8).</summary>
    public static bool IsInsufficientScope(HttpResponseMessage response) =>
        response.StatusCode is HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized
        && string.Equals(ParameterOf(response, "error"), InsufficientScope, StringComparison.OrdinalIgnoreCase);

    public static string? ParameterOf(HttpResponseMessage response, string name)
    {
        foreach (AuthenticationHeaderValue challenge in response.Headers.WwwAuthenticate)
        {
            if (!string.Equals(challenge.Scheme, "Bearer", StringComparison.OrdinalIgnoreCase) || challenge.Parameter is not { } parameters)
                continue;
            if (Find(parameters, name) is { } value)
                return value;
        }

        return null;
    }

    /// <summary>One of the comma-separated <c>name="value"</c> pairs; quoted text contains no separators, and an escaped quote does not end it.</summary>
    private static string? Find(string parameters, string name)
    {
        for (int at = 0; parameters.IndexOf('=', at) is >= 0 and var equals;)
        {
            string found = parameters[at..equals].Trim(' ', ',', '\t');
            (string value, at) = Value(parameters, equals + 1);
            if (string.Equals(found, name, StringComparison.OrdinalIgnoreCase))
                return value;
        }

        return null;
    }

    private static (string Value, int End) Value(string parameters, int start)
    {
        while (start < parameters.Length && parameters[start] is ' ' or '\t')
            start++;
        if (start == parameters.Length || parameters[start] != '"')
        {
            int comma = parameters.IndexOf(',', start);
            int last = comma < 0 ? parameters.Length : comma;
            return (parameters[start..last].Trim(), last);
        }

        var value = new StringBuilder();
        int at = start + 1;
        for (; at < parameters.Length && parameters[at] != '"'; at++)
        {
            if (parameters[at] == '\\' && at + 1 < parameters.Length)
                at++;
            value.Append(parameters[at]);
        }

        return (value.ToString(), Math.Min(at + 1, parameters.Length));
    }
}
