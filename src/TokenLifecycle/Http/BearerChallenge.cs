using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace TokenLifecycle.Http;

/// <summary>Reads what an API says about the token it was sent (RFC 6750 section 3).</summary>
internal static class BearerChallenge
{
    public const string InsufficientScope = "insufficient_scope";
    public const string InsufficientUserAuthentication = "insufficient_user_authentication";
    public const string InsufficientClaims = "insufficient_claims";

    /// <summary>
    /// Whether a newer token of the same grant would be refused as well: the API wants more of the user than time (AT-7, SU-1, SU-3). A
    /// refresh would spend a refresh token for nothing.
    /// </summary>
    public static bool IsBeyondRefresh(HttpResponseMessage response) => ParameterOf(response, "error") is { } error
        && (string.Equals(error, InsufficientScope, StringComparison.OrdinalIgnoreCase)
            || string.Equals(error, InsufficientUserAuthentication, StringComparison.OrdinalIgnoreCase)
            || string.Equals(error, InsufficientClaims, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether a 401 or 403 names this error.</summary>
    public static bool Is(HttpResponseMessage response, string error) =>
        response.StatusCode is HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized
        && string.Equals(ParameterOf(response, "error"), error, StringComparison.OrdinalIgnoreCase);

    public static string? ParameterOf(HttpResponseMessage response, string name)
    {
        foreach (AuthenticationHeaderValue challenge in response.Headers.WwwAuthenticate)
        {
            if (!IsOfTokens(challenge.Scheme) || challenge.Parameter is not { } parameters)
                continue;
            if (Find(parameters, name) is { } value)
                return value;
        }

        return null;
    }

    private static bool IsOfTokens(string scheme) =>
        string.Equals(scheme, "Bearer", StringComparison.OrdinalIgnoreCase) || string.Equals(scheme, "DPoP", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// One of the comma-separated <c>name="value"</c> pairs; nothing inside quotes parts them, an escaped quote does not end them.
    /// </summary>
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
