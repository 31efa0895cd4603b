using System.Diagnostics;

namespace TokenLifecycle.Storage;

/// <summary>What a store answers to a call that wants to redeem an id.</summary>
public sealed class AuthorizationRedemption
{
    private AuthorizationRedemption(AuthorizationRedemptionKind kind, string? outcome = null)
    {
        Kind = kind;
        Outcome = outcome;
    }

    /// <summary>This call is the first.</summary>
    public static AuthorizationRedemption Taken { get; } = new(AuthorizationRedemptionKind.Taken);

    /// <summary>The id was redeemed for another holder, who alone may see what became of it.</summary>
    public static AuthorizationRedemption TakenByAnother { get; } = new(AuthorizationRedemptionKind.TakenByAnother);

    /// <summary>Whether this call was the first.</summary>
    public AuthorizationRedemptionKind Kind { get; }

    /// <summary>What became of it, encrypted; <see langword="null"/> while the call that redeemed it is in progress.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public string? Outcome { get; }

    /// <summary>An earlier call of the same holder has redeemed it.</summary>
    /// <param name="outcome">The outcome, if that call has stored one.</param>
    public static AuthorizationRedemption TakenBefore(string? outcome) => new(AuthorizationRedemptionKind.TakenBefore, outcome);
}
