namespace TokenLifecycle.Lifecycle;

/// <summary>
/// Starts the work that belongs to no caller, resumes those who wait for one another, and supplies ids and chance: everything about a process that is neither its store, its
/// network nor its clock, but decides what happens when. The simulation replaces it (docs/adr/0027).
/// </summary>
internal class WorkScheduler
{
    public static WorkScheduler Default { get; } = new();

    /// <summary>Runs a work item on a thread of the pool, soon.</summary>
    public virtual void Queue(IThreadPoolWorkItem item) => ThreadPool.UnsafeQueueUserWorkItem(item, preferLocal: true);

    /// <summary>Runs work on a thread of the pool, with nothing of its caller's context.</summary>
    public virtual Task Run(Func<Task> work)
    {
        using (ExecutionContext.SuppressFlow())
            return Task.Run(work);
    }

    /// <summary>Creates a source whose task is awaited by work that must not run within <see cref="Complete"/>.</summary>
    public virtual TaskCompletionSource<T> CreateSource<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes a source that <see cref="CreateSource"/> made.</summary>
    public virtual void Complete<T>(TaskCompletionSource<T> source, T result) => source.TrySetResult(result);

    /// <summary>Creates an id that no other process creates.</summary>
    public virtual string NewId() => Guid.NewGuid().ToString("n");

    /// <summary>Returns a number from 0 up to, but not including, 1.</summary>
    public virtual double NextDouble() => Random.Shared.NextDouble();
}
