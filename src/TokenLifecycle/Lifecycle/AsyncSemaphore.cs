namespace TokenLifecycle.Lifecycle;

/// <summary>
/// Counts places that are waited for asynchronously, first come, first served. Unlike <see cref="SemaphoreSlim"/> it resumes who waits through the
/// <see cref="WorkScheduler"/>, so that a simulation decides when.
/// </summary>
internal sealed class AsyncSemaphore(WorkScheduler work, int count)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<TaskCompletionSource<bool>> _waiting = [];
    private int _free = count;

    /// <summary>Takes a place if one is free.</summary>
    public bool TryTake()
    {
        lock (_lock)
        {
            if (_free == 0)
                return false;
            _free--;
            return true;
        }
    }

    /// <summary>Takes a place, and waits for it if need be.</summary>
    /// <exception cref="OperationCanceledException">The wait was cancelled, and no place is taken.</exception>
    public async Task TakeAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        LinkedListNode<TaskCompletionSource<bool>> waiter;
        lock (_lock)
        {
            if (_free > 0)
            {
                _free--;
                return;
            }

            waiter = _waiting.AddLast(work.CreateSource<bool>());
        }

        CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(_ => GiveUp(waiter), null);
        bool taken = await waiter.Value.Task.ConfigureAwait(false);
        registration.Unregister();
        if (!taken)
            throw new OperationCanceledException(cancellationToken);
    }

    /// <summary>Gives places back: to those who wait, and then to those who come.</summary>
    public void Release(int places = 1)
    {
        for (; places > 0; places--)
        {
            TaskCompletionSource<bool> next;
            lock (_lock)
            {
                if (_waiting.First is not { } first)
                {
                    _free += places;
                    return;
                }

                _waiting.RemoveFirst();
                next = first.Value;
            }

            work.Complete(next, true);
        }
    }

    private void GiveUp(LinkedListNode<TaskCompletionSource<bool>> waiter)
    {
        lock (_lock)
        {
            if (waiter.List is null)
                return; // A place was handed over at the same time: it counts.
            _waiting.Remove(waiter);
        }

        work.Complete(waiter.Value, false);
    }
}
