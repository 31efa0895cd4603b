using TokenLifecycle.Storage;

namespace TokenLifecycle.Lifecycle;

/// <summary>Whether a refresh should be made now. Asked by the caller's walk before a flight, and again under the lease of the row as it is then.</summary>
/// <param name="IsNeeded">Whether to refresh.</param>
/// <param name="Pause">How long to wait first, if an earlier attempt failed; zero if nothing stands in the way.</param>
internal readonly record struct RefreshNeed(bool IsNeeded, TimeSpan Pause)
{
    /// <summary>A stored pause longer than this can only come from a clock that has been moved, and is ignored (D7).</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(2);

    public static RefreshNeed Of(StoredToken row, TimeSpan? remaining, RefreshTiming timing, RefreshDemand demand, bool renewable, DateTimeOffset now)
    {
        if (!renewable || row.Reauthorization is not null)
            return default;

        if (demand.IsForced && !string.Equals(demand.RejectedAccessToken, row.Tokens.AccessToken, StringComparison.Ordinal))
            return default;

        bool due = demand.IsForced || IsDue(row, remaining, timing, demand.MinimumValidity);
        TimeSpan pause = due && row is { Failure: not null, NextRefreshAt: { } next } ? next - now : TimeSpan.Zero;
        if (pause > TimeSpan.Zero && pause <= LongestPause)
            return new RefreshNeed(IsNeeded: false, pause);

        return new RefreshNeed(due, TimeSpan.Zero);
    }

    private static bool IsDue(StoredToken row, TimeSpan? remaining, RefreshTiming timing, TimeSpan? minimumValidity)
    {
        // Its end is unknown: only a rejection shows that it has come.
        if (remaining is not { } left)
            return false;
        if (left <= TimeSpan.Zero || left < minimumValidity)
            return true;

        // Compared as "time before the end" on both sides, so that a moved wall clock moves neither.
        TimeSpan lead = row.NextRefreshAt is { } next && row.Tokens.ExpiresAt is { } end ? end - next : timing.RefreshBefore;
        return left <= lead || (row.Failure is not null && left <= timing.RefreshBefore);
    }
}
