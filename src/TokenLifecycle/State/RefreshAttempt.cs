using TokenLifecycle.Options;
using TokenLifecycle.Providers;
using TokenLifecycle.Storage;

namespace TokenLifecycle.State;

/// <summary>One attempt at one connection: what it is about, and the lease it holds.</summary>
internal sealed class RefreshAttempt
{
    public required TokenKey Key { get; init; }

    public required OAuthProviderOptions Provider { get; init; }

    public required ProviderCircuit Gate { get; init; }

    /// <summary>The owner of the lease; null if there is no row yet, as with the first client-credentials token.</summary>
    public required string? AttemptId { get; init; }

    /// <summary>
    /// The row as it was in the step that took the lease. Only the refresh token of this row is sent, and nothing that was read earlier
    /// (A11).
    /// </summary>
    public required StoredToken? Row { get; init; }

    public required bool IsForced { get; init; }

    /// <summary>Whether this flight has sent a refresh token before: the same, or its predecessor. There is no third round.</summary>
    public required bool IsSecondRound { get; init; }

    /// <summary>Gets or sets whether the refusal is certainly about this connection and not about the client.</summary>
    public bool IsProven { get; set; }

    /// <summary>Gets or sets the position of the request in the order of the gate's events.</summary>
    public long Began { get; set; }

    /// <summary>Gets the time on both clocks before the lease was taken or last renewed; null without a lease.</summary>
    public (long Monotonic, DateTimeOffset Wall)? AskedAt { get; init; }

    /// <summary>
    /// Returns whether the lease may have expired by either of the two clocks: while a machine sleeps, only one of them advances.
    /// </summary>
    public bool HasOutlived(TimeSpan leaseDuration, TimeProvider time) =>
        AskedAt is { } asked && (time.GetElapsedTime(asked.Monotonic) >= leaseDuration || time.GetUtcNow() - asked.Wall >= leaseDuration);

    /// <summary>
    /// Returns how long ago a request of this attempt was sent at most, by the clock that shows more: a wall clock may have been set back
    /// since.
    /// </summary>
    public TimeSpan SinceSent(DateTimeOffset requestedAt, TimeProvider time) => RefreshTiming.Max(
        time.GetUtcNow() - requestedAt,
        AskedAt is { } asked ? time.GetElapsedTime(asked.Monotonic) : TimeSpan.Zero);

    /// <summary>
    /// Gets whether this attempt continues an earlier one that sent the refresh token, got no certain response, and could not record that.
    /// </summary>
    public bool WasSentBefore { get; init; }

    /// <summary>
    /// Gets whether an earlier attempt with this refresh token had no known outcome, or its tokens were saved after another attempt had
    /// taken over. A rejection then means a lost rotation.
    /// </summary>
    public bool FollowsUnknownOutcome => WasSentBefore || Row is { Intent.AttemptCount: > 1 } or { Failure.Kind: TokenFailureKind.SavedLate };

    /// <summary>Returns the same attempt with the row that was read again under its lease.</summary>
    public RefreshAttempt With(StoredToken row, (long Monotonic, DateTimeOffset Wall) askedAt) => new()
    {
        Key = Key,
        Provider = Provider,
        Gate = Gate,
        AttemptId = AttemptId,
        Row = row,
        IsForced = IsForced,
        IsSecondRound = IsSecondRound,
        WasSentBefore = WasSentBefore,
        AskedAt = askedAt,
    };
}
