using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Lifecycle;

/// <summary>
/// Lets a host that stops finish what cannot be repeated: it waits for exchanges in progress and for saves that are pending, for as long as the host gives, and begins no new
/// exchange. What is left then is kept locally if the app has added a place for it, and reported. Observers come last and have a few seconds.
/// </summary>
internal sealed class LifecycleDrain(
    RefreshFlights flights, TokenPersistence persistence, TokenEvents events, ReauthorizationTeller teller, TimeProvider time, ILogger<TokenManager> logger, LocalSpill? spill = null) : IHostedService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>How long observers may still take events, of the time that the host gives.</summary>
    private static readonly TimeSpan ObserversTime = TimeSpan.FromSeconds(5);

    /// <summary>Before anything is refreshed, what an earlier process kept locally takes the place of what is stored.</summary>
    public Task StartAsync(CancellationToken cancellationToken) => spill is null ? Task.CompletedTask : spill.RecoverAsync(persistence, cancellationToken);

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        try
        {
            await flights.CloseAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
            while (persistence.PendingCount > 0)
            {
                await persistence.SettleAllAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
                if (persistence.PendingCount > 0)
                    await Task.Delay(Pause, time, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The host's time is up. What was sent is noted in the store as an intent, so the next start knows of it.
        }

        IReadOnlyList<StoredToken> left = persistence.Pending;
        if (left.Count > 0)
        {
            int kept = spill is null ? 0 : await spill.KeepAsync(left).ConfigureAwait(false);
            if (kept < left.Count)
                Log.GrantsUnsaved(logger, left.Count - kept);
        }

        await LetObserversFinishAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Nothing is lost with an event that is not delivered any more: of a reauthorization the next process tells.</summary>
    private async Task LetObserversFinishAsync(CancellationToken cancellationToken)
    {
        Task delivered = DeliveredAsync();
        await delivered.WaitAsync(ObserversTime, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        events.Dispose();

        async Task DeliveredAsync()
        {
            await events.WhenIdleAsync().ConfigureAwait(false);
            await teller.WhenToldAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
