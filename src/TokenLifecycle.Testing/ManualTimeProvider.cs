namespace TokenLifecycle.Testing;

/// <summary>
/// A clock that moves only on request. <see cref="Advance"/> lets time pass: wall clock and monotonic timestamp move together and
/// timers fire in the order in which they are due. <see cref="JumpWallClock"/> and <see cref="Suspend"/> move the wall clock alone.
/// </summary>
/// <remarks>
/// Safe to use from several threads. <c>Task.Delay</c>, <c>CancellationTokenSource</c> and <c>PeriodicTimer</c> work with it. A timer that
/// is due at once fires on the thread pool, as the system's does; every other timer fires on the thread that calls <see cref="Advance"/>.
/// </remarks>
public sealed class ManualTimeProvider : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly object _advancing = new();
    private readonly List<ManualTimer> _timers = [];
    private readonly List<(int Count, TaskCompletionSource Reached)> _waiters = [];
    private readonly DateTimeOffset _start;
    private TimeSpan _elapsed;
    private TimeSpan _wallClockShift;
    private long _sequence;

    /// <summary>A clock that stands at 2026-01-01T00:00:00Z.</summary>
    public ManualTimeProvider()
        : this(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero))
    {
    }

    /// <summary>A clock that stands at a given instant.</summary>
    /// <param name="start">Where the wall clock begins.</param>
    public ManualTimeProvider(DateTimeOffset start) => _start = start.ToUniversalTime();

    /// <summary>How many timers are armed.</summary>
    public int PendingTimers
    {
        get { lock (_lock) return _timers.Count; }
    }

    /// <summary>How long until the next timer fires; <see langword="null"/> if none is armed.</summary>
    public TimeSpan? NextTimerIn
    {
        get { lock (_lock) return Next()?.Due - _elapsed; }
    }

    /// <summary>One tick of the timestamp is 100 ns.</summary>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Always UTC.</summary>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock) return _start + _elapsed + _wallClockShift;
    }

    /// <inheritdoc/>
    public override long GetTimestamp()
    {
        lock (_lock) return _elapsed.Ticks;
    }

    /// <summary>
    /// Lets time pass. Timers that come due fire one after the other, each at its own instant, before this returns; a timer armed by
    /// a callback fires in the same call if it is due within the time given.
    /// </summary>
    /// <param name="time">How much time passes; not negative.</param>
    public void Advance(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        lock (_advancing)
        {
            TimeSpan target;
            lock (_lock) target = _elapsed + time;
            while (TakeDue(target) is { } timer) timer.Fire();
        }
    }

    /// <summary>Moves the wall clock alone, as an operator or NTP does. Timers and timestamps do not notice.</summary>
    /// <param name="shift">How far; negative is backwards.</param>
    public void JumpWallClock(TimeSpan shift)
    {
        lock (_lock) _wallClockShift += shift;
    }

    /// <summary>
    /// The machine sleeps: the wall clock goes on, timers and timestamps stand still, as on Linux. The effect is that of
    /// <see cref="JumpWallClock"/> forward; the name says what the test means.
    /// </summary>
    /// <param name="time">How long it sleeps; not negative.</param>
    public void Suspend(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        JumpWallClock(time);
    }

    /// <summary>
    /// Waits, without polling, until at least so many timers are armed: then the code under test has come to its waiting point.
    /// </summary>
    /// <param name="count">How many.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task WaitForTimersAsync(int count, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            if (_timers.Count >= count) return Task.CompletedTask;
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add((count, reached));
            return reached.Task.WaitAsync(cancellationToken);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">A time is longer than 4,294,967,294 ms (about 49.7 days), which the system's timers
    /// refuse too.</exception>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    internal void Arm(ManualTimer timer, TimeSpan dueTime, TimeSpan period)
    {
        lock (_lock)
        {
            _timers.Remove(timer);
            if (timer.IsDisposed || dueTime == Timeout.InfiniteTimeSpan) return;

            timer.Period = period > TimeSpan.Zero ? period : null;
            if (dueTime > TimeSpan.Zero)
                Add(timer, _elapsed + dueTime);
            else if (timer.Period is { } again)
                Add(timer, _elapsed + again);
        }

        if (dueTime == TimeSpan.Zero) ThreadPool.UnsafeQueueUserWorkItem(static t => t.Fire(), timer, preferLocal: false);
    }

    internal void Disarm(ManualTimer timer)
    {
        lock (_lock) _timers.Remove(timer);
    }

    private void Add(ManualTimer timer, TimeSpan due)
    {
        timer.Due = due;
        timer.Sequence = ++_sequence;
        _timers.Add(timer);
        foreach ((int count, TaskCompletionSource reached) in _waiters)
        {
            if (_timers.Count >= count) reached.TrySetResult();
        }

        _waiters.RemoveAll(waiter => waiter.Reached.Task.IsCompleted);
    }

    private ManualTimer? Next() => _timers.MinBy(timer => (timer.Due, timer.Sequence));

    private ManualTimer? TakeDue(TimeSpan target)
    {
        lock (_lock)
        {
            ManualTimer? next = Next();
            if (next is null || next.Due > target)
            {
                // A callback may itself have advanced the clock past the target: time never goes back.
                if (target > _elapsed) _elapsed = target;
                return null;
            }

            if (next.Due > _elapsed) _elapsed = next.Due;
            _timers.Remove(next);
            if (next.Period is { } period) Add(next, next.Due + period);
            return next;
        }
    }
}
