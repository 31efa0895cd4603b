using TokenLifecycle.Concurrency;

namespace TokenLifecycle.Simulation;

/// <summary>The library's scheduler in one process of the simulation: everything that it starts or resumes is an event.</summary>
internal sealed class NodeScheduler(Scheduler scheduler, Life life, SeededRandom random) : WorkScheduler
{
    private int _ids;

    public override void Queue(IThreadPoolWorkItem item) => Soon("work", item.Execute);

    public override Task Run(Func<Task> work)
    {
        var done = new TaskCompletionSource();
        Soon("work", () => _ = RunAsync());
        return done.Task;

        async Task RunAsync()
        {
            try
            {
                await work().ConfigureAwait(false);
                done.SetResult();
            }
            catch (Exception failure)
            {
                done.SetException(failure);
            }
        }
    }

    public override TaskCompletionSource<T> CreateSource<T>() => new();

    public override void Complete<T>(TaskCompletionSource<T> source, T result) => Soon("resume", () => source.TrySetResult(result));

    public override string NewId() => $"{life}.{++_ids}";

    public override double NextDouble() => random.NextDouble();

    private void Soon(string what, Action run) =>
        scheduler.After(TimeSpan.FromTicks((long)(random.NextDouble() * 2 * TimeSpan.TicksPerMillisecond)), life, what, run);
}
