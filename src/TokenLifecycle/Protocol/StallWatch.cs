namespace TokenLifecycle.Protocol;

/// <summary>
/// Waits for work with a deadline that tells another's silence from a stall of this process: a frozen container, a machine that slept or was moved, a starved thread pool, a
/// long garbage collection. When the deadline fires, the answer may have been in the socket for long; the timer and the socket are then ready together, and the timer must not
/// win. So the work is looked at again, until this process has shown that it runs: a few short waits in a row that end on time (docs/adr/0021).
/// </summary>
internal sealed class StallWatch(TimeProvider time, Func<bool>? hasBacklog = null)
{
    /// <summary>So many short waits have to end on time, one after another.</summary>
    private const int Needed = 3;

    /// <summary>How long a short wait is.</summary>
    public static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    /// <summary>How late it may end and still be on time. A busy machine is not a stalled one.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(150);

    /// <summary>A short wait that takes as long as this shows a process that stands still, not one that is busy.</summary>
    private static readonly TimeSpan Standstill = TimeSpan.FromSeconds(1);

    /// <summary>A pool that is blocked for longer than so many times the bound is not waited for: whoever waits for a provider that is silent must be told at last.</summary>
    private const int MostBounds = 10;

    /// <summary>
    /// Timers come before the other work of the pool, and the rest of an answer may be among that work: where a continuation is registered while its operation ends, it is put
    /// into the queue of a thread that the app then blocks. So timers that are on time do not suffice while work piles up. Not asked of a clock that tests or simulations move.
    /// </summary>
    private readonly Func<bool> _hasBacklog = hasBacklog
        ?? (ReferenceEquals(time, TimeProvider.System) ? static () => ThreadPool.PendingWorkItemCount > Environment.ProcessorCount : static () => false);

    /// <summary>How long the look takes if nothing stalls.</summary>
    public static readonly TimeSpan Look = Needed * Tick;

    /// <summary>Waits until the work has ended, or has not ended in time.</summary>
    /// <param name="work">The work. It is not cancelled here; what it throws is for who awaits it.</param>
    /// <param name="limit">The deadline, and the latest time to wait until while this process is busy.</param>
    /// <returns>Whether the work has ended.</returns>
    public async Task<bool> EndsAsync(Task work, RequestTime limit)
    {
        Reading began = Read();
        if (await EndsWithinAsync(work, limit.Deadline).ConfigureAwait(false))
            return true;

        int onTime = 0;
        for (int ticks = 1; onTime < Needed; ticks++)
        {
            Reading before = Read();
            if (await EndsWithinAsync(work, Tick).ConfigureAwait(false))
                return true;

            TimeSpan took = Since(before);
            bool isBehind = _hasBacklog();
            onTime = took <= Tick + Slack && !isBehind ? onTime + 1 : 0;

            // A busy process is waited for until the bound. One that stands still is waited for beyond it: to give up helps nobody, and loses what may be in the socket,
            // which is worth saving unless another has saved since.
            bool isStanding = isBehind || took >= Standstill;
            if (ticks >= Needed && Since(began) >= (isStanding ? limit.Latest * MostBounds : limit.Latest))
                break;
        }

        return work.IsCompleted;
    }

    private async Task<bool> EndsWithinAsync(Task work, TimeSpan span)
    {
        if (!work.IsCompleted && span > TimeSpan.Zero)
            await work.WaitAsync(span, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return work.IsCompleted;
    }

    private Reading Read() => new(time.GetTimestamp(), time.GetUtcNow());

    /// <summary>How long ago that was, by the clock that went further: while a machine sleeps only one of them goes on.</summary>
    private TimeSpan Since(Reading reading)
    {
        TimeSpan monotonic = time.GetElapsedTime(reading.Timestamp);
        TimeSpan wall = time.GetUtcNow() - reading.Wall;
        return monotonic > wall ? monotonic : wall;
    }

    private readonly record struct Reading(long Timestamp, DateTimeOffset Wall);
}
