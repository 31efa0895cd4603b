namespace TokenLifecycle.Storage;

/// <summary>The durable trace of refresh attempts with the stored refresh token, so that a crash can be told from a revocation afterwards.</summary>
public sealed class RefreshIntent
{
    /// <summary>The last attempt, by its own id.</summary>
    public required string AttemptId { get; init; }

    /// <summary>When the first attempt with this refresh token began, by the store's clock.</summary>
    public required DateTimeOffset FirstAt { get; init; }

    /// <summary>When the last attempt with this refresh token began, by the store's clock.</summary>
    public required DateTimeOffset LastAt { get; init; }

    /// <summary>How many attempts with this refresh token have begun and were not taken back.</summary>
    public required int Presentations { get; init; }
}
