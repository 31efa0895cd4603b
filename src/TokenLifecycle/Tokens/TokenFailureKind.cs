namespace TokenLifecycle;

/// <summary>What went wrong at the last attempt, by who can resolve it.</summary>
public enum TokenFailureKind
{
    /// <summary>The request surely never reached the provider: name resolution, connection, TLS.</summary>
    Network = 0,

    /// <summary>No complete answer came within the deadline; the provider may or may not have acted.</summary>
    NoAnswer = 1,

    /// <summary>The provider answered that it cannot serve now (5xx and similar).</summary>
    ProviderUnavailable = 2,

    /// <summary>The provider asked for fewer calls (429).</summary>
    RateLimited = 3,

    /// <summary>The provider answered with something that is not a valid token response.</summary>
    ProtocolError = 4,

    /// <summary>The provider returned a token that had already expired.</summary>
    ExpiredTokenReturned = 5,

    /// <summary>The provider refused in a way that does not say whether the grant is dead.</summary>
    UnknownRejection = 6,

    /// <summary>The provider rejected the grant by name (<c>invalid_grant</c>).</summary>
    GrantRejected = 7,

    /// <summary>The provider wants the user to interact.</summary>
    InteractionRequired = 8,

    /// <summary>The provider rejected the client: its id, secret or settings.</summary>
    ClientRejected = 9,

    /// <summary>The token store could not be read or written.</summary>
    StoreUnavailable = 10,

    /// <summary>Another process held the refresh for too long.</summary>
    LeaseUnavailable = 11,

    /// <summary>The stored row cannot be read.</summary>
    Unreadable = 12,

    /// <summary>This process is shutting down and begins no more refreshes.</summary>
    Stopping = 13,

    /// <summary>
    /// The current tokens were saved late, after another process had taken over the refresh. The provider may have revoked them since. The
    /// next refresh is due immediately and shows whether they still work.
    /// </summary>
    SavedLate = 14,
}
