namespace TokenLifecycle.Lifecycle;

/// <summary>One event on its way to the observers, and who wants to know whether all of them took it.</summary>
/// <param name="told">The event.</param>
/// <param name="taken">Completed with whether every observer took the event; null if nobody asks.</param>
/// <param name="work">Completes it.</param>
internal sealed class EventDelivery(TokenEvent told, TaskCompletionSource<bool>? taken, WorkScheduler work)
{
    private int _queues = 1;

    public TokenEvent Event => told;

    /// <summary>Whether the event may be lost without a word: nobody asks what became of it.</summary>
    public bool MayBeLost => taken is null;

    /// <summary>The event goes to so many further queues.</summary>
    public void Expect(int queues) => Interlocked.Add(ref _queues, queues);

    /// <summary>One queue has delivered it.</summary>
    public void Taken()
    {
        if (Interlocked.Decrement(ref _queues) == 0)
            Complete(true);
    }

    /// <summary>One queue cannot deliver it in time. It may still do so later.</summary>
    public void NotTaken() => Complete(false);

    private void Complete(bool isTaken)
    {
        if (taken is { Task.IsCompleted: false })
            work.Complete(taken, isTaken);
    }
}
