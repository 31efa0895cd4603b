using TokenLifecycle.EntityFramework.Model;
using TokenLifecycle.EntityFramework.Rows;
using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework.Portable;

/// <summary>The steps of the contract on a row that was read, before it is written back: what <see cref="PostgreSql.PostgreSqlStatements"/> says in SQL.</summary>
internal static class RowSteps
{
    private static readonly string[] Lease = [Row.LeaseOwner, Row.LeaseTakenAt, Row.LeaseUntil];
    private static readonly string[] Intent = [Row.IntentAttemptId, Row.IntentFirstAt, Row.IntentLastAt, Row.IntentPresentations];

    /// <returns>Whether the lease was taken or renewed; the row is as it was if not.</returns>
    public static bool Begin(Dictionary<string, object?> row, string attemptId, TimeSpan duration, DateTime now)
    {
        bool isOwner = IsOwner(row, attemptId);
        if (!isOwner && IsLive(row, now))
            return false;

        row[Row.LeaseOwner] = attemptId;
        row[Row.LeaseTakenAt] = now;
        row[Row.LeaseUntil] = now + duration;
        if (!isOwner)
        {
            row[Row.IntentAttemptId] = row.Text(Row.IntentAttemptId) ?? attemptId; // Keeps the id of an attempt that was taken over.
            row[Row.IntentFirstAt] = row.Time(Row.IntentFirstAt) ?? now;
            row[Row.IntentLastAt] = now;
            row[Row.IntentPresentations] = (row.Number(Row.IntentPresentations) ?? 0) + 1;
        }

        return true;
    }

    /// <returns>Whether the attempt still had a say; the row is as it was if not.</returns>
    public static bool End(Dictionary<string, object?> row, string attemptId, long version, RefreshCompletion ending)
    {
        if (!IsOwner(row, attemptId) || row.Version() != version)
            return false;

        Clear(row, Lease);
        if (ending.RefreshTokenNotUsed && (row.Number(Row.IntentPresentations) ?? 0) <= 1)
            Clear(row, Intent);
        else if (ending.RefreshTokenNotUsed)
            row[Row.IntentPresentations] = row.Number(Row.IntentPresentations) - 1;
        if (!ending.RefreshTokenNotUsed || string.Equals(row.Text(Row.IntentAttemptId), attemptId, StringComparison.Ordinal))
            row[Row.IntentAttemptId] = null; // The outcome is recorded.
        if (ending.Failure is { } failure)
            RowValues.SetFailure(row, failure);
        if (ending.ClientFingerprint is { } fingerprint)
            row[Row.ClientFingerprint] = fingerprint;
        if (ending.Reauthorization is { } reason)
            row[Row.Reauthorization] = reason.ToString();
        if (ending.NextRefreshAt is not null || row.Text(Row.Reauthorization) is not null)
            row[Row.NextRefreshAt] = RowValues.Time(ending.NextRefreshAt);
        return true;
    }

    /// <summary>New tokens make every attempt with the old ones pointless.</summary>
    public static void Save(Dictionary<string, object?> row)
    {
        Clear(row, Lease);
        Clear(row, Intent);
    }

    // An owner whose lease ran out stays the owner until another takes over: nothing happened in between that it could disturb.
    private static bool IsOwner(Dictionary<string, object?> row, string attemptId) => string.Equals(row.Text(Row.LeaseOwner), attemptId, StringComparison.Ordinal);

    private static bool IsLive(Dictionary<string, object?> row, DateTime now)
    {
        if (row.Text(Row.LeaseOwner) is null || row.Time(Row.LeaseUntil) is not { } until || until <= now)
            return false;

        // In both directions: see PostgreSqlStatements.
        return row.Time(Row.LeaseTakenAt) is not { } taken || taken - (until - taken) < now;
    }

    private static void Clear(Dictionary<string, object?> row, string[] properties)
    {
        foreach (string property in properties)
            row[property] = null;
    }
}
