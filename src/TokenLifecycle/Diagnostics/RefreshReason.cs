namespace TokenLifecycle.Diagnostics;

/// <summary>What a refresh was begun for. Who joins it later changes nothing.</summary>
internal enum RefreshReason
{
    /// <summary>A caller waits for it: the stored token cannot be returned, or not for long enough.</summary>
    OnDemand,

    /// <summary>It was due, and goes on behind a caller who was served.</summary>
    Due,

    /// <summary>A caller asked for it, whatever the token's expiry is.</summary>
    Forced,

    /// <summary>The background refresh found it due.</summary>
    Background,
}
