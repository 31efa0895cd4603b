namespace TokenLifecycle.Storage;

/// <summary>
/// The state of a connection in its row, independent of the clock. Whether a token has expired meanwhile is not part of it: the next caller
/// or the background refresh detects that.
/// </summary>
public enum StoredConnectionState
{
    /// <summary>The last refresh succeeded, or none was made yet.</summary>
    Connected,

    /// <summary>The last refresh failed and is tried again.</summary>
    Failing,

    /// <summary>The user has to reconnect.</summary>
    ReauthorizationRequired,
}
