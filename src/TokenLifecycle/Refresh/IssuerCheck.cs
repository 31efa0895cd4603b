using Microsoft.Extensions.Logging;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Options;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Refresh;

/// <summary>
/// RF-14: a refresh token is only ever sent to the token endpoint, and for the client, that it was issued by and to. Settings that were
/// changed by mistake must not send a whole user base's secrets elsewhere, nor have them rejected one by one.
/// </summary>
internal static class IssuerCheck
{
    public static bool IsSame(TokenSet tokens, OAuthProviderOptions provider)
    {
        bool sameClient = tokens.ClientId is null || string.Equals(tokens.ClientId, provider.ClientId, StringComparison.Ordinal);
        bool sameOrigin = tokens.Issuer is null
            || string.Equals(tokens.Issuer, OriginOf(provider), StringComparison.Ordinal)
            || provider.PreviousTokenEndpointOrigins.Contains(tokens.Issuer, StringComparer.OrdinalIgnoreCase);
        return sameClient && sameOrigin;
    }

    /// <summary>The origin that a refresh would go to: scheme, host and port, in lower case, without a default port.</summary>
    public static string OriginOf(OAuthProviderOptions provider) =>
        new Uri(provider.RefreshEndpoint ?? provider.TokenEndpoint!).GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped).ToLowerInvariant();

    public static void Report(ILogger logger, StoredToken row, OAuthProviderOptions provider) =>
        Log.IssuerChanged(logger, row.Key, row.Tokens.Issuer, row.Tokens.ClientId, OriginOf(provider), provider.ClientId);

    public static string Describe(StoredToken row, OAuthProviderOptions provider) =>
        $"{row.Key.ToRedactedString()}: the stored tokens were issued by {row.Tokens.Issuer ?? "this provider"} to client {row.Tokens.ClientId ?? "(unknown)"}, but \"{row.Key.Provider}\" is now configured with {OriginOf(provider)} and client {provider.ClientId}. "
        + "Restore the former settings; or, if the provider has moved, list the former origin in PreviousTokenEndpointOrigins; or have the user connect again. The stored tokens were kept and not sent.";
}
