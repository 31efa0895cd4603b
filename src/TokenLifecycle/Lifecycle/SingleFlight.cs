using System.Collections.Concurrent;

namespace TokenLifecycle.Lifecycle;

/// <summary>
/// One piece of work per connection at a time: who comes while it goes on joins it. The work belongs to nobody, so no caller's cancellation,
/// context or scope reaches it (law 3). Each entry is removed by itself alone, before its result is seen: a late waiter cannot drop a newer flight.
/// </summary>
internal sealed class SingleFlight<TResult>(WorkScheduler scheduler)
{
    private readonly ConcurrentDictionary<TokenKey, Flight> _flights = new();

    // That of a thread of the pool which runs for nobody: there is no other way to come by one.
    private volatile ExecutionContext? _nobodys;

    private WorkScheduler Scheduler => scheduler;

    /// <summary>The work that is under way for a key, or <paramref name="work"/> begun now.</summary>
    /// <param name="key">Whose.</param>
    /// <param name="work">Must not throw: it turns its failures into results.</param>
    /// <param name="started">Whether this call began it.</param>
    /// <param name="isNeverBlocking">Whether the work only ever waits asynchronously: then it begins here and now where it can, as to hand it to another thread takes longer than to begin it.</param>
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

    /// <summary>Ends when everything that was under way at the time of the call has ended, in whatever way: its failures are for those who asked for it.</summary>
    public async Task WhenIdleAsync() =>
        await Task.WhenAll(_flights.Values.Select(static Task (flight) => flight.Joined)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    /// <summary>What is bound to its caller (user, activity, request scope, synchronization context) is no business of shared work.</summary>
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

        /// <summary>For whoever began it, who goes on where the work has ended: it is the last that is done there.</summary>
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
                _ = (_joined.Task.Exception, _own.Task.Exception); // Observed here, for the case that nobody waits.
                return;
            }

            flights._flights.TryRemove(KeyValuePair.Create(key, this));
            flights.Scheduler.Complete(_joined, result);
            _own.SetResult(result);
        }
    }
}
