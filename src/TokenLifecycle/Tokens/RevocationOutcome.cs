namespace TokenLifecycle;

/// <summary>The result of revoking a grant at the provider when the user disconnected.</summary>
public enum RevocationOutcome
{
    /// <summary>There was no connection.</summary>
    NotConnected = 0,

    /// <summary>The provider confirmed that the grant is gone (RFC 7009 section 2.2: also for a token it no longer knew).</summary>
    Revoked = 1,

    /// <summary>
    /// The provider has no revocation endpoint: the user can only remove access in the provider's own settings. Notify the user.
    /// </summary>
    NotSupported = 2,

    /// <summary>
    /// The provider could not be reached or refused: the grant may live on there until it expires or the user withdraws it.
    /// </summary>
    Failed = 3,
}
