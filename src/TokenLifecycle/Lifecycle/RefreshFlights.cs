using TokenLifecycle.Options;

namespace TokenLifecycle.Lifecycle;

/// <summary>The refreshes under way in this process, one per connection. Callers and the sweep come in by this door.</summary>
internal sealed class RefreshFlights(TokenRefresher refresher, WorkScheduler work)
{
    private readonly SingleFlight<RefreshResult> _flights = new(work);
    private volatile bool _isClosed;

    /// <summary>The refresh that is under way, or one begun now.</summary>
    public Task<RefreshResult> RunAsync(TokenKey key, OAuthProviderOptions provider, RefreshDemand demand) => RunAsync(key, provider, demand, out _);

    /// <param name="key">Whose.</param>
    /// <param name="provider">The settings.</param>
    /// <param name="demand">What is asked for; a flight that is joined was asked for something of its own.</param>
    /// <param name="started">Whether this call began it.</param>
    public Task<RefreshResult> RunAsync(TokenKey key, OAuthProviderOptions provider, RefreshDemand demand, out bool started) =>
        _flights.Run(key, () => _isClosed ? Stopping : refresher.RefreshAsync(key, provider, demand), out started);

    /// <summary>
    /// Refreshes a row that the sweep has claimed; who asks for it meanwhile joins. A flight that was under way before waits for the lease which this claim holds, so it is
    /// not joined: it will find what this one got.
    /// </summary>
    public Task<RefreshResult> RunClaimedAsync(ClaimedRow claimed, OAuthProviderOptions provider)
    {
        Task<RefreshResult> flight = _flights.Run(claimed.Row.Key, () => refresher.RefreshClaimedAsync(claimed, provider), out bool started);
        return started ? flight : refresher.RefreshClaimedAsync(claimed, provider);
    }

    public Task WhenIdleAsync() => _flights.WhenIdleAsync();

    /// <summary>Begins no more, as nobody would wait for its end; ends when all that are under way have ended.</summary>
    public Task CloseAsync()
    {
        _isClosed = true;
        return _flights.WhenIdleAsync();
    }

    private static Task<RefreshResult> Stopping => Task.FromResult(RefreshResult.Unavailable(TokenFailureKind.Stopping, TimeSpan.FromSeconds(1)));
}
