namespace TokenLifecycle.Concurrency;

/// <summary>
/// Starts work that belongs to no caller, resumes waiters, and supplies ids and random numbers: everything in a process apart from its
/// store, its network and its clock that determines when something happens. The simulation replaces it (docs/adr/0027).
/// </summary>
internal class WorkScheduler
{
    public static WorkScheduler Default { get; } = new();

    /// <summary>Queues a work item on the thread pool.</summary>
    public virtual void Queue(IThreadPoolWorkItem item) => ThreadPool.UnsafeQueueUserWorkItem(item, preferLocal: true);

    /// <summary>Runs work on the thread pool, without the caller's execution context.</summary>
    public virtual Task Run(Func<Task> work)
    {
        using (ExecutionContext.SuppressFlow())
            return Task.Run(work);
    }

    /// <summary>Creates a source whose task is awaited by work that must not run within <see cref="Complete"/>.</summary>
    public virtual TaskCompletionSource<T> CreateSource<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes a source that <see cref="CreateSource"/> made.</summary>
    public virtual void Complete<T>(TaskCompletionSource<T> source, T result) => source.TrySetResult(result);

    /// <summary>Creates an id that is unique across processes.</summary>
    public virtual string NewId() => Guid.NewGuid().ToString("n");

    /// <summary>Returns a number from 0 up to, but not including, 1.</summary>
    public virtual double NextDouble() => Random.Shared.NextDouble();
}
