using TokenLifecycle.Options;

namespace TokenLifecycle.Protocol;

/// <summary>Puts the provider's extra headers on a request of the back channel.</summary>
internal static class ExtraHeaders
{
    public static void Apply(OAuthProviderOptions options, HttpRequestMessage request)
    {
        foreach ((string name, string value) in options.RequestHeaders)
        {
            // A second Authorization would be a second way to authenticate (TE-2).
            if (!string.Equals(name, "Authorization", StringComparison.OrdinalIgnoreCase))
                request.Headers.TryAddWithoutValidation(name, value);
        }

        if (!request.Headers.Contains("Accept"))
            request.Headers.TryAddWithoutValidation("Accept", "application/json");
    }
}
