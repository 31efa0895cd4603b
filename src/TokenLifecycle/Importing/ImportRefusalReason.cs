namespace TokenLifecycle.Importing;

/// <summary>Why a row was not imported.</summary>
public enum ImportRefusalReason
{
    /// <summary>It holds neither an access token nor a refresh token: a user who never connected.</summary>
    NoTokens = 0,

    /// <summary>A column holds something that is not text where text is needed.</summary>
    UnreadableValue = 1,

    /// <summary>No provider of that name is registered.</summary>
    UnknownProvider = 2,

    /// <summary>Provider, user id and connection do not make a <see cref="TokenKey"/>.</summary>
    InvalidKey = 3,

    /// <summary>There is no access token.</summary>
    MissingAccessToken = 4,

    /// <summary>
    /// There is no refresh token although the provider issues them, or the access token has expired and nothing can renew it.
    /// </summary>
    MissingRefreshToken = 5,

    /// <summary>The account id, the user id or a plain number stands where a token should.</summary>
    LooksLikeAccountId = 6,

    /// <summary>A value contains characters that no token may contain, or the two tokens are swapped.</summary>
    NotAToken = 7,

    /// <summary>A value is longer than tokens may be. It is refused whole, never cut.</summary>
    TooLong = 8,

    /// <summary>The end of the access token is neither a number nor a time.</summary>
    UnreadableExpiry = 9,

    /// <summary>The end of the access token lies decades in the past or centuries away.</summary>
    ImplausibleExpiry = 10,

    /// <summary>Another row of the input is the same connection and ends later.</summary>
    Superseded = 11,

    /// <summary>The same refresh token is in rows of two users, or of two connections that would each use it.</summary>
    SharedRefreshToken = 12,

    /// <summary>The connection is in the store already, and was left alone.</summary>
    AlreadyConnected = 13,

    /// <summary>The connection is in the store already but cannot be read there. It was left alone.</summary>
    StoredRowUnreadable = 14,
}
