namespace TokenLifecycle.Testing.Dialects;

/// <summary>What was found out about a revocation.</summary>
internal enum RevocationFinding
{
    Revoked,
    UnknownToken,
    MissingToken,
    BadRequest,
    BadClient,
    WrongMethod,
}
