using TokenLifecycle.Storage;

namespace TokenLifecycle.State;

/// <summary>A row whose lease the background refresh has acquired.</summary>
/// <param name="Row">The row as it was in that step.</param>
/// <param name="AttemptId">The owner of the lease.</param>
/// <param name="AskedAt">Both clocks before the call that acquired it: the lease is not older.</param>
internal sealed record ClaimedRow(StoredToken Row, string AttemptId, (long Monotonic, DateTimeOffset Wall) AskedAt)
{
    /// <summary>Whose; never a token.</summary>
    public override string ToString() => $"{Row.Key} acquired";
}
