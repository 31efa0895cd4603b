namespace TokenLifecycle.Simulation;

/// <summary>One process's clocks: a wall clock that is wrong and jumps, a monotonic one, and timers that the scheduler fires.</summary>
internal sealed class NodeClock(Scheduler scheduler, Life life, SeededRandom random, DateTimeOffset start, TimeSpan offset) : TimeProvider
{
    private readonly HashSet<Timer> _active = [];

    /// <summary>Gets or sets how wrong the wall clock is.</summary>
    public TimeSpan Offset { get; set; } = offset;

    public int ActiveTimers => _active.Count;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow() => start + scheduler.Elapsed + Offset;

    public override long GetTimestamp() => scheduler.Now + TimeSpan.TicksPerHour;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        scheduler.CheckThread();
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Timer(NodeClock clock, TimerCallback callback, object? state) : ITimer
    {
        private SimulatedEvent? _next;
        private TimeSpan _period;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (_next is not null)
                _next.IsCancelled = true;
            _next = null;
            _period = period;
            clock._active.Remove(this);
            if (dueTime == Timeout.InfiniteTimeSpan)
                return true;

            // A timer is never early, and a little late.
            clock._active.Add(this);
            _next = clock.Schedule(dueTime + clock.Lateness(), Fire);
            return true;
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }

        private void Fire()
        {
            if (_period > TimeSpan.Zero)
                Change(_period, _period);
            else
                Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            callback(state);
        }
    }

    private SimulatedEvent Schedule(TimeSpan after, Action fire) => scheduler.After(after, life, "timer", fire);

    private TimeSpan Lateness() => TimeSpan.FromTicks((long)(random.NextDouble() * 3 * TimeSpan.TicksPerMillisecond));
}
