using TokenLifecycle.Providers;
using TokenLifecycle.Storage;

namespace TokenLifecycle.State;

/// <summary>Whether a refresh should be made now. Evaluated before a flight, and again under the lease with the row at that time.</summary>
/// <param name="IsNeeded">Whether to refresh.</param>
/// <param name="Pause">How long to wait first, if an earlier attempt failed; zero if there is no reason to wait.</param>
internal readonly record struct RefreshNeed(bool IsNeeded, TimeSpan Pause)
{
    /// <summary>
    /// By so much the clocks of two machines may differ. A pause that seems longer by more than this shows that a clock was set back (D7).
    /// </summary>
    private static readonly TimeSpan ToleratedSkew = TimeSpan.FromMinutes(10);

    public static RefreshNeed Of(StoredToken row, TimeSpan? remaining, RefreshTiming timing, RefreshDemand demand, bool renewable, DateTimeOffset now, bool ignoresPause = false, TimeSpan untilDue = default)
    {
        if (!renewable || row.Reauthorization is not null)
            return default;

        if (demand.IsDue)
            return new RefreshNeed(IsNeeded: untilDue == TimeSpan.Zero, TimeSpan.Zero);

        // Another token than the rejected one satisfies the demand, unless it has expired as well.
        if (demand.IsForced && !(remaining <= TimeSpan.Zero) && !string.Equals(demand.RejectedAccessToken, row.Tokens.AccessToken, StringComparison.Ordinal))
            return default;

        bool due = demand.IsForced || IsDue(row, remaining, timing, demand.MinimumValidity);
        TimeSpan pause = due && !ignoresPause ? PauseOf(row, remaining, now) : TimeSpan.Zero;
        return new RefreshNeed(due && pause == TimeSpan.Zero, pause);
    }

    /// <summary>
    /// What is left of the pause after a failure; zero without one. A clock that was set back does not lengthen it: the next failure is
    /// noted by the new time.
    /// </summary>
    private static TimeSpan PauseOf(StoredToken row, TimeSpan? remaining, DateTimeOffset now)
    {
        if (row is not { Failure: { } failure, NextRefreshAt: { } next } || next <= now)
            return TimeSpan.Zero;

        TimeSpan drawn = next - failure.At;
        if (next - now > drawn + ToleratedSkew)
            return TimeSpan.Zero;

        // BG-8: the background refresh may delay connections that keep failing, and a backlog that it spreads (F37). A caller who waits for
        // an expired token must not be delayed.
        TimeSpan pause = next - now;
        return remaining <= TimeSpan.Zero && LongestForCallers(row, failure) is { } longest
            ? RefreshTiming.Max(RefreshTiming.Min(pause, failure.At + longest - now), TimeSpan.Zero)
            : pause;
    }

    /// <summary>The longest pause for a caller who waits for an expired token; null if the pause holds for callers too.</summary>
    private static TimeSpan? LongestForCallers(StoredToken row, TokenFailure failure) => failure.Kind switch
    {
        TokenFailureKind.NoAnswer when row.Intent is { AttemptCount: >= 2 } => null,
        TokenFailureKind.ProviderUnavailable when failure.HttpStatus is 503 => null,
        TokenFailureKind.RateLimited when failure.HttpStatus is not null => null,
        TokenFailureKind.ClientRejected => ClientStanding.ProbeInterval,
        TokenFailureKind.GrantRejected or TokenFailureKind.InteractionRequired => RejectionDetector.Window / 2,
        // Without a status no response asked for a pause: the provider was not reached, or what it asked for is over and the row was
        // spread.
        _ => RefreshSchedule.LongestPauseOnceExpired,
    };

    private static bool IsDue(StoredToken row, TimeSpan? remaining, RefreshTiming timing, TimeSpan? minimumValidity)
    {
        // Its expiry is unknown: only a rejection shows that it has expired.
        if (remaining is not { } left)
            return false;
        if (left <= TimeSpan.Zero || left < minimumValidity)
            return true;

        // Compared as "time before the end" on both sides, so that a moved wall clock moves neither.
        TimeSpan lead = row.NextRefreshAt is { } next && row.Tokens.ExpiresAt is { } end ? end - next : timing.RefreshBefore;
        return left <= lead || (row.Failure is not null && left <= timing.RefreshBefore);
    }
}
