namespace TokenLifecycle.Testing.Dialects;

/// <summary>Why an authorization request ends at the server and not at the client.</summary>
internal enum AuthorizationFlaw
{
    UnknownClient,
    InvalidRedirectUri,
    InvalidScope,
    DuplicateParameter,
    SecretInQuery,
}
