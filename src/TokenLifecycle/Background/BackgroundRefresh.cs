using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TokenLifecycle.Concurrency;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Options;
using TokenLifecycle.Providers;

namespace TokenLifecycle.Background;

/// <summary>
/// Refreshes due connections, separately for each provider, as long as the host runs: a provider that is slow or down delays no other.
/// Begins after everything else has started, and stops
/// acquiring before anything else stops (F9).
/// </summary>
internal sealed class BackgroundRefresh(
    RefreshSweeper sweeper, ProviderNames names, IOptionsMonitor<BackgroundRefreshOptions> options, WorkScheduler work, TimeProvider time, ILogger<ITokenManager> logger) : IHostedLifecycleService, IDisposable
{
    private static readonly TimeSpan IntervalAtFirst = new BackgroundRefreshOptions().Interval;

    private readonly CancellationTokenSource _stopping = new();
    private Task _loops = Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        sweeper.ThrowIfNotSearchable();
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        _loops = Task.WhenAll(names.Names.Select(provider => work.Run(() => LoopAsync(provider))));
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => CancelAsync();

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await CancelAsync().ConfigureAwait(false);
        try
        {
            await _loops.WaitAsync(cancellationToken).ConfigureAwait(false);
            await sweeper.WhenIdleAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The host's time is up. Leases expire, and the intents record what was sent.
        }
    }

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        // A host that failed to start is disposed of without being stopped.
        _stopping.Cancel();
        _stopping.Dispose();
    }

    /// <summary>Runs on another thread, because waiters continue there.</summary>
    private Task CancelAsync() => work.Run(() =>
    {
        _stopping.Cancel();
        return Task.CompletedTask;
    });

    private async Task LoopAsync(string provider)
    {
        CancellationToken stopping = _stopping.Token;
        TimeSpan interval = IntervalAtFirst;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                // An app's own monitor may throw: the pause before the next pass is then the last one known.
                BackgroundRefreshOptions settings = options.CurrentValue;
                interval = settings.Interval;
                if (settings.Enabled)
                    await SweepAsync(provider, stopping).ConfigureAwait(false);
            }
            catch (Exception failure)
            {
                Log.SweepFailed(logger, failure, provider, interval);
            }

            try
            {
                await time.PauseAsync(interval, stopping).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task SweepAsync(string provider, CancellationToken stopping)
    {
        var tally = new BackgroundRefreshProgress();
        Task begun = await sweeper.PassAsync(provider, tally, spreads: true, progress: null, stopping).ConfigureAwait(false);
        _ = ReportAsync(provider, tally, begun);
    }

    private async Task ReportAsync(string provider, BackgroundRefreshProgress tally, Task begun)
    {
        await begun.ConfigureAwait(false);
        if (tally.ToReport() is { Due: > 0 } done)
            Log.Swept(logger, provider, done.Refreshed, done.Failed, done.Spread);
    }
}
