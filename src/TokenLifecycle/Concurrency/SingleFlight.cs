using System.Collections.Concurrent;

namespace TokenLifecycle.Concurrency;

/// <summary>
/// One piece of work per connection at a time: callers that come while it is in progress join it. The work belongs to no caller, so no
/// caller's cancellation,
/// context or scope reaches it (law 3). Each entry is removed only by its own work, before its result is seen: a late waiter cannot drop a
/// newer flight.
/// </summary>
internal sealed class SingleFlight<TResult>(WorkScheduler scheduler)
{
    private readonly ConcurrentDictionary<TokenKey, Flight> _flights = new();

    // That of a thread of the pool without a caller: there is no other way to get one.
    private volatile ExecutionContext? _nobodys;

    private WorkScheduler Scheduler => scheduler;

    /// <summary>The work that is in progress for a key, or <paramref name="work"/> begun now.</summary>
    /// <param name="key">Whose.</param>
    /// <param name="work">Must not throw: it turns its failures into results.</param>
    /// <param name="started">Whether this call began it.</param>
    /// <param name="isNeverBlocking">Whether the work only ever waits asynchronously: then it begins here and now where it can, as to hand
    /// it to another thread takes longer than to begin it.</param>
    public Task<TResult> Run(TokenKey key, Func<Task<TResult>> work, out bool started, bool isNeverBlocking = false)
    {
        while (true)
        {
            if (_flights.TryGetValue(key, out Flight? current))
            {
                started = false;
                return current.Joined;
            }

            var mine = new Flight(this, key, work);
            if (_flights.TryAdd(key, mine))
            {
                started = true;
                Begin(mine, isNeverBlocking);
                return mine.Own;
            }
        }
    }

    /// <summary>
    /// Completes when everything that was in progress at the time of the call has finished or failed: failures go to the callers that asked
    /// for it.
    /// </summary>
    public async Task WhenIdleAsync() =>
        await Task.WhenAll(_flights.Values.Select(static Task (flight) => flight.Joined)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    /// <summary>
    /// What is bound to its caller (user, activity, request scope, synchronization context) does not apply to shared work.
    /// </summary>
    private void Begin(Flight flight, bool isNeverBlocking)
    {
        if (isNeverBlocking && _nobodys is { } nobodys && SynchronizationContext.Current is null && TaskScheduler.Current == TaskScheduler.Default)
            ExecutionContext.Run(nobodys, static flight => ((Flight)flight!).Begin(), flight);
        else
            scheduler.Queue(flight);
    }

    private sealed class Flight(SingleFlight<TResult> flights, TokenKey key, Func<Task<TResult>> work) : IThreadPoolWorkItem
    {
        private readonly TaskCompletionSource<TResult> _own = new();
        private readonly TaskCompletionSource<TResult> _joined = flights.Scheduler.CreateSource<TResult>();

        /// <summary>For the caller that began it, which continues on the thread on which the work finished: as its last step.</summary>
        public Task<TResult> Own => _own.Task;

        /// <summary>For all others: none has to wait until those before are through with what they do with it.</summary>
        public Task<TResult> Joined => _joined.Task;

        public void Execute()
        {
            flights._nobodys ??= ExecutionContext.Capture();
            Begin();
        }

        public void Begin() => _ = RunAsync();

        private async Task RunAsync()
        {
            TResult result;
            try
            {
                result = await work().ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                flights._flights.TryRemove(KeyValuePair.Create(key, this));
                _joined.SetException(exception);
                _own.SetException(exception);
                _ = (_joined.Task.Exception, _own.Task.Exception); // Observed here, in case no caller waits.
                return;
            }

            flights._flights.TryRemove(KeyValuePair.Create(key, this));
            flights.Scheduler.Complete(_joined, result);
            _own.SetResult(result);
        }
    }
}
