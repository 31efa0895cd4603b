namespace TokenLifecycle.Storage;

/// <summary>
/// The durable trace of refresh attempts with the stored refresh token, so that a crash can be distinguished from a revocation afterwards.
/// </summary>
public sealed record RefreshIntent
{
    /// <summary>
    /// Gets the attempt whose outcome is not recorded yet: it may hold a response that replaces the stored refresh token. An attempt that
    /// takes over an expired lease leaves the id in place, so that it can recognize that it took over. <see langword="null"/> when the
    /// outcome of every attempt is recorded.
    /// </summary>
    public string? AttemptId { get; init; }

    /// <summary>When the first attempt with this refresh token began, by the store's clock.</summary>
    public required DateTimeOffset FirstAt { get; init; }

    /// <summary>When the last attempt with this refresh token began, by the store's clock.</summary>
    public required DateTimeOffset LastAt { get; init; }

    /// <summary>How many attempts with this refresh token have begun and were not undone.</summary>
    public required int AttemptCount { get; init; }
}
