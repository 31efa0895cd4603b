using Microsoft.Extensions.Logging;
using TokenLifecycle.Diagnostics;

namespace TokenLifecycle.Lifecycle;

/// <summary>
/// The queue of one observer: delivers one event after another, each with a deadline, on threads that hold nothing else. An observer that does not return gets no further event until it
/// does, and so occupies one thread at most; it delays no other observer (docs/adr/0023).
/// </summary>
internal sealed class ObserverQueue(
    string name, Func<EventDelivery, CancellationToken, Task> deliver, Func<TimeSpan> timeout, WorkScheduler work, TimeProvider time, TokenMetrics metrics, ILogger<TokenManager> logger)
{
    /// <summary>How long an observer has to return once its token has been canceled.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly EventBuffer _waiting = new();
    private TaskCompletionSource<bool>? _idle;
    private CancellationTokenSource? _current;
    private bool _isRunning;
    private bool _isClosed;

    public ObserverCondition Condition { get; } = new(name, time);

    /// <summary>Adds an event. Never waits.</summary>
    public void Add(EventDelivery delivery)
    {
        EventDelivery? dropped = null;
        bool isFirstDropped = false;
        bool isLate;
        bool begins = false;
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

    /// <summary>Takes out what waits, to deliver it otherwise.</summary>
    public IReadOnlyList<EventDelivery> TakeAll()
    {
        lock (_lock)
            return _waiting.TakeAll();
    }

    /// <summary>Ends when nothing waits, or when the observer does not return.</summary>
    public Task WhenIdleAsync()
    {
        lock (_lock)
        {
            if (!_isRunning || Condition.IsStuck)
                return Task.CompletedTask;
            return (_idle ??= work.CreateSource<bool>()).Task;
        }
    }

    /// <summary>Delivers nothing more, and cancels the call in progress.</summary>
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
            await DeliverAsync(delivery).ConfigureAwait(false);
    }

    /// <summary>The next event; null if none waits, and then this run has ended.</summary>
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

        if (idle is not null)
            work.Complete(idle, true);
        if (dropped > 0)
            Log.EventsCaughtUp(logger, name, dropped);
        return null;
    }

    private async Task DeliverAsync(EventDelivery delivery)
    {
        TimeSpan longest = timeout();
        var source = new CancellationTokenSource();
        lock (_lock)
            _current = source;

        // Apart from this, so that one that blocks its thread meets its deadline too.
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
        List<EventDelivery> late;
        lock (_lock)
        {
            Condition.Stuck(longest + Grace);
            late = [delivery, .. _waiting.ToList()];
            (idle, _idle) = (_idle, null);
        }

        foreach (EventDelivery waiting in late)
            waiting.NotTaken();
        if (idle is not null)
            work.Complete(idle, true);
        Log.ObserverStuck(logger, name, delivery.Event, longest);

        await call.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Condition.Returned();
        Log.ObserverReturned(logger, name, time.GetElapsedTime(noticed) + longest + Grace);
    }

    /// <param name="call">The call, which has ended.</param>
    /// <param name="delivery">What it was about.</param>
    /// <param name="passed">The deadline, if it has passed.</param>
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

    /// <summary>On another thread: what the observer has registered with its token runs there, and may throw or not return.</summary>
    private void Cancel(CancellationTokenSource source) => _ = work.Run(() =>
    {
        source.Cancel();
        return Task.CompletedTask;
    });
}
