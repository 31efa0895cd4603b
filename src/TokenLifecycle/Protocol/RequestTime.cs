namespace TokenLifecycle.Protocol;

/// <summary>How long a request may take.</summary>
/// <param name="Deadline">After so long without an answer the provider is silent, if this process was able to listen.</param>
/// <param name="Latest">After so long the request is given up also by a process that is too busy to show that it was able to listen: others may act soon, as the lease is about to run out.</param>
internal readonly record struct RequestTime(TimeSpan Deadline, TimeSpan Latest)
{
    /// <summary>The time of a request that no lease stands behind.</summary>
    public static implicit operator RequestTime(TimeSpan deadline) => new(deadline, deadline * 3);
}
