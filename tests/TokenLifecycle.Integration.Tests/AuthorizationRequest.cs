using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Web;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Integration.Tests;

/// <summary>An authorization request made by hand, with PKCE and consent to offline access.</summary>
internal sealed class AuthorizationRequest(OidcProvider provider, OidcClient client)
{
    public string State { get; } = Canary.New("state");

    public string Verifier { get; } = Canary.New("verifier").PadRight(43, 'v');

    public Uri Url
    {
        get
        {
            string challenge = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier)));
            var query = HttpUtility.ParseQueryString("");
            query["client_id"] = client.Id;
            query["response_type"] = "code";
            query["redirect_uri"] = OidcProvider.RedirectUri.ToString();
            query["scope"] = "openid offline_access api:read";
            query["prompt"] = "consent";
            query["state"] = State;
            query["code_challenge"] = challenge;
            query["code_challenge_method"] = "S256";
            return new UriBuilder(provider.AuthorizationEndpoint) { Query = query.ToString() }.Uri;
        }
    }

    public Dictionary<string, string> Exchange(Uri callback) => new(StringComparer.Ordinal)
    {
        ["grant_type"] = "authorization_code",
        ["code"] = HttpUtility.ParseQueryString(callback.Query)["code"]!,
        ["redirect_uri"] = OidcProvider.RedirectUri.ToString(),
        ["code_verifier"] = Verifier,
    };
}
