using TokenLifecycle.Options;

namespace TokenLifecycle.Protocol;

/// <summary>Writes the authorization request's address (RFC 6749 section 4.1.1).</summary>
internal static class AuthorizationUrl
{
    // What the library itself answers for; settings cannot replace it (AR-1, AR-2).
    private static readonly HashSet<string> Own = new(StringComparer.Ordinal)
    {
        "response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge", "code_challenge_method", "request", "request_uri",
    };

    public static Uri Build(Uri endpoint, OAuthProviderOptions options, Uri redirectUri, IReadOnlyCollection<string> scopes, string state, string? verifier, string? nonce)
    {
        List<KeyValuePair<string, string>> fields =
        [
            new("response_type", options.ResponseType),
            new("client_id", options.ClientId),
            new("redirect_uri", options.RedirectUriName ?? redirectUri.OriginalString),
            new("state", state),
        ];
        if (scopes.Count > 0 && options.ScopeSeparator.Length > 0)
            fields.Add(new("scope", string.Join(options.ScopeSeparator, scopes)));
        if (verifier is not null)
        {
            bool isPlain = options.Pkce == PkceMode.Plain;
            fields.Add(new("code_challenge", isPlain ? verifier : RandomSecret.Challenge(verifier)));
            fields.Add(new("code_challenge_method", isPlain ? "plain" : "S256"));
        }

        if (nonce is not null)
            fields.Add(new("nonce", nonce));
        IEnumerable<KeyValuePair<string, string>> additional = options.AdditionalAuthorizationParameters.Where(p => !Own.Contains(p.Key));
        return QueryString.Append(endpoint, ParameterNaming.Apply(options, ProviderRequestKind.Authorization, fields, additional));
    }
}
