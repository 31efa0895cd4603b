namespace TokenLifecycle.Background;

/// <summary>
/// At most so many a second, with a second's worth at once: a token bucket by the manual clock's time, which the one of the framework does
/// not know.
/// </summary>
internal sealed class RefreshRate(TimeProvider time)
{
    private readonly Lock _lock = new();
    private double _left;
    private long _at = time.GetTimestamp();

    /// <summary>Takes up to <paramref name="wanted"/>.</summary>
    /// <returns>How many were taken, and, if none, how long to wait for the next.</returns>
    public (int Taken, TimeSpan Wait) Take(int wanted, double? perSecond)
    {
        if (perSecond is not { } rate)
            return (wanted, TimeSpan.Zero);

        lock (_lock)
        {
            long now = time.GetTimestamp();
            double most = Math.Max(1, rate);
            _left = Math.Min(most, _left + (time.GetElapsedTime(_at, now).TotalSeconds * rate));
            _at = now;
            int taken = (int)Math.Min(wanted, Math.Floor(_left));
            _left -= taken;
            return (taken, taken > 0 ? TimeSpan.Zero : TimeSpan.FromSeconds((1 - _left) / rate));
        }
    }

    /// <summary>Puts back what was not used after all.</summary>
    public void Return(int unused)
    {
        lock (_lock)
            _left += unused;
    }
}
