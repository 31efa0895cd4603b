namespace TokenLifecycle.Providers;

/// <summary>Returns, by error code, which settings to check when a provider rejects the client or the request itself.</summary>
internal static class ClientErrorAdvice
{
    public static string For(string provider, string? errorCode)
    {
        string of = $"of AddProvider(\"{provider}\")";
        return errorCode switch
        {
            "invalid_client" => $"Check ClientId, ClientSecret, ClientAuthentication and TokenEndpoint {of} against the provider's developer console; the secret may be wrong or expired. If the secret holds special characters and the client authenticates by Basic, the provider may not decode them: try BasicUnencoded.",
            "unauthorized_client" => $"Check that ClientId {of} is the client that the tokens were issued to, and that the provider allows it to use the refresh_token grant.",
            "unsupported_grant_type" => $"Check TokenEndpoint, RefreshEndpoint and RequestFormat {of}, and that the provider allows this client to use the grant type.",
            "invalid_scope" => $"Check Scopes {of} against the scopes that the provider allows for this client.",
            "invalid_target" or "invalid_resource" => $"Check the resource or audience in the requests {of} against what the provider allows for this client.",
            "invalid_request" => $"The provider considers the request itself malformed. Check RequestFormat, ClientAuthentication and the extra parameters {of} against its documentation.",
            _ => $"Check ClientId, ClientSecret, Scopes and TokenEndpoint {of} against the provider's developer console.",
        };
    }
}
