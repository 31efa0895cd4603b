namespace TokenLifecycle.Options;

/// <summary>How the parameters of a request are written.</summary>
public enum TokenRequestFormat
{
    /// <summary><c>application/x-www-form-urlencoded</c>, as RFC 6749 requires.</summary>
    Form = 0,

    /// <summary><c>application/json</c>, as a few providers require instead.</summary>
    Json = 1,

    /// <summary>
    /// In the query of a GET request (of a DELETE request, if that is the method). Proxies and the provider's logs see the secrets in it,
    /// so use it only where the provider accepts nothing else.
    /// </summary>
    Query = 2,
}
