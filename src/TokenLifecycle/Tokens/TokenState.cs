namespace TokenLifecycle;

/// <summary>
/// What can be said of a connection. Closed: these six and no others, and one function in the library computes them,
/// so no two parts of an application can disagree about a token.
/// </summary>
public enum TokenState
{
    /// <summary>Nothing is stored under this key. The user has to connect.</summary>
    Missing = 0,

    /// <summary>The access token works and needs nothing.</summary>
    Valid = 1,

    /// <summary>The access token works, but is within the refresh window: it is served while one refresh goes on.</summary>
    ExpiringSoon = 2,

    /// <summary>The access token has expired; the next call refreshes it.</summary>
    Expired = 3,

    /// <summary>
    /// The provider rejected the stored grant, or there is none left to refresh with. The user has to reconnect; nothing was deleted.
    /// </summary>
    ReauthorizationRequired = 4,

    /// <summary>
    /// A row is there but cannot be read, for example because its encryption key is missing. The operator has to restore it; nothing was
    /// deleted.
    /// </summary>
    Unreadable = 5,
}
