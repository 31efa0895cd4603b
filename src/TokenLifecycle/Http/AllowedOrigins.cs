namespace TokenLifecycle.Http;

/// <summary>The origins that may see a provider's tokens: scheme, host and port, compared exactly (AT-2).</summary>
internal sealed class AllowedOrigins
{
    private readonly Uri[] _origins;
    private readonly bool _allowHttpOnLoopback;

    public AllowedOrigins(IEnumerable<string> origins, bool allowHttpOnLoopback)
    {
        _origins = [.. origins.Select(origin => new Uri(origin, UriKind.Absolute))];
        _allowHttpOnLoopback = allowHttpOnLoopback;
    }

    public bool Contains(Uri address)
    {
        if (!IsSafe(address))
            return false;

        foreach (Uri origin in _origins)
        {
            if (origin.Port == address.Port
                && string.Equals(origin.Scheme, address.Scheme, StringComparison.Ordinal)
                && string.Equals(origin.IdnHost, address.IdnHost, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }

    /// <summary>All of them, for a message.</summary>
    public override string ToString() => _origins.Length == 0 ? "none" : string.Join(", ", _origins.Select(OriginOf));

    public static string OriginOf(Uri address) => address.IsAbsoluteUri ? address.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped) : "a relative address";

    private bool IsSafe(Uri address) =>
        address.IsAbsoluteUri
        && (string.Equals(address.Scheme, Uri.UriSchemeHttps, StringComparison.Ordinal)
            || (_allowHttpOnLoopback && address.IsLoopback && string.Equals(address.Scheme, Uri.UriSchemeHttp, StringComparison.Ordinal)));
}
