namespace TokenLifecycle.Storage;

/// <summary>What became of an attempt to take a connection's refresh.</summary>
public enum RefreshClaimKind
{
    /// <summary>There is no row.</summary>
    NotFound = 0,

    /// <summary>Another attempt holds the lease.</summary>
    Held = 1,

    /// <summary>This attempt holds the lease.</summary>
    Acquired = 2,
}
