using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Notifications;
using TokenLifecycle.Refresh;
using TokenLifecycle.State;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Background;

/// <summary>
/// Completes the work that cannot be repeated when the host stops: waits for refreshes in progress and for pending saves, for as long as
/// the host allows, and starts no new refresh. Tokens that are still not saved are written to the local spill, if there is one, and
/// reported. Observers come last and have a few seconds.
/// </summary>
internal sealed class ShutdownDrain(
    RefreshCoordinator flights, PendingSaveQueue persistence, TokenEventDispatcher events, ReauthorizationNotifier teller, TimeProvider time, ILogger<ITokenManager> logger, LocalSpill? spill = null) : IHostedService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>How long observers may still handle events, within the time that the host allows.</summary>
    private static readonly TimeSpan ObserversTime = TimeSpan.FromSeconds(5);

    /// <summary>Recovers the tokens that an earlier process kept locally, before anything is refreshed.</summary>
    public Task StartAsync(CancellationToken cancellationToken) => spill is null ? Task.CompletedTask : spill.RecoverAsync(persistence, cancellationToken);

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        try
        {
            Task closed = flights.CloseAsync();
            while (true)
            {
                await persistence.SettleAllAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
                if (closed.IsCompleted && persistence.PendingCount == 0)
                    break;

                Task pause = Task.Delay(Pause, time, CancellationToken.None);
                await (closed.IsCompleted ? pause : Task.WhenAny(closed, pause)).WaitAsync(cancellationToken).ConfigureAwait(false);
            }

            await persistence.WhenSettledAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The host's time is up. The store holds an intent for each request that was sent, so the next start knows of it.
        }

        IReadOnlyList<StoredToken> left = persistence.Unsaved;
        if (left.Count > 0)
        {
            int kept = spill is null ? 0 : await spill.KeepAsync(left).ConfigureAwait(false);
            if (kept < left.Count)
                Log.GrantsUnsaved(logger, left.Count - kept);
        }

        await LetObserversFinishAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Delivers the remaining events. An event that is not delivered loses nothing: the next process delivers reauthorization events again.
    /// </summary>
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
