using System.Diagnostics;
using System.Diagnostics.Metrics;
using TokenLifecycle.Diagnostics;

namespace TokenLifecycle.Outage;

/// <summary>
/// Tells when everything that can happen at an instant of simulated time has happened, so that the clock may go on: no refresh is under way and no work is queued or being done. Sockets know nothing of
/// simulated time; a clock that went on meanwhile would turn a slow machine into timeouts, and answers into lost ones.
/// </summary>
internal sealed class Quiet : IDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(1);

    /// <summary>What is still under way after so many looks without a request waits for the clock: for its turn after a failure, or for a lease.</summary>
    private const int Patience = 50;

    /// <summary>Between two pieces of work nothing is queued for a moment, either.</summary>
    private const int Still = 2;

    /// <summary>A thread that is busy for longer is one that waits.</summary>
    private const int LongestWork = 20;

    private readonly MeterListener _meters = new();
    private readonly ActivityListener _activities;
    private long _active;
    private long _requests;
    private long _refreshes;

    public Quiet()
    {
        _meters.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument is { Meter.Name: "System.Net.Http", Name: "http.client.active_requests" })
                listener.EnableMeasurementEvents(instrument);
        };
        _meters.SetMeasurementEventCallback<long>((_, change, _, _) =>
        {
            Interlocked.Add(ref _active, change);
            if (change > 0)
                Interlocked.Increment(ref _requests);
        });
        _meters.Start();
        _activities = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == TokenLifecycleDiagnostics.ActivitySourceName,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.PropagationData,
            ActivityStarted = _ => Interlocked.Increment(ref _refreshes),
            ActivityStopped = _ => Interlocked.Decrement(ref _refreshes),
        };
        ActivitySource.AddActivityListener(_activities);
    }

    /// <summary>How many requests this process has sent, answered or not.</summary>
    public long Requests => Interlocked.Read(ref _requests);

    /// <param name="isUp">Whether the provider answers. Otherwise nothing can be lost by going on.</param>
    public async Task WaitAsync(bool isUp)
    {
        int still = 0;
        int busy = 0;
        for (int looks = 0; ; looks++)
        {
            await Task.Delay(Look, TimeProvider.System);
            bool isRequesting = Interlocked.Read(ref _active) > 0;
            if (ThreadPool.PendingWorkItemCount > 0 || (isUp && isRequesting))
            {
                (looks, still, busy) = (0, 0, 0);
                continue;
            }

            if (isUp && IsAnyThreadBusy() && ++busy < LongestWork)
                still = 0;
            else if (!isUp || (++still >= Still && (Interlocked.Read(ref _refreshes) == 0 || looks > Patience)))
                return;
        }
    }

    /// <summary>Work that is neither queued nor a request nor a refresh: the store looks through thousands of rows for what is due. One thread is the asker's own.</summary>
    private static bool IsAnyThreadBusy()
    {
        ThreadPool.GetMaxThreads(out int all, out _);
        ThreadPool.GetAvailableThreads(out int idle, out _);
        return all - idle > 1;
    }

    public void Dispose()
    {
        _meters.Dispose();
        _activities.Dispose();
    }
}
