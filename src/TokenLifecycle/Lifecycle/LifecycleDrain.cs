using Microsoft.Extensions.Hosting;

namespace TokenLifecycle.Lifecycle;

/// <summary>Law 3: a host that stops waits for exchanges that are under way and for saves that are pending, within its shutdown time, and begins no new exchange (F9).</summary>
internal sealed class LifecycleDrain(RefreshFlights flights, TokenPersistence persistence) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        try
        {
            await flights.CloseAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
            await persistence.SettleAllAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The host's time is up. What was presented is noted in the store as an intent, so the next start knows of it.
        }
    }
}
