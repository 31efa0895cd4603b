namespace TokenLifecycle.Providers;

/// <summary>The kind of a flight's result.</summary>
internal enum RefreshResultKind
{
    /// <summary>New tokens came from the provider.</summary>
    Refreshed,

    /// <summary>Nothing was sent: the stored row is valid, or another process refreshed it.</summary>
    Adopted,

    /// <summary>Temporary: retry later.</summary>
    Unavailable,

    /// <summary>The user has to reconnect.</summary>
    Reauthorize,

    /// <summary>The operator has to correct the settings.</summary>
    Misconfigured,
}
