namespace TokenLifecycle;

/// <summary>What happened to a connection or a provider.</summary>
public enum TokenEventKind
{
    /// <summary>A user connected or reconnected, and the tokens are stored.</summary>
    Connected = 0,

    /// <summary>New tokens were received and are stored. Raised only after the durable write.</summary>
    Refreshed = 1,

    /// <summary>A refresh failed; it will be tried again.</summary>
    RefreshFailed = 2,

    /// <summary>
    /// The grant was rejected: ask the user to reconnect. Raised once per loss where the observer takes it; with
    /// <c>AddBackgroundRefresh()</c> and a store that lasts it is raised
    /// again, with the same <see cref="TokenEvent.Failure"/>, until every observer has taken it, also after a crash.
    /// </summary>
    ReauthorizationRequired = 3,

    /// <summary>New tokens were received but could not be stored yet. They are in use and the save is being retried.</summary>
    SaveDelayed = 4,

    /// <summary>The user disconnected, and the connection was deleted.</summary>
    Disconnected = 5,

    /// <summary>The provider rejects the client: notify the operator. Raised once until it recovers.</summary>
    ClientRejected = 6,

    /// <summary>
    /// A provider refuses every refresh, or many at once, so no connection is marked as requiring a reconnect. Notify the operator. Raised
    /// once until the provider recovers.
    /// </summary>
    MassRejectionHeld = 7,

    /// <summary>
    /// The refresh token expires within two weeks and using it does not extend it: ask the user to connect again in good time. Raised once,
    /// after the refresh that noticed it.
    /// </summary>
    RefreshTokenExpiring = 8,

    /// <summary>The provider now grants less than before: see <see cref="ConnectionStatus.MissingScopes"/>.</summary>
    ScopesReduced = 9,
}
