using Microsoft.Extensions.Logging;
using TokenLifecycle.Diagnostics;

namespace TokenLifecycle.State;

/// <summary>
/// Measures how far the store's clock is ahead of this process's clock, and translates between them. A store holds the time of the next
/// refresh by its own clock, because it compares that time with its own clock when it looks for connections that are due (docs/adr/0024).
/// The measurement costs nothing: a store notes in the intent when an attempt began.
/// </summary>
internal sealed class StoreClock(TimeProvider time, ILogger<ITokenManager> logger)
{
    /// <summary>The health check is Degraded while the clocks differ by more than this.</summary>
    public static readonly TimeSpan DegradedAbove = TimeSpan.FromMinutes(1);

    /// <summary>A difference above this is logged.</summary>
    public static readonly TimeSpan WarnAbove = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Synchronized clocks differ by less than this. A smaller difference, or a smaller change of a difference, changes nothing.
    /// </summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(2);

    /// <summary>A call that took longer shows the difference too inaccurately.</summary>
    private static readonly TimeSpan LongestCall = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private long _aheadTicks;
    private bool _isMeasured;
    private bool _isReported;

    /// <summary>
    /// Gets how far the store's clock is ahead of this process's clock; negative if it is behind, zero while the clocks agree or the
    /// difference is unknown.
    /// </summary>
    public TimeSpan Ahead => new(Interlocked.Read(ref _aheadTicks));

    /// <summary>Gets the difference; <see langword="null"/> before it was first measured.</summary>
    public TimeSpan? Measured
    {
        get
        {
            lock (_lock)
                return _isMeasured ? Ahead : null;
        }
    }

    /// <summary>Gets what the health check reports; <see langword="null"/> while the clocks agree well enough.</summary>
    public string? Problem => Ahead is var ahead && ahead.Duration() > DegradedAbove
        ? $"The clock of the token store is {Describe(ahead)} this machine's clock. Synchronize both clocks (NTP). Refreshes follow the store's clock, but this machine may take live tokens for expired, or expired tokens for live."
        : null;

    /// <summary>Reads this process's clocks before a call of which the store notes the time.</summary>
    public Reading Read() => new(time.GetTimestamp(), time.GetUtcNow());

    /// <summary>Compares the time that the store noted during a call with this process's clock before and after it.</summary>
    /// <param name="before">This process's clocks before the call.</param>
    /// <param name="noted">The time that the store noted.</param>
    public void Observe(Reading before, DateTimeOffset noted)
    {
        DateTimeOffset after = time.GetUtcNow();
        TimeSpan took = time.GetElapsedTime(before.Timestamp);
        if (took > LongestCall || (after - before.Wall - took).Duration() > Tolerance)
            return; // The process stood still, or its clock was set meanwhile.

        // The store noted the time at some moment of the call. What that allows for, and what is known already, is believed.
        TimeSpan least = noted - after - Tolerance;
        TimeSpan most = noted - before.Wall + Tolerance;
        TimeSpan ahead;
        bool isNew;
        lock (_lock)
        {
            ahead = IsBetween(TimeSpan.Zero) ? TimeSpan.Zero : IsBetween(Ahead) ? Ahead : least + ((most - least) / 2);
            Interlocked.Exchange(ref _aheadTicks, ahead.Ticks);
            _isMeasured = true;
            bool differs = ahead.Duration() > WarnAbove;
            isNew = differs != _isReported;
            _isReported = differs;
        }

        if (isNew)
            Report(ahead);

        bool IsBetween(TimeSpan assumed) => assumed >= least && assumed <= most;
    }

    private void Report(TimeSpan ahead)
    {
        if (ahead.Duration() > WarnAbove)
            Log.StoreClockDiffers(logger, Describe(ahead));
        else
            Log.StoreClockAgrees(logger);
    }

    private static string Describe(TimeSpan ahead) => $"{TimeSpan.FromSeconds(Math.Round(ahead.Duration().TotalSeconds))} {(ahead > TimeSpan.Zero ? "ahead of" : "behind")}";

    /// <summary>Both clocks of this process at one moment.</summary>
    internal readonly record struct Reading(long Timestamp, DateTimeOffset Wall);
}
