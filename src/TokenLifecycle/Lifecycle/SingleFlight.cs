using System.Collections.Concurrent;

namespace TokenLifecycle.Lifecycle;

/// <summary>
/// One piece of work per connection at a time: who comes while it goes on joins it. The work belongs to nobody, so no caller's cancellation,
/// context or scope reaches it (law 3). Each entry is removed by itself alone, before its result is seen: a late waiter cannot drop a newer flight.
/// </summary>
internal sealed class SingleFlight<TResult>
{
    private readonly ConcurrentDictionary<TokenKey, Flight> _flights = new();

    /// <summary>The work that is under way for a key, or <paramref name="work"/> begun now.</summary>
    /// <param name="key">Whose.</param>
    /// <param name="work">Must not throw: it turns its failures into results.</param>
    /// <param name="started">Whether this call began it.</param>
    public Task<TResult> Run(TokenKey key, Func<Task<TResult>> work, out bool started)
    {
        while (true)
        {
            if (_flights.TryGetValue(key, out Flight? current))
            {
                started = false;
                return current.Result.Task;
            }

            var mine = new Flight();
            if (_flights.TryAdd(key, mine))
            {
                started = true;
                Begin(key, mine, work);
                return mine.Result.Task;
            }
        }
    }

    /// <summary>Ends when everything that was under way at the time of the call has ended.</summary>
    public Task WhenIdleAsync() => Task.WhenAll(_flights.Values.Select(flight => flight.Result.Task));

    private void Begin(TokenKey key, Flight mine, Func<Task<TResult>> work)
    {
        // An AsyncLocal of the caller (its user, its activity, its request scope) is no business of shared work.
        using (ExecutionContext.SuppressFlow())
        {
            _ = Task.Run(async () =>
            {
                try
                {
                    TResult result = await work().ConfigureAwait(false);
                    _flights.TryRemove(KeyValuePair.Create(key, mine));
                    mine.Result.SetResult(result);
                }
                catch (Exception exception)
                {
                    _flights.TryRemove(KeyValuePair.Create(key, mine));
                    mine.Result.SetException(exception);
                    _ = mine.Result.Task.Exception; // Observed here, for the case that nobody waits.
                }
            });
        }
    }

    private sealed class Flight
    {
        public TaskCompletionSource<TResult> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
