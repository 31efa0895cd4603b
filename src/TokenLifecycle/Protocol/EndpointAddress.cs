using TokenLifecycle.Options;

namespace TokenLifecycle.Protocol;

/// <summary>Checks an address of the settings once more before a secret goes there.</summary>
internal static class EndpointAddress
{
    /// <summary>
    /// The address if a secret may go there: absolute HTTPS, or HTTP on loopback or to a named host where the settings allow it (TE-1).
    /// </summary>
    /// <remarks>
    /// Whether this is a development environment is the options validator's question; null means that it found nothing to object to.
    /// </remarks>
    public static Uri? Parse(string? address, OAuthProviderOptions options)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) || uri.UserInfo.Length > 0)
            return null;
        bool mayBePlain = (uri.IsLoopback && options.AllowHttpOnLoopback != false) || options.AllowHttpHosts.Contains(uri.IdnHost, StringComparer.OrdinalIgnoreCase);
        return uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && mayBePlain) ? uri : null;
    }

    /// <summary>Scheme, host and port, lower case, the default port left out.</summary>
    public static string OriginOf(Uri uri) => uri.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped).ToLowerInvariant();
}
