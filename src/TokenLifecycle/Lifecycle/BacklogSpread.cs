using TokenLifecycle.Storage;

namespace TokenLifecycle.Lifecycle;

/// <summary>
/// After an outage everything is due at once. What is refreshed in one rush comes due in one rush, again and again, so each long overdue connection is given a time of its own
/// within six tenths of its token's lifetime: at most 1.7 times the steady rate. See the readme beside this file.
/// </summary>
internal sealed class BacklogSpread(TimeProvider time, Random random)
{
    private const double OfLifetime = 0.6;
    private static readonly TimeSpan AssumedLifetime = TimeSpan.FromHours(1);

    /// <summary>The time to refresh an overdue row at; null to refresh it now.</summary>
    public DateTimeOffset? NextFor(StoredToken row, TimeSpan after)
    {
        DateTimeOffset now = time.GetUtcNow();

        // That it has failed changes nothing: in a long outage each of them has found out once that it was not over, and all of them together are the backlog.
        if (after == TimeSpan.Zero || row.NextRefreshAt is not { } due || now - due <= after)
            return null;

        TimeSpan spread = (row.Tokens.Lifetime ?? AssumedLifetime) * OfLifetime;
        bool isUrgent = row.Tokens.RefreshTokenExpiresAt is { } end && end - now < spread * 2;
        return isUrgent || spread <= after ? null : now + (spread * random.NextDouble());
    }

    /// <summary>
    /// The failure of a row that is spread: the pause that its provider asked for with a 503 is over long since, and the new time must not be taken for it by callers.
    /// </summary>
    public static TokenFailure? WithoutAskedPause(TokenFailure? failure) => failure is not { HttpStatus: 503 } ? null : new TokenFailure
    {
        Kind = failure.Kind,
        At = failure.At,
        FirstAt = failure.FirstAt,
        Attempts = failure.Attempts,
        ErrorCode = failure.ErrorCode,
    };
}
