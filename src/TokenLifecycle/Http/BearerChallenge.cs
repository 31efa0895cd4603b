using System.Net;
using System.Net.Http.Headers;

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

    /// <summary>One of the comma-separated <c>name="value"</c> pairs; a comma or an equals sign inside quotes does not part them.</summary>
    private static string? Find(string parameters, string name)
    {
        int at = 0;
        while (at < parameters.Length)
        {
            int equals = parameters.IndexOf('=', at);
            if (equals < 0)
                return null;

            string found = parameters[at..equals].Trim(' ', ',', '\t');
            int start = equals + 1;
            bool quoted = start < parameters.Length && parameters[start] == '"';
            int end = quoted ? parameters.IndexOf('"', start + 1) : parameters.IndexOf(',', start);
            if (end < 0)
                end = parameters.Length;

            if (string.Equals(found, name, StringComparison.OrdinalIgnoreCase))
                return parameters[(quoted ? start + 1 : start)..end].Trim();
            at = end + 1;
        }

        return null;
    }
}
