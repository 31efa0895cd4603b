namespace TokenLifecycle.Contracts;

/// <summary>A clock that stands until it is moved. Wall clock and monotonic clock move together.</summary>
public sealed class ContractClock(DateTimeOffset start) : TimeProvider
{
    private long _elapsedTicks;

    public ContractClock()
        : this(new DateTimeOffset(2026, 11, 2, 12, 0, 0, TimeSpan.Zero))
    {
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public void Advance(TimeSpan by) => Interlocked.Add(ref _elapsedTicks, by.Ticks);

    public override DateTimeOffset GetUtcNow() => start.AddTicks(Interlocked.Read(ref _elapsedTicks));

    public override long GetTimestamp() => Interlocked.Read(ref _elapsedTicks);
}
