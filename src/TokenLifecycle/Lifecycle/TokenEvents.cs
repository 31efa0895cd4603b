using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TokenLifecycle.Diagnostics;

namespace TokenLifecycle.Lifecycle;

/// <summary>
/// Tells the observers, one event after another and on a thread of its own: an observer may ask for the very token it is told of (A17).
/// Events are raised after what they tell of is durable (B15).
/// </summary>
internal sealed class TokenEvents(IServiceProvider services, WorkScheduler work, TimeProvider time, ILogger<TokenManager> logger)
{
    private readonly ConcurrentQueue<(TokenEvent Event, TaskCompletionSource<bool>? Taken)> _queue = new();
    private readonly AsyncSemaphore _queued = new(work, 0);
    private readonly Lock _lock = new();
    private ITokenLifecycleObserver[]? _observers;

    public void Raise(TokenEventKind kind, TokenKey key, ReauthorizationReason? reason = null, TokenFailure? failure = null) =>
        Raise(new TokenEvent { Kind = kind, Provider = key.Provider, Key = key, At = time.GetUtcNow(), Reason = reason, Failure = failure });

    public void Raise(TokenEventKind kind, string provider) =>
        Raise(new TokenEvent { Kind = kind, Provider = provider, At = time.GetUtcNow() });

    /// <summary>Whether there is anybody to tell.</summary>
    public bool HasObservers => Observers().Length > 0;

    /// <summary>Tells in turn with the others.</summary>
    /// <returns>Whether every observer has taken it; true if there is none.</returns>
    public Task<bool> TellAsync(TokenEvent told)
    {
        if (!HasObservers)
            return Task.FromResult(true);

        var taken = work.CreateSource<bool>();
        Add(told, taken);
        return taken.Task;
    }

    private void Raise(TokenEvent raised)
    {
        if (HasObservers)
            Add(raised, taken: null);
    }

    private void Add(TokenEvent raised, TaskCompletionSource<bool>? taken)
    {
        _queue.Enqueue((raised, taken));
        _queued.Release();
    }

    /// <summary>Resolved at the first event, not before: an observer may itself need <see cref="ITokenManager"/>.</summary>
    private ITokenLifecycleObserver[] Observers()
    {
        if (Volatile.Read(ref _observers) is { } known)
            return known;

        lock (_lock)
        {
            if (_observers is null)
            {
                ITokenLifecycleObserver[] found;
                try
                {
                    found = [.. services.GetServices<ITokenLifecycleObserver>()];
                }
                catch (Exception exception)
                {
                    // What happened has happened: an observer that cannot be made must not turn a stored refresh into a failure.
                    Log.ObserverFailed(logger, exception, nameof(ITokenLifecycleObserver), "(it could not be made)");
                    return [];
                }

                if (found.Length > 0)
                    _ = work.Run(() => TellAsync(found));

                Volatile.Write(ref _observers, found);
            }

            return _observers;
        }
    }

    private async Task TellAsync(ITokenLifecycleObserver[] observers)
    {
        while (true)
        {
            await _queued.TakeAsync().ConfigureAwait(false);
            (TokenEvent told, TaskCompletionSource<bool>? taken) = _queue.TryDequeue(out (TokenEvent Event, TaskCompletionSource<bool>? Taken) next) ? next : default;
            bool all = true;
            foreach (ITokenLifecycleObserver observer in observers)
            {
                try
                {
                    await observer.OnEventAsync(told, CancellationToken.None).ConfigureAwait(false);
                }
                catch (Exception exception)
                {
                    all = false;
                    Log.ObserverFailed(logger, exception, observer.GetType().Name, told);
                }
            }

            if (taken is not null)
                work.Complete(taken, all);
        }
    }
}
