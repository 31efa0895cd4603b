using TokenLifecycle.EntityFramework.Rows;
using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework.Portable;

/// <summary>
/// The steps of the contract on a row that was read, before it is written back: what the package for PostgreSQL says in SQL.
/// </summary>
internal static class RowSteps
{
    /// <returns>Whether the lease was taken or renewed; the row is as it was if not.</returns>
    public static bool Begin(OAuthConnection row, string attemptId, TimeSpan duration, DateTime now)
    {
        bool isOwner = IsOwner(row, attemptId);
        if (!isOwner && IsLive(row, now))
            return false;

        row.LeaseOwner = attemptId;
        row.LeaseTakenAt = now;
        row.LeaseUntil = now + duration;
        if (!isOwner)
        {
            row.IntentAttemptId = row.IntentAttemptId ?? attemptId; // Keeps the id of an attempt that was taken over.
            row.IntentFirstAt = row.IntentFirstAt ?? now;
            row.IntentLastAt = now;
            row.IntentPresentations = (row.IntentPresentations ?? 0) + 1;
        }

        return true;
    }

    /// <returns>Whether the attempt still had a say; the row is as it was if not.</returns>
    public static bool End(OAuthConnection row, string attemptId, long version, RefreshCompletion ending)
    {
        if (!IsOwner(row, attemptId) || row.Version != version)
            return false;

        ClearLease(row);
        if (ending.RefreshTokenNotUsed && (row.IntentPresentations ?? 0) <= 1)
            ClearIntent(row);
        else if (ending.RefreshTokenNotUsed)
            row.IntentPresentations = row.IntentPresentations - 1;
        if (!ending.RefreshTokenNotUsed || string.Equals(row.IntentAttemptId, attemptId, StringComparison.Ordinal))
            row.IntentAttemptId = null; // The outcome is recorded.
        if (ending.Failure is { } failure)
            RowValues.SetFailure(row, failure);
        if (ending.ClientFingerprint is { } fingerprint)
            row.ClientFingerprint = fingerprint;
        if (ending.Reauthorization is { } reason)
            row.Reauthorization = reason.ToString();
        if (ending.NextRefreshAt is not null || row.Reauthorization is not null)
            row.NextRefreshAt = RowValues.Time(ending.NextRefreshAt);
        return true;
    }

    /// <summary>New tokens make every attempt with the old ones pointless.</summary>
    public static void Save(OAuthConnection row)
    {
        ClearLease(row);
        ClearIntent(row);
    }

    // An owner whose lease ran out stays the owner until another takes over: nothing happened in between that it could disturb.
    private static bool IsOwner(OAuthConnection row, string attemptId) => string.Equals(row.LeaseOwner, attemptId, StringComparison.Ordinal);

    private static bool IsLive(OAuthConnection row, DateTime now)
    {
        if (row.LeaseOwner is null || row.LeaseUntil is not { } until || until <= now)
            return false;

        // In both directions: should the clock be set back by more than the lease is long, the lease must not last until it has caught up.
        return row.LeaseTakenAt is not { } taken || taken - (until - taken) < now;
    }

    private static void ClearLease(OAuthConnection row)
    {
        row.LeaseOwner = null;
        row.LeaseTakenAt = row.LeaseUntil = null;
    }

    private static void ClearIntent(OAuthConnection row)
    {
        row.IntentAttemptId = null;
        row.IntentFirstAt = row.IntentLastAt = null;
        row.IntentPresentations = null;
    }
}
