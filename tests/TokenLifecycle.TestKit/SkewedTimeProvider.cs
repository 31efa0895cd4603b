namespace TokenLifecycle.TestKit;

/// <summary>The clock of a machine that is set wrong: the same time passes on it, but it shows another.</summary>
public sealed class SkewedTimeProvider(TimeProvider inner, TimeSpan skew) : TimeProvider
{
    /// <summary>How wrong it is set.</summary>
    public TimeSpan Skew { get; set; } = skew;

    public override long TimestampFrequency => inner.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => inner.GetUtcNow() + Skew;

    public override long GetTimestamp() => inner.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => inner.CreateTimer(callback, state, dueTime, period);
}
