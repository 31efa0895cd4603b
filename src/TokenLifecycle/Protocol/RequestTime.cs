namespace TokenLifecycle.Protocol;

/// <summary>How long a request may take.</summary>
/// <param name="Deadline">The time without a response after which the provider counts as silent, if this process was able to
/// receive.</param>
/// <param name="Latest">The time after which a request ends even if this process is too busy to show that it was able to receive: the lease
/// is about to expire, and other processes may act soon.</param>
internal readonly record struct RequestTime(TimeSpan Deadline, TimeSpan Latest)
{
    /// <summary>The time of a request without a lease.</summary>
    public static implicit operator RequestTime(TimeSpan deadline) => new(deadline, deadline * 3);
}
