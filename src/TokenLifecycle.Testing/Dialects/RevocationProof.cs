namespace TokenLifecycle.Testing.Dialects;

/// <summary>What a revocation is proved with.</summary>
internal enum RevocationProof
{
    /// <summary>Client authentication as at the token endpoint.</summary>
    Client,

    /// <summary>Client authentication by HTTP Basic.</summary>
    Basic,

    /// <summary>The token itself, in the body.</summary>
    TokenOnly,

    /// <summary>The access token, as Bearer.</summary>
    Bearer,
}
