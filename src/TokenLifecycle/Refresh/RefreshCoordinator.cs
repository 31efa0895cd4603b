using TokenLifecycle.Concurrency;
using TokenLifecycle.Options;
using TokenLifecycle.Providers;
using TokenLifecycle.State;

namespace TokenLifecycle.Refresh;

/// <summary>The refreshes in progress in this process, one per connection. Callers and the background refresh use it.</summary>
internal sealed class RefreshCoordinator(TokenRefresher refresher, WorkScheduler work)
{
    private readonly SingleFlight<RefreshResult> _flights = new(work);
    private volatile bool _isClosed;

    /// <summary>The refresh that is in progress, or a new one.</summary>
    public Task<RefreshResult> RunAsync(TokenKey key, OAuthProviderOptions provider, RefreshDemand demand) => RunAsync(key, provider, demand, out _);

    /// <param name="key">Whose.</param>
    /// <param name="provider">The settings.</param>
    /// <param name="demand">What is asked for; a flight that is joined has its own demand.</param>
    /// <param name="started">Whether this call began it.</param>
    public Task<RefreshResult> RunAsync(TokenKey key, OAuthProviderOptions provider, RefreshDemand demand, out bool started) =>
        _flights.Run(key, () => _isClosed ? Stopping : refresher.RefreshAsync(key, provider, demand), out started);

    /// <summary>
    /// Refreshes a row that the background refresh has acquired; callers that ask for it meanwhile join. A flight that was in progress
    /// before waits for the lease that this call holds, so it is
    /// not joined: it will find what this one got.
    /// </summary>
    public Task<RefreshResult> RunClaimedAsync(ClaimedRow claimed, OAuthProviderOptions provider)
    {
        Task<RefreshResult> flight = _flights.Run(claimed.Row.Key, () => refresher.RefreshClaimedAsync(claimed, provider), out bool started);
        return started ? flight : refresher.RefreshClaimedAsync(claimed, provider);
    }

    public Task WhenIdleAsync() => _flights.WhenIdleAsync();

    /// <summary>Begins no more, because no caller would wait for it; completes when all that are in progress have finished.</summary>
    public Task CloseAsync()
    {
        _isClosed = true;
        return _flights.WhenIdleAsync();
    }

    private static Task<RefreshResult> Stopping => Task.FromResult(RefreshResult.Unavailable(TokenFailureKind.Stopping, TimeSpan.FromSeconds(1)));
}
