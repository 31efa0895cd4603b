namespace TokenLifecycle.Storage;

/// <summary>Who may refresh a connection, and until when, on the clock of the store that gave the lease.</summary>
/// <param name="Owner">The attempt.</param>
/// <param name="TakenAt">When it was taken or last renewed, as time since whatever zero the store counts from.</param>
/// <param name="Duration">For how long.</param>
internal readonly record struct RefreshLease(string Owner, TimeSpan TakenAt, TimeSpan Duration)
{
    /// <summary>
    /// Whether the lease still keeps others out. Counted in both directions: should the store's clock be set back by more than the lease is
    /// long, the lease must not last until the clock has caught up.
    /// </summary>
    public bool IsLive(TimeSpan now) => (now - TakenAt).Duration() < Duration;
}
