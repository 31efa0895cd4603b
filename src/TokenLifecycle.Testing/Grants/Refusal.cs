namespace TokenLifecycle.Testing.Grants;

/// <summary>Why a token request is refused. Each dialect has its own words for these.</summary>
internal enum Refusal
{
    WrongMethod,
    WrongContentType,
    MalformedRequest,
    SecretInQuery,
    MissingClient,
    UnknownClient,
    WrongSecret,
    SeveralClientAuthentications,
    ClientAuthenticationNotAllowed,
    MissingGrantType,
    UnsupportedGrantType,
    RedirectMismatch,
    WrongVerifier,
    UnknownCode,
    DeadCode,
    UnknownRefreshToken,
    ExpiredRefreshToken,
    DeadRefreshToken,
    ScopeTooWide,
}
