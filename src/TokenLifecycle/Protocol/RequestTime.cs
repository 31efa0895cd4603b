namespace TokenLifecycle.Protocol;

/// <summary>How long a request may take.</summary>
/// <param name="Deadline">After so long without an answer the provider is silent, if this process was able to listen.</param>
/// <param name="Latest">After so long the request is given up even if this process was not able to listen: by then others may act, as the lease is about to run out.</param>
internal readonly record struct RequestTime(TimeSpan Deadline, TimeSpan Latest)
{
    /// <summary>The time of a request that no lease stands behind.</summary>
    public static implicit operator RequestTime(TimeSpan deadline) => new(deadline, deadline * 3);
}
