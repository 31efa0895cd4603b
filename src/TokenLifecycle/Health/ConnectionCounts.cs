using Microsoft.Extensions.Logging;
using TokenLifecycle.Concurrency;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Providers;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Health;

/// <summary>
/// Counts the connections in each state, on request. A caller gets the last counts immediately; if they are old, a new count begins in the
/// background. So a store with
/// millions of rows is not counted by each collection, and not at all while no collector asks.
/// </summary>
internal sealed class ConnectionCounts(ITokenStore store, TokenMetrics metrics, WorkScheduler work, TimeProvider time, ILogger<ITokenManager> logger)
{
    public static readonly TimeSpan Shortest = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    /// <summary>More is left to a database that has other things to do.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(1);

    /// <summary>
    /// A count that takes long is made seldom: it occupies one connection of the store for a twentieth of the time at most.
    /// </summary>
    private const int PausePerCost = 20;

    private volatile Census _last = new([], Counted: false);
    private long _next;
    private int _running;

    /// <summary>Whether the store can be counted, and has been.</summary>
    public bool IsCounted => _last.Counted;

    /// <summary>The last figures; empty before the first count, and for a store that cannot be counted.</summary>
    public IReadOnlyList<ConnectionCount> Latest()
    {
        if (store is ITokenStoreStatistics statistics && time.GetTimestamp() >= Volatile.Read(ref _next) && Interlocked.Exchange(ref _running, 1) == 0)
            _ = work.Run(() => CountAsync(statistics));

        return _last.Counts;
    }

    private async Task CountAsync(ITokenStoreStatistics statistics)
    {
        long started = time.GetTimestamp();
        TimeSpan Pause() => RefreshTiming.Min(RefreshTiming.Max(time.GetElapsedTime(started) * PausePerCost, Shortest), Longest);
        try
        {
            using var deadline = new CancellationTokenSource(Deadline, time);
            _last = new Census(await statistics.CountAsync(deadline.Token).WaitAsync(Deadline, time).ConfigureAwait(false), Counted: true);
        }
        catch (Exception failure)
        {
            metrics.StoreFailed("count", failure);
            Log.CountFailed(logger, failure, Pause());
        }
        finally
        {
            Volatile.Write(ref _next, time.GetTimestamp() + (long)(Pause().TotalSeconds * time.TimestampFrequency));
            Volatile.Write(ref _running, 0);
        }
    }

    private sealed record Census(IReadOnlyList<ConnectionCount> Counts, bool Counted);
}
