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

    /// <summary>The grant is gone: tell the user to reconnect. Raised once per loss.</summary>
    ReauthorizationRequired = 3,

    /// <summary>New tokens were received but could not be stored yet. They are in use and the save is being retried.</summary>
    SaveDelayed = 4,

    /// <summary>The connection was ended and deleted.</summary>
    Disconnected = 5,

    /// <summary>The provider rejects the client: tell the operator. Raised once until it recovers.</summary>
    ClientRejected = 6,

    /// <summary>So many grants of one provider were rejected at once that the verdicts are held back: tell the operator. Raised once until it recovers.</summary>
    MassRejectionHeld = 7,
}
