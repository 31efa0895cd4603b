using System.Net.Http.Headers;
using System.Text;
using TokenLifecycle.Options;

namespace TokenLifecycle.Protocol;

/// <summary>Proves who the client is, in exactly one way per request (RFC 6749 section 2.3). Which way is a setting and never probed: a probe would spend the code (B13).</summary>
internal static class ClientAuthentication
{
    public static void Apply(ClientAuthenticationMethod method, OAuthProviderOptions options, HttpRequestMessage request, ICollection<KeyValuePair<string, string>> fields)
    {
        if (method == ClientAuthenticationMethod.Basic)
        {
            request.Headers.Authorization = Basic(options.ClientId, options.ClientSecret ?? "");
            return;
        }

        fields.Add(new("client_id", options.ClientId));
        if (method == ClientAuthenticationMethod.Body && !string.IsNullOrEmpty(options.ClientSecret))
            fields.Add(new("client_secret", options.ClientSecret));
    }

    // RFC 6749 section 2.3.1: id and secret are form-encoded first, so that a colon in the id cannot move the border between the two.
    private static AuthenticationHeaderValue Basic(string id, string secret) =>
        new("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes($"{FormEncoding.Encode(id)}:{FormEncoding.Encode(secret)}")));
}
