namespace TokenLifecycle.Storm;

/// <summary>The real clocks and the real timers, some hours ahead: each process is told by how much, and so a token ends everywhere at once without anybody waiting for it.</summary>
internal sealed class JumpingClock : TimeProvider
{
    private long _ahead;

    public TimeSpan Ahead
    {
        get => new(Interlocked.Read(ref _ahead));
        set => Interlocked.Exchange(ref _ahead, value.Ticks);
    }

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Ahead;

    public override long GetTimestamp() => System.GetTimestamp() + (long)(Ahead.TotalSeconds * TimestampFrequency);
}
