namespace TokenLifecycle.Http;

/// <summary>The origins that may see a provider's tokens: scheme, host and port, compared exactly (AT-2).</summary>
internal sealed class AllowedOrigins
{
    private readonly Origin[] _origins;
    private readonly bool _allowHttpOnLoopback;

    public AllowedOrigins(IEnumerable<string> origins, bool allowHttpOnLoopback)
    {
        _origins = [.. origins.Select(static origin => new Uri(origin, UriKind.Absolute)).Select(static origin => new Origin(origin.Scheme, origin.IdnHost, origin.Port, OriginOf(origin)))];
        _allowHttpOnLoopback = allowHttpOnLoopback;
    }

    public bool Contains(Uri address)
    {
        if (!IsSafe(address))
            return false;

        (string scheme, string host, int port) = (HttpSchemeOf(address.Scheme), address.IdnHost, address.Port);
        foreach (Origin origin in _origins)
        {
            if (origin.Port == port && string.Equals(origin.Scheme, scheme, StringComparison.Ordinal) && IsSameHost(origin.Host, host))
                return true;
        }

        return false;
    }

    /// <summary>All of them, for a message.</summary>
    public override string ToString() => _origins.Length == 0 ? "none" : string.Join(", ", _origins.Select(static origin => origin.Text));

    public static string OriginOf(Uri address) => address.IsAbsoluteUri ? address.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped) : "a relative address";

    /// <summary>Nearly always written alike, which is compared faster.</summary>
    private static bool IsSameHost(string host, string other) => string.Equals(host, other, StringComparison.Ordinal) || string.Equals(host, other, StringComparison.OrdinalIgnoreCase);

    private bool IsSafe(Uri address) =>
        address.IsAbsoluteUri
        && HttpSchemeOf(address.Scheme) is var scheme
        && (string.Equals(scheme, Uri.UriSchemeHttps, StringComparison.Ordinal)
            || (_allowHttpOnLoopback && address.IsLoopback && string.Equals(scheme, Uri.UriSchemeHttp, StringComparison.Ordinal)));

    /// <summary>
    /// A WebSocket begins as a request to the same server, over the same kind of connection (RFC 6455 section 3): wss is https, ws is http.
    /// </summary>
    private static string HttpSchemeOf(string scheme) =>
        string.Equals(scheme, Uri.UriSchemeWss, StringComparison.Ordinal) ? Uri.UriSchemeHttps
        : string.Equals(scheme, Uri.UriSchemeWs, StringComparison.Ordinal) ? Uri.UriSchemeHttp
        : scheme;

    private sealed record Origin(string Scheme, string Host, int Port, string Text);
}
