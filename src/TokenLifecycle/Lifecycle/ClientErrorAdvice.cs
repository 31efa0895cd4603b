namespace TokenLifecycle.Lifecycle;

/// <summary>Says which settings to check when a provider rejects the client or the request itself, by its error code.</summary>
internal static class ClientErrorAdvice
{
    public static string For(string provider, string? errorCode)
    {
        string of = $"of AddProvider(\"{provider}\")";
        return errorCode switch
        {
            "invalid_client" => $"Check ClientId, ClientSecret, ClientAuthentication and TokenEndpoint {of} against the provider's developer console; the secret may be wrong or expired.",
            "unauthorized_client" => $"Check that ClientId {of} is the client that the tokens were issued to, and that the provider allows it the refresh_token grant.",
            "unsupported_grant_type" => $"Check TokenEndpoint, RefreshEndpoint and RequestFormat {of}, and that the provider allows this client the grant.",
            "invalid_scope" => $"Check Scopes {of} against what the provider allows this client.",
            "invalid_target" or "invalid_resource" => $"Check the resource or audience that the requests {of} name against what the provider allows this client.",
            "invalid_request" => $"The provider takes the request itself for malformed: check RequestFormat, ClientAuthentication and the extra parameters {of} against its documentation.",
            _ => $"Check ClientId, ClientSecret, Scopes and TokenEndpoint {of} against the provider's developer console.",
        };
    }
}
