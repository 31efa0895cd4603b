namespace TokenLifecycle.Storage;

/// <summary>What a store found for a browser that has come back.</summary>
public enum AuthorizationRedemptionKind
{
    /// <summary>Nothing that this browser may have.</summary>
    Unknown = 0,

    /// <summary>The request: no other caller ever gets it.</summary>
    Taken = 1,

    /// <summary>The same callback was here before.</summary>
    TakenBefore = 2,
}
