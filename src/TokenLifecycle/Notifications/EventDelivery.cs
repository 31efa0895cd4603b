using TokenLifecycle.Concurrency;

namespace TokenLifecycle.Notifications;

/// <summary>The delivery of one event to the observers, with an optional notification whether all of them handled it.</summary>
/// <param name="told">The event.</param>
/// <param name="taken">Completed with whether every observer handled the event; null if no one needs it.</param>
/// <param name="work">Completes <paramref name="taken"/>.</param>
internal sealed class EventDelivery(TokenEvent told, TaskCompletionSource<bool>? taken, WorkScheduler work)
{
    private int _queues = 1;

    public TokenEvent Event => told;

    /// <summary>Gets whether the event may be lost, because no one needs to know whether it was handled.</summary>
    public bool MayBeLost => taken is null;

    /// <summary>Adds a number of further queues that deliver the event.</summary>
    public void Expect(int queues) => Interlocked.Add(ref _queues, queues);

    /// <summary>Records that one queue has delivered the event.</summary>
    public void Taken()
    {
        if (Interlocked.Decrement(ref _queues) == 0)
            Complete(true);
    }

    /// <summary>Records that one queue cannot deliver the event in time. It may still do so later.</summary>
    public void NotTaken() => Complete(false);

    private void Complete(bool isTaken)
    {
        if (taken is { Task.IsCompleted: false })
            work.Complete(taken, isTaken);
    }
}
