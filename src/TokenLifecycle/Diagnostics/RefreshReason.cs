namespace TokenLifecycle.Diagnostics;

/// <summary>What a refresh was begun for. Who joins it later changes nothing.</summary>
internal enum RefreshReason
{
    /// <summary>Somebody waits for it: what is stored cannot be handed out, or not for long enough.</summary>
    OnDemand,

    /// <summary>It was due, and goes on behind a caller who was served.</summary>
    Due,

    /// <summary>Somebody asked for it, whatever the token's expiry says.</summary>
    Forced,

    /// <summary>The background refresh found it due.</summary>
    Background,
}
