namespace TokenLifecycle.Diagnostics;

/// <summary>When something was done, by the system's clock, as all spans of the app are.</summary>
internal readonly record struct SpanTime(DateTimeOffset Start, long StartTimestamp, TimeSpan Duration)
{
    public static SpanTime Begin() => new(TimeProvider.System.GetUtcNow(), TimeProvider.System.GetTimestamp(), TimeSpan.Zero);

    public SpanTime End() => this with { Duration = TimeProvider.System.GetElapsedTime(StartTimestamp) };
}
