namespace TokenLifecycle.Lifecycle;

/// <summary>How a flight ended.</summary>
internal enum RefreshResultKind
{
    /// <summary>New tokens came from the provider.</summary>
    Refreshed,

    /// <summary>Nothing was sent: the stored row is good, or somebody else refreshed it.</summary>
    Adopted,

    /// <summary>Time mends it.</summary>
    Unavailable,

    /// <summary>The user mends it.</summary>
    Reauthorize,

    /// <summary>The operator mends it.</summary>
    Misconfigured,
}
