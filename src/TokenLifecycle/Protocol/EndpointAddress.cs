namespace TokenLifecycle.Protocol;

/// <summary>Checks an address of the settings once more before a secret goes there.</summary>
internal static class EndpointAddress
{
    /// <summary>The address if a secret may go there: absolute HTTPS, or HTTP on loopback where the settings allow it (TE-1).</summary>
    /// <remarks>Whether this is a development environment is the options validator's question; null means that it found nothing to object to.</remarks>
    public static Uri? Parse(string? address, bool? allowHttpOnLoopback)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) || uri.UserInfo.Length > 0)
            return null;
        bool plainOnLoopback = uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback && allowHttpOnLoopback != false;
        return uri.Scheme == Uri.UriSchemeHttps || plainOnLoopback ? uri : null;
    }

    /// <summary>Scheme, host and port, lower case, the default port left out.</summary>
    public static string OriginOf(Uri uri) => uri.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped).ToLowerInvariant();
}
