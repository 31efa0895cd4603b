namespace TokenLifecycle.Storage;

/// <summary>
/// A row with its lease, and the steps of the contract on it. Immutable and free of I/O: a store that can hold a row still while it
/// replaces it needs only to read, take a step, and write.
/// </summary>
internal sealed class LeasedConnection(StoredToken token, RefreshLease? lease)
{
    public StoredToken Token { get; } = token;

    public RefreshLease? Lease { get; } = lease;

    /// <summary>
    /// A row after a save: without a lease, without an intent, and without objects of the caller that could change later.
    /// </summary>
    public static LeasedConnection Saved(StoredToken token, long version) => new(token.Frozen(version), lease: null);

    /// <summary>Whether an attempt that looks for work may take this row: its time has come, and no other attempt holds it.</summary>
    public bool IsDueFor(string attemptId, TimeSpan now, DateTimeOffset utcNow) =>
        Token.NextRefreshAt <= utcNow && !IsHeldAgainst(attemptId, now);

    /// <summary>Takes or renews the lease. The row is this very object if nothing is to be written.</summary>
    public (LeasedConnection Row, RefreshClaim Claim) Begin(string attemptId, TimeSpan duration, TimeSpan now, DateTimeOffset utcNow)
    {
        if (IsHeldAgainst(attemptId, now))
            return (this, RefreshClaim.Held(Token));

        StoredToken begun = IsOwner(attemptId) ? Token : Token with { Intent = Presented(Token.Intent, attemptId, utcNow) };
        return (new LeasedConnection(begun, new RefreshLease(attemptId, now, duration)), RefreshClaim.Acquired(begun));
    }

    /// <summary>Gives the lease back and records the ending; <see langword="null"/> if the attempt has no say any more.</summary>
    public LeasedConnection? End(string attemptId, long version, RefreshCompletion ending) =>
        IsOwner(attemptId) && Token.Version == version
            ? new LeasedConnection(Token.After(ending) with { Intent = ending.RefreshTokenNotUsed ? TakenBack(Token.Intent, attemptId) : Recorded(Token.Intent) }, lease: null)
            : null;

    private bool IsHeldAgainst(string attemptId, TimeSpan now) => Lease is { } lease && lease.IsLive(now) && !IsOwner(attemptId);

    // An owner whose lease ran out stays the owner until another takes over: nothing happened in between that it could disturb.
    private bool IsOwner(string attemptId) => Lease is { } lease && string.Equals(lease.Owner, attemptId, StringComparison.Ordinal);

    private static RefreshIntent Presented(RefreshIntent? before, string attemptId, DateTimeOffset utcNow) => new()
    {
        AttemptId = before?.AttemptId ?? attemptId,
        FirstAt = before?.FirstAt ?? utcNow,
        LastAt = utcNow,
        AttemptCount = (before?.AttemptCount ?? 0) + 1,
    };

    /// <summary>Gets whether the outcome of every attempt is recorded, so that no other process holds a response.</summary>
    private static RefreshIntent? Recorded(RefreshIntent? intent) => intent is null
        ? null
        : new RefreshIntent { AttemptId = null, FirstAt = intent.FirstAt, LastAt = intent.LastAt, AttemptCount = intent.AttemptCount };

    private static RefreshIntent? TakenBack(RefreshIntent? intent, string attemptId) => intent is null || intent.AttemptCount <= 1
        ? null
        : new RefreshIntent
        {
            // The id of an attempt that was taken over stays, because its outcome is still unknown.
            AttemptId = string.Equals(intent.AttemptId, attemptId, StringComparison.Ordinal) ? null : intent.AttemptId,
            FirstAt = intent.FirstAt,
            LastAt = intent.LastAt,
            AttemptCount = intent.AttemptCount - 1,
        };
}
