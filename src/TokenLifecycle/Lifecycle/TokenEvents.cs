using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TokenLifecycle.Diagnostics;

namespace TokenLifecycle.Lifecycle;

/// <summary>
/// Tells the observers, one event after another and on a thread of its own: an observer may ask for the very token it is told of (A17).
/// Events are raised after what they tell of is durable (B15).
/// </summary>
internal sealed class TokenEvents(IServiceProvider services, TimeProvider time, ILogger<TokenManager> logger)
{
    private readonly Channel<(TokenEvent Event, TaskCompletionSource<bool>? Taken)> _queue = Channel.CreateUnbounded<(TokenEvent Event, TaskCompletionSource<bool>? Taken)>(new UnboundedChannelOptions { SingleReader = true });
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

        var taken = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        _queue.Writer.TryWrite((told, taken));
        return taken.Task;
    }

    private void Raise(TokenEvent raised)
    {
        if (HasObservers)
            _queue.Writer.TryWrite((raised, null));
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
                {
                    using (ExecutionContext.SuppressFlow())
                        _ = Task.Run(() => TellAsync(found));
                }

                Volatile.Write(ref _observers, found);
            }

            return _observers;
        }
    }

    private async Task TellAsync(ITokenLifecycleObserver[] observers)
    {
        await foreach ((TokenEvent told, TaskCompletionSource<bool>? taken) in _queue.Reader.ReadAllAsync().ConfigureAwait(false))
        {
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

            taken?.SetResult(all);
        }
    }
}
