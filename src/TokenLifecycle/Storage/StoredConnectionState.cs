namespace TokenLifecycle.Storage;

/// <summary>What a row says of its connection without a look at the clock. Whether a token has ended meanwhile is not in it: that is for the next caller or the background refresh to find.</summary>
public enum StoredConnectionState
{
    /// <summary>The last refresh succeeded, or none was made yet.</summary>
    Connected,

    /// <summary>The last refresh failed and is tried again.</summary>
    Failing,

    /// <summary>The user has to reconnect.</summary>
    ReauthorizationRequired,
}
