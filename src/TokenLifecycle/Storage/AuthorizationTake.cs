using System.Diagnostics;

namespace TokenLifecycle.Storage;

/// <summary>What a store answers to a call that wants to redeem an id.</summary>
public sealed class AuthorizationTake
{
    private AuthorizationTake(AuthorizationTakeKind kind, string? outcome = null)
    {
        Kind = kind;
        Outcome = outcome;
    }

    /// <summary>This call is the first.</summary>
    public static AuthorizationTake Taken { get; } = new(AuthorizationTakeKind.Taken);

    /// <summary>The id was redeemed for another holder, who alone may see what became of it.</summary>
    public static AuthorizationTake TakenByAnother { get; } = new(AuthorizationTakeKind.TakenByAnother);

    /// <summary>Whether this call was the first.</summary>
    public AuthorizationTakeKind Kind { get; }

    /// <summary>What became of it, encrypted; <see langword="null"/> while the call that redeemed it is in progress.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public string? Outcome { get; }

    /// <summary>An earlier call of the same holder has redeemed it.</summary>
    /// <param name="outcome">The outcome, if that call has stored one.</param>
    public static AuthorizationTake TakenBefore(string? outcome) => new(AuthorizationTakeKind.TakenBefore, outcome);
}
