namespace TokenLifecycle.Storage;

/// <summary>What to record when an attempt brought no new tokens.</summary>
public sealed record RefreshCompletion
{
    /// <summary>
    /// Whether the refresh token surely was not used up by this attempt: nothing was sent, or the provider refused it. The attempt is then
    /// taken out of the intent; if it was the only one the intent is cleared. Otherwise the intent stays.
    /// </summary>
    public required bool RefreshTokenNotUsed { get; init; }

    /// <summary>The failure to store; <see langword="null"/> leaves the stored one.</summary>
    public TokenFailure? Failure { get; init; }

    /// <summary>The decision to store; <see langword="null"/> leaves the stored one.</summary>
    public ReauthorizationReason? Reauthorization { get; init; }

    /// <summary>
    /// When to try again; <see langword="null"/> leaves the stored time. Of a connection that needs a reconnect, by this ending or already:
    /// when its owner is to be notified again; <see langword="null"/> clears the stored time.
    /// </summary>
    public DateTimeOffset? NextRefreshAt { get; init; }

    /// <summary>
    /// Gets the value to store as <see cref="StoredToken.ClientFingerprint"/>; <see langword="null"/> leaves the stored one.
    /// </summary>
    public string? ClientFingerprint { get; init; }
}
