using TokenLifecycle.Providers;
using TokenLifecycle.State;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Background;

/// <summary>
/// After an outage everything is due at once. What is refreshed in one rush comes due in one rush, again and again, so each long overdue
/// connection is given a separate time
/// within nine tenths of its token's lifetime: about as many in a minute as ever. See the readme beside this file.
/// </summary>
internal sealed class BacklogScheduler(TimeProvider time, Random random)
{
    private const double OfLifetime = 0.9;
    private static readonly TimeSpan AssumedLifetime = TimeSpan.FromHours(1);

    /// <summary>The time to refresh an overdue row at; null to refresh it now.</summary>
    /// <param name="row">The row.</param>
    /// <param name="after">What is overdue by more is spread.</param>
    /// <param name="outageEnd">The end of an outage of the provider that was longer than that: what became due in it is spread, too,
    /// however short a time ago.</param>
    public DateTimeOffset? NextFor(StoredToken row, TimeSpan after, DateTimeOffset? outageEnd)
    {
        DateTimeOffset now = time.GetUtcNow();
        if (after == TimeSpan.Zero || row.NextRefreshAt is not { } due)
            return null;

        // A row that found out that the outage was not over got a new time, some seconds later. In a long outage many do; when it is over
        // they must not all come at once.
        bool isRetry = row.Failure is { } failure && due <= failure.At + RefreshSchedule.LongestPauseOnceExpired;
        bool isOld = now - due > after;
        if (!isOld && !((isRetry ? row.Failure!.At : due) < outageEnd))
            return null;

        TimeSpan spread = (row.Tokens.Lifetime ?? AssumedLifetime) * OfLifetime;
        bool isUrgent = row.Tokens.RefreshTokenExpiresAt is { } end && end - now < spread * 2;
        if (isUrgent || spread <= after)
            return null;

        // What still lives is refreshed before it ends, so that who asks for it does not wait.
        if (!isOld && row.Tokens.ExpiresAt - now is { } left && left > TimeSpan.Zero)
            spread = RefreshTiming.Min(spread, left);
        return now + (spread * random.NextDouble());
    }

    /// <summary>
    /// The failure of a row that is spread, without its status: the pause that the provider asked for is over long since, and callers must
    /// not take the new time for it.
    /// </summary>
    public static TokenFailure? WithoutAskedPause(TokenFailure? failure) => failure?.HttpStatus is null ? null : new TokenFailure
    {
        Kind = failure.Kind,
        At = failure.At,
        FirstAt = failure.FirstAt,
        Attempts = failure.Attempts,
        ErrorCode = failure.ErrorCode,
    };
}
