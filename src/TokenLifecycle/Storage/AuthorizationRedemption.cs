using System.Diagnostics;

namespace TokenLifecycle.Storage;

/// <summary>What a store answers to a browser that has come back.</summary>
public sealed class AuthorizationRedemption
{
    private AuthorizationRedemption(AuthorizationRedemptionKind kind, string? payload = null, string? outcome = null)
    {
        Kind = kind;
        Payload = payload;
        Outcome = outcome;
    }

    /// <summary>There is no such request, it has expired, or another browser began it: the three cannot be distinguished.</summary>
    public static AuthorizationRedemption Unknown { get; } = new(AuthorizationRedemptionKind.Unknown);

    /// <summary>What was found.</summary>
    public AuthorizationRedemptionKind Kind { get; }

    /// <summary>What was remembered, encrypted; only for who took it.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public string? Payload { get; }

    /// <summary>What became of it, encrypted; <see langword="null"/> while the call that took it is in progress.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public string? Outcome { get; }

    /// <summary>Only this caller has it.</summary>
    /// <param name="payload">The row's payload.</param>
    public static AuthorizationRedemption Taken(string payload) => new(AuthorizationRedemptionKind.Taken, payload: payload);

    /// <summary>Another caller has taken it before.</summary>
    /// <param name="outcome">What they noted, if they are done.</param>
    public static AuthorizationRedemption TakenBefore(string? outcome) => new(AuthorizationRedemptionKind.TakenBefore, outcome: outcome);
}
