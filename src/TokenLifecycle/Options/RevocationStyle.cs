namespace TokenLifecycle.Options;

/// <summary>How a grant is revoked.</summary>
public enum RevocationStyle
{
    /// <summary>RFC 7009: POST the token with client authentication.</summary>
    Rfc7009 = 0,

    /// <summary>POST with the access token as Bearer and an empty body. Needs a live access token.</summary>
    BearerPost = 1,

    /// <summary>The provider has no such endpoint: disconnecting reports <see cref="RevocationOutcome.NotSupported"/>.</summary>
    None = 2,
}
