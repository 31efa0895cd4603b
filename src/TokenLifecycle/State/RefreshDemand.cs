using TokenLifecycle.Diagnostics;

namespace TokenLifecycle.State;

/// <summary>What a flight is asked for. The holder of the lease compares it with the row at that time.</summary>
/// <param name="RejectedAccessToken">Refresh only if this is still the stored access token, however valid it seems; null to go by its
/// expiry.</param>
/// <param name="MinimumValidity">Refresh if less than this is left; null to go by the plan.</param>
/// <param name="IsDue">The store has found it due by its own clock, which is the one that counts; nothing is left to compare.</param>
internal readonly record struct RefreshDemand(string? RejectedAccessToken, TimeSpan? MinimumValidity, bool IsDue = false)
{
    public static RefreshDemand ByPlan => default;

    public static RefreshDemand Claimed => new(RejectedAccessToken: null, MinimumValidity: null, IsDue: true) { Reason = RefreshReason.Background };

    /// <summary>What it is for, to be counted by; changes nothing else.</summary>
    public RefreshReason Reason { get; init; }

    public bool IsForced => RejectedAccessToken is not null;

    public static RefreshDemand Forced(string rejectedAccessToken) => new(rejectedAccessToken, MinimumValidity: null) { Reason = RefreshReason.Forced };

    /// <summary>Never the token.</summary>
    public override string ToString() => IsForced ? "forced" : IsDue ? "due" : "by plan";
}
