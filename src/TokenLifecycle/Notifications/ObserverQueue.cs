using Microsoft.Extensions.Logging;
using TokenLifecycle.Concurrency;
using TokenLifecycle.Diagnostics;

namespace TokenLifecycle.Notifications;

/// <summary>
/// The queue of one observer: delivers one event after another, each with a deadline, on threads that hold no lease or lock. An observer that does not return gets no further events until it
/// returns, so it occupies one thread at most and delays no other observer (docs/adr/0023).
/// </summary>
internal sealed class ObserverQueue(
    string name, Func<EventDelivery, CancellationToken, Task> deliver, Func<TimeSpan> timeout, WorkScheduler work, TimeProvider time, TokenMetrics metrics, ILogger<ITokenManager> logger)
{
    /// <summary>How long an observer has to return once its token has been canceled.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly EventBuffer _waiting = new();
    private TaskCompletionSource<bool>? _idle;
    private CancellationTokenSource? _current;
    private bool _isRunning, _isClosed;

    public ObserverCondition Condition { get; } = new(name, time);

    /// <summary>Adds an event. Never waits.</summary>
    public void Add(EventDelivery delivery)
    {
        (EventDelivery? dropped, bool isFirstDropped, bool isLate, bool begins) = (null, false, false, false);
        lock (_lock)
        {
            isLate = _isClosed || Condition.IsStuck;
            if (!_isClosed)
            {
                dropped = _waiting.Add(delivery);
                isFirstDropped = _waiting.Dropped == 1;
                begins = !_isRunning;
                _isRunning = true;
            }
        }

        if (isLate)
            delivery.NotTaken();
        if (dropped is not null)
            Drop(dropped, isFirstDropped);
        if (begins)
            _ = work.Run(RunAsync);
    }

    /// <summary>Removes the waiting events, to deliver them in another way.</summary>
    public IReadOnlyList<EventDelivery> TakeAll()
    {
        lock (_lock)
            return _waiting.TakeAll();
    }

    /// <summary>Completes when no event waits, or when the observer does not return.</summary>
    public Task WhenIdleAsync()
    {
        lock (_lock)
        {
            return !_isRunning || Condition.IsStuck ? Task.CompletedTask : (_idle ??= work.CreateSource<bool>()).Task;
        }
    }

    /// <summary>Stops delivering, and cancels the call in progress.</summary>
    public void Close()
    {
        CancellationTokenSource? current;
        lock (_lock)
        {
            _isClosed = true;
            current = _current;
        }

        foreach (EventDelivery delivery in TakeAll())
            delivery.NotTaken();
        if (current is not null)
            Cancel(current);
    }

    private void Drop(EventDelivery dropped, bool isFirst)
    {
        dropped.NotTaken();
        metrics.EventDropped(name);
        if (isFirst)
            Log.EventsDropped(logger, name, EventBuffer.Capacity);
    }

    private async Task RunAsync()
    {
        while (Next() is { } delivery)
        {
            try
            {
                await DeliverAsync(delivery).ConfigureAwait(false);
            }
            catch (Exception failure)
            {
                // Whatever fails here, the next event is delivered.
                delivery.NotTaken();
                Log.ObserverFailed(logger, failure, name, delivery.Event);
            }
        }
    }

    /// <summary>Returns the next event; null if none waits, which ends this run.</summary>
    private EventDelivery? Next()
    {
        TaskCompletionSource<bool>? idle;
        long dropped;
        lock (_lock)
        {
            if (_waiting.TakeNext() is { } next)
                return next;

            _isRunning = false;
            dropped = _waiting.TakeDropped();
            (idle, _idle) = (_idle, null);
        }

        if (dropped > 0)
            Log.EventsCaughtUp(logger, name, dropped);
        if (idle is not null)
            work.Complete(idle, true);
        return null;
    }

    private async Task DeliverAsync(EventDelivery delivery)
    {
        TimeSpan longest = timeout();
        var source = new CancellationTokenSource();
        lock (_lock)
            _current = source;

        // Runs separately, so that the deadline also applies to an observer that blocks its thread.
        Task call = work.Run(() => deliver(delivery, source.Token));
        bool isLate = !await EndsAsync(call, longest).ConfigureAwait(false);
        if (isLate)
        {
            Cancel(source);
            if (!await EndsAsync(call, Grace).ConfigureAwait(false))
                await StuckAsync(call, delivery, longest).ConfigureAwait(false);
        }

        lock (_lock)
            _current = null;
        Settle(call, delivery, isLate ? longest : null);
    }

    private async Task StuckAsync(Task call, EventDelivery delivery, TimeSpan longest)
    {
        long noticed = time.GetTimestamp();
        TaskCompletionSource<bool>? idle;
        EventDelivery[] late;
        lock (_lock)
        {
            Condition.Stuck(longest + Grace);
            late = [delivery, .. _waiting.ToList()];
            (idle, _idle) = (_idle, null);
        }

        Array.ForEach(late, static waiting => waiting.NotTaken());
        if (idle is not null)
            work.Complete(idle, true);
        Log.ObserverStuck(logger, name, delivery.Event, longest);

        await call.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Condition.Returned();
        Log.ObserverReturned(logger, name, time.GetElapsedTime(noticed) + longest + Grace);
    }

    /// <summary>Records the result of a call; a timeout, if the deadline has passed.</summary>
    private void Settle(Task call, EventDelivery delivery, TimeSpan? passed)
    {
        if (call.IsCompletedSuccessfully)
        {
            Condition.Took();
            delivery.Taken();
            return;
        }

        Condition.Failed();
        delivery.NotTaken();
        Exception failure = call.Exception?.InnerException ?? new OperationCanceledException();
        Log.ObserverFailed(logger, passed is { } longest ? new TimeoutException($"The observer did not finish within {longest}; its token was canceled.", failure) : failure, name, delivery.Event);
    }

    private async Task<bool> EndsAsync(Task call, TimeSpan within)
    {
        await call.WaitAsync(within, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return call.IsCompleted;
    }

    /// <summary>Cancels on another thread, because the callbacks that the observer registered with its token run there and may throw or not return.</summary>
    private void Cancel(CancellationTokenSource source) => _ = work.Run(() =>
    {
        source.Cancel();
        return Task.CompletedTask;
    });
}
