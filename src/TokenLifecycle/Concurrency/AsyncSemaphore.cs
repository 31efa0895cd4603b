namespace TokenLifecycle.Concurrency;

/// <summary>
/// An asynchronous semaphore that serves its waiters in order. Unlike <see cref="SemaphoreSlim"/> it resumes them through the
/// <see cref="WorkScheduler"/>, so that a simulation determines when.
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

    /// <summary>Takes a place, and waits for one if none is free.</summary>
    /// <exception cref="OperationCanceledException">The wait was canceled, and no place is taken.</exception>
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

    /// <summary>Releases places, first to current waiters and then to later ones.</summary>
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
                return; // A place was assigned at the same time, so the wait has succeeded.
            _waiting.Remove(waiter);
        }

        work.Complete(waiter.Value, false);
    }
}
