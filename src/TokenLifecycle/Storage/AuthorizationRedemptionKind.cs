namespace TokenLifecycle.Storage;

/// <summary>Whether a call has redeemed an id.</summary>
public enum AuthorizationRedemptionKind
{
    /// <summary>It was redeemed for another holder.</summary>
    TakenByAnother = 0,

    /// <summary>This call has redeemed it: no other call ever does.</summary>
    Taken = 1,

    /// <summary>An earlier call of the same holder has redeemed it.</summary>
    TakenBefore = 2,
}
