using System.Text;

namespace TokenLifecycle.Protocol;

/// <summary>
/// Appends parameters to the query of an address. Spaces are written as <c>%20</c>, because some proxies encode a plus sign again (FP-19).
/// </summary>
internal static class QueryString
{
    /// <summary>Returns the address with the parameters; a query that it already has is kept (RFC 6749 section 3.1).</summary>
    /// <remarks>
    /// After a fragment, as in <c>https://app.example/#/oauth/authorize</c>, the parameters belong to the fragment: the page reads them
    /// there.
    /// </remarks>
    public static Uri Append(Uri address, IEnumerable<KeyValuePair<string, string>> fields)
    {
        string fragment = address.GetComponents(UriComponents.Fragment, UriFormat.UriEscaped);
        string start = address.GetComponents(UriComponents.HttpRequestUrl, UriFormat.UriEscaped).TrimEnd('?');
        if (fragment.Length > 0)
            start += "#" + fragment.TrimEnd('?');
        bool hasQuery = fragment.Length > 0 ? fragment.TrimEnd('?').Contains('?', StringComparison.Ordinal) : address.Query.Length > 1;
        return new Uri(start + (hasQuery ? "&" : "?") + Join(fields));
    }

    private static string Join(IEnumerable<KeyValuePair<string, string>> fields)
    {
        var text = new StringBuilder();
        foreach ((string name, string value) in fields)
        {
            if (text.Length > 0)
                text.Append('&');
            text.Append(Uri.EscapeDataString(name)).Append('=').Append(Uri.EscapeDataString(value));
        }

        return text.ToString();
    }
}
