namespace TokenLifecycle.Lifecycle;

/// <summary>A clock whose "now" follows the monotonic clock, for code of others that measures pauses by the wall clock: one that is set back must not lengthen them (D7).</summary>
internal sealed class MonotonicTime(TimeProvider inner) : TimeProvider
{
    private readonly DateTimeOffset _origin = inner.GetUtcNow();
    private readonly long _started = inner.GetTimestamp();

    public override long TimestampFrequency => inner.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => _origin + inner.GetElapsedTime(_started);

    public override long GetTimestamp() => inner.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => inner.CreateTimer(callback, state, dueTime, period);
}
