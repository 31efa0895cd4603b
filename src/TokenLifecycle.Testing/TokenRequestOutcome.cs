namespace TokenLifecycle.Testing;

/// <summary>What became of a token request.</summary>
public enum TokenRequestOutcome
{
    /// <summary>New tokens were issued.</summary>
    Issued = 0,

    /// <summary>
    /// Tokens that had been issued before were returned again: inside the grace, or because the access token was still young.
    /// </summary>
    Repeated = 1,

    /// <summary>It was refused.</summary>
    Rejected = 2,

    /// <summary>It was refused because a consumed refresh token or code was sent again.</summary>
    ReuseDetected = 3,

    /// <summary>A scripted fault answered or dropped it before the server processed it.</summary>
    NotProcessed = 4,
}
