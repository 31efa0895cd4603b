using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TokenLifecycle.Concurrency;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Options;

namespace TokenLifecycle.Notifications;

/// <summary>
/// Delivers events to the observers, each through its own queue and without holding a lease or lock: an observer may request the token that
/// the event is about (A17), and one that never returns delays no other (docs/adr/0023). Events are raised after the change that they
/// report is durable (B15).
/// </summary>
internal sealed class TokenEventDispatcher : IDisposable
{
    private static readonly TimeSpan DefaultTimeout = new TokenLifecycleOptions().ObserverTimeout;

    private readonly IServiceProvider _services;
    private readonly IOptionsMonitor<TokenLifecycleOptions> _options;
    private readonly WorkScheduler _work;
    private readonly TimeProvider _time;
    private readonly TokenMetrics _metrics;
    private readonly ILogger<ITokenManager> _logger;

    /// <summary>Holds events until the observers were created, because their construction is code of the app as well.</summary>
    private readonly ObserverQueue _entrance;
    private readonly Lock _gate = new();
    private readonly Lazy<bool> _hasObservers;
    private ObserverQueue[]? _queues;

    public TokenEventDispatcher(
        IServiceProvider services, IOptionsMonitor<TokenLifecycleOptions> options, WorkScheduler work, TimeProvider time, TokenMetrics metrics, ILogger<ITokenManager> logger)
    {
        (_services, _options, _work, _time, _metrics, _logger) = (services, options, work, time, metrics, logger);
        _entrance = QueueOf(nameof(ITokenLifecycleObserver), OpenAsync);
        _hasObservers = new Lazy<bool>(() => services.GetService<IServiceProviderIsService>()?.IsService(typeof(ITokenLifecycleObserver)) ?? true);
    }

    /// <summary>Gets whether there are observers, as far as is known without creating them.</summary>
    public bool HasObservers => _hasObservers.Value;

    /// <summary>Gets whether an observer does not return, so that a new event would not be handled in time.</summary>
    public bool IsStuck => All().Any(static queue => queue.Condition.IsStuck);

    /// <summary>Gets the problems of the observers.</summary>
    public IEnumerable<string> Problems => All().Select(static queue => queue.Condition.Problem).OfType<string>();

    /// <summary>Gets how long an observer may take to handle one event.</summary>
    public TimeSpan Timeout
    {
        get
        {
            try
            {
                return _options.CurrentValue.ObserverTimeout;
            }
            catch (Exception)
            {
                return DefaultTimeout; // Settings that cannot be read are reported elsewhere.
            }
        }
    }

    public void Raise(TokenEventKind kind, TokenKey key, ReauthorizationReason? reason = null, TokenFailure? failure = null) =>
        Raise(new TokenEvent { Kind = kind, Provider = key.Provider, Key = key, At = _time.GetUtcNow(), Reason = reason, Failure = failure });

    public void Raise(TokenEventKind kind, string provider) =>
        Raise(new TokenEvent { Kind = kind, Provider = provider, At = _time.GetUtcNow() });

    /// <summary>Notifies in turn with the others.</summary>
    /// <returns>Whether every observer handled the event in time; true if there are no observers.</returns>
    public Task<bool> TellAsync(TokenEvent told)
    {
        if (!HasObservers)
            return Task.FromResult(true);

        var taken = _work.CreateSource<bool>();
        Add(new EventDelivery(told, taken, _work));
        return taken.Task;
    }

    /// <summary>Completes when every event was delivered. Does not wait for an observer that does not return.</summary>
    public async Task WhenIdleAsync()
    {
        await _entrance.WhenIdleAsync().ConfigureAwait(false);
        await Task.WhenAll(All().Select(static queue => queue.WhenIdleAsync())).ConfigureAwait(false);
    }

    /// <summary>Stops delivering, and cancels the calls in progress.</summary>
    public void Dispose()
    {
        foreach (ObserverQueue queue in All())
            queue.Close();
    }

    private void Raise(TokenEvent raised)
    {
        if (HasObservers)
            Add(new EventDelivery(raised, taken: null, _work));
    }

    private void Add(EventDelivery delivery)
    {
        if (Volatile.Read(ref _queues) is not { } queues)
        {
            lock (_gate)
            {
                if (_queues is null)
                {
                    _entrance.Add(delivery);
                    return;
                }

                queues = _queues;
            }
        }

        HandOn(delivery, queues);
        delivery.Taken();
    }

    private IEnumerable<ObserverQueue> All() => [_entrance, .. Volatile.Read(ref _queues) ?? []];

    /// <summary>
    /// Creates the observers at the first event and not before, because an observer may itself need <see cref="ITokenManager"/>. Then
    /// passes on the events that were raised until then.
    /// </summary>
    private Task OpenAsync(EventDelivery first, CancellationToken cancellationToken)
    {
        ObserverQueue[] queues =
        [
            .. _services.GetServices<ITokenLifecycleObserver>().Select(observer => QueueOf(observer.GetType().Name, (told, deadline) => observer.OnEventAsync(told.Event, deadline).AsTask())),
        ];
        lock (_gate)
        {
            HandOn(first, queues);
            foreach (EventDelivery waiting in _entrance.TakeAll())
            {
                HandOn(waiting, queues);
                waiting.Taken();
            }

            Volatile.Write(ref _queues, queues);
        }

        return Task.CompletedTask;
    }

    private static void HandOn(EventDelivery delivery, ObserverQueue[] queues)
    {
        delivery.Expect(queues.Length);
        foreach (ObserverQueue queue in queues)
            queue.Add(delivery);
    }

    private ObserverQueue QueueOf(string name, Func<EventDelivery, CancellationToken, Task> deliver) => new(name, deliver, () => Timeout, _work, _time, _metrics, _logger);
}
