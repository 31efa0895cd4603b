namespace TokenLifecycle;

/// <summary>Adds to points in time without an overflow: a provider, an app or a clock may supply extreme values.</summary>
internal static class SaturatingTime
{
    /// <summary>Returns the sum, limited to the range of <see cref="DateTimeOffset"/>.</summary>
    public static DateTimeOffset Plus(this DateTimeOffset from, TimeSpan span)
    {
        long ticks = from.UtcTicks;
        if (span.Ticks > DateTimeOffset.MaxValue.UtcTicks - ticks)
            return DateTimeOffset.MaxValue;
        return span.Ticks < DateTimeOffset.MinValue.UtcTicks - ticks ? DateTimeOffset.MinValue : new DateTimeOffset(ticks + span.Ticks, TimeSpan.Zero);
    }

    /// <inheritdoc cref="Plus(DateTimeOffset, TimeSpan)"/>
    public static DateTimeOffset? Plus(this DateTimeOffset? from, TimeSpan? span) => from is { } start && span is { } known ? start.Plus(known) : null;
}
