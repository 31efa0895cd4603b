using System.Net.Http.Headers;
using System.Text;
using TokenLifecycle.Options;

namespace TokenLifecycle.Protocol;

/// <summary>
/// Proves who the client is, in exactly one way per request (RFC 6749 section 2.3). Which way is a setting and never probed: a probe would
/// spend the code (B13).
/// </summary>
internal static class ClientAuthentication
{
    public static void Apply(ClientAuthenticationMethod method, OAuthProviderOptions options, HttpRequestMessage request, ICollection<KeyValuePair<string, string>> fields)
    {
        if (CredentialsOf(method, options.ClientId, options.ClientSecret ?? "") is { } credentials)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(credentials)));
            return;
        }

        fields.Add(new("client_id", options.ClientId));
        if (method == ClientAuthenticationMethod.Body && !string.IsNullOrEmpty(options.ClientSecret))
            fields.Add(new("client_secret", options.ClientSecret));
    }

    /// <summary>Returns user name and password of HTTP Basic; null if the method is another one.</summary>
    private static string? CredentialsOf(ClientAuthenticationMethod method, string id, string secret) => method switch
    {
        // RFC 6749 section 2.3.1: id and secret are form-encoded first, so that a colon in the id cannot move the border between the two.
        ClientAuthenticationMethod.Basic => $"{FormEncoding.Encode(id)}:{FormEncoding.Encode(secret)}",
        ClientAuthenticationMethod.BasicUnencoded => $"{id}:{secret}",
        ClientAuthenticationMethod.BasicSecretAsUserName => $"{secret}:",
        ClientAuthenticationMethod.BasicWithoutSecret => $"{id}:",
        _ => null,
    };
}
