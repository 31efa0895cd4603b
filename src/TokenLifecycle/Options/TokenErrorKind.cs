namespace TokenLifecycle.Options;

/// <summary>
/// What an error answer of a token endpoint means. Only <see cref="InvalidGrant"/> and <see cref="InteractionRequired"/> can end a
/// connection.
/// </summary>
public enum TokenErrorKind
{
    /// <summary>The grant was rejected by name: reconnect, once it is sure that the stored refresh token was the one rejected.</summary>
    InvalidGrant = 0,

    /// <summary>
    /// The grant may be dead, or something else is wrong: ends the connection only after several such answers over more than a day.
    /// </summary>
    PossiblyInvalidGrant = 1,

    /// <summary>The authorization code was rejected: the user starts connecting again.</summary>
    InvalidCode = 2,

    /// <summary>The client is wrong (id, secret, settings): the operator is notified, and no connection is changed.</summary>
    InvalidClient = 3,

    /// <summary>The user has to sign in or consent again.</summary>
    InteractionRequired = 4,

    /// <summary>Too many calls.</summary>
    RateLimited = 5,

    /// <summary>Will pass.</summary>
    Transient = 6,

    /// <summary>
    /// Possibly two holders met: the stored row is read again, and if it is unchanged the request is repeated once.
    /// Some servers answer <c>invalid_request</c> to the loser of a race.
    /// </summary>
    ConcurrentUse = 7,

    /// <summary>Not understood: backs off, and ends the connection only after several such answers over more than a day.</summary>
    Unknown = 8,
}
