namespace TokenLifecycle.Diagnostics;

/// <summary>The time of an operation by the system clock, which all spans of the app use.</summary>
internal readonly record struct SpanTime(DateTimeOffset Start, long StartTimestamp, TimeSpan Duration)
{
    public static SpanTime Begin() => new(TimeProvider.System.GetUtcNow(), TimeProvider.System.GetTimestamp(), TimeSpan.Zero);

    public SpanTime End() => this with { Duration = TimeProvider.System.GetElapsedTime(StartTimestamp) };
}
