namespace TokenLifecycle.Options;

/// <summary>
/// The parameters that the library sends itself, of each kind of request: settings can't add them, and what settings add is sent
/// (FS-16).
/// </summary>
internal static class ReservedParameters
{
    private static readonly string[] _client = ["client_id", "client_secret", "client_assertion", "client_assertion_type"];

    /// <summary>
    /// Of the authorization request. Also the parameters that would replace all others (RFC 9101, RFC 9126): the provider would then
    /// read a request that the library has not made.
    /// </summary>
    public static readonly string[] OfAuthorization =
        ["client_id", "client_secret", "code_challenge", "code_challenge_method", "nonce", "redirect_uri", "request", "request_uri", "response_type", "scope", "state"];

    public static readonly string[] OfToken = [.. _client, "grant_type", "code", "code_verifier", "redirect_uri"];

    /// <summary>Of a token request of the client credentials grant.</summary>
    public static readonly string[] OfClientCredentials = [.. OfToken, "scope"];

    public static readonly string[] OfRefresh = [.. _client, "grant_type", "refresh_token"];

    public static readonly string[] OfRevocation = [.. _client, "token", "token_type_hint"];

    public static readonly string[] OfUserInfo = ["access_token"];

    public static bool IsOfAuthorization(string name) => OfAuthorization.Contains(name, StringComparer.OrdinalIgnoreCase);
}
