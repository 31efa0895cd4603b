namespace TokenLifecycle.Protocol;

/// <summary>
/// Waits for work with a deadline that distinguishes a silent peer from a stall of this process: a frozen container, a machine that slept
/// or was moved, a starved thread pool, a long garbage collection. When the deadline fires, the response may have been in the socket for a
/// long time. The timer and the socket are then ready together, and the timer must not win. The work is therefore checked again until a few
/// short waits in a row end on time, which shows that this process runs (docs/adr/0021).
/// </summary>
internal sealed class StallWatch(TimeProvider time, Func<bool>? hasBacklog = null)
{
    /// <summary>The number of consecutive short waits that have to end on time.</summary>
    private const int Needed = 3;

    /// <summary>How long a short wait is.</summary>
    public static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    /// <summary>How late a short wait may end and still be on time. A busy machine is not stalled.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(150);

    /// <summary>A short wait that takes at least this long shows that the process is stalled and not only busy.</summary>
    private static readonly TimeSpan Standstill = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The longest wait for a stalled process, in multiples of the bound. A caller that waits for a silent provider must get an answer
    /// eventually.
    /// </summary>
    private const int MostBounds = 10;

    /// <summary>
    /// Timers run before the other work of the pool, and the rest of a response may be among that work: if a continuation is registered
    /// while its operation ends, it is put into the queue of a thread that the app then blocks. Timers that are on time are therefore not
    /// enough while work is pending. Not checked with a clock that tests or simulations move.
    /// </summary>
    private readonly Func<bool> _hasBacklog = hasBacklog
        ?? (ReferenceEquals(time, TimeProvider.System) ? static () => ThreadPool.PendingWorkItemCount > Environment.ProcessorCount : static () => false);

    /// <summary>How long the additional check takes if nothing stalls.</summary>
    public static readonly TimeSpan Look = Needed * Tick;

    /// <summary>Waits until the work has finished, or has not finished in time.</summary>
    /// <param name="work">The work. It is not canceled here. Its exceptions are left to the code that awaits it.</param>
    /// <param name="limit">The deadline, and the latest time to wait until while this process is busy.</param>
    /// <returns>Whether the work has finished.</returns>
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

            // A busy process waits until the bound. A stalled one waits beyond it: giving up would lose the response that may be in the
            // socket, which is worth saving unless another process has saved since.
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

    /// <summary>
    /// Returns the elapsed time by the clock that advanced further: while a machine sleeps, only one of the two advances.
    /// </summary>
    private TimeSpan Since(Reading reading)
    {
        TimeSpan monotonic = time.GetElapsedTime(reading.Timestamp);
        TimeSpan wall = time.GetUtcNow() - reading.Wall;
        return monotonic > wall ? monotonic : wall;
    }

    private readonly record struct Reading(long Timestamp, DateTimeOffset Wall);
}
