using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using TokenLifecycle.Concurrency;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Storage;

namespace TokenLifecycle.State;

/// <summary>
/// What follows from a pending save that has finished. The cache follows at once. Work that may wait, such as a revocation or a log
/// provider, does not hold up other saves.
/// </summary>
internal sealed class SettledSaves(WorkScheduler work, ILogger<ITokenManager> logger)
{
    private readonly ConcurrentDictionary<Task, bool> _running = new();

    /// <summary>Completes when everything that was started before has finished.</summary>
    public Task WhenEndedAsync() => Task.WhenAll(_running.Keys);

    /// <summary>Reports the result to the code that asked for the save.</summary>
    public async Task PublishAsync(PendingSave pending, SaveResult result)
    {
        try
        {
            await pending.Settled(result).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            Log.BackgroundFailed(logger, failure, pending.Row.Key);
        }
    }

    /// <summary>Logs how it ended, apart from the caller.</summary>
    public void Finish(PendingSave pending, SaveResult result, Task published)
    {
        Task finishing = work.Run(async () =>
        {
            if (result.IsSaved)
                Log.SaveCaughtUp(logger, pending.Row.Key);
            else
                Log.SaveSuperseded(logger, pending.Row.Key);
            await published.ConfigureAwait(false);
        });
        _running[finishing] = true;
        _ = finishing.ContinueWith(ended => _running.TryRemove(ended, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }
}
