using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using TokenLifecycle.Concurrency;
using TokenLifecycle.Options;

namespace TokenLifecycle.Background;

/// <summary>The places of all providers. Reloaded settings make a new room; who is in the old one leaves it in time.</summary>
internal sealed class RefreshLimiters(IOptionsMonitor<BackgroundRefreshOptions> options, WorkScheduler work, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, (RefreshLimiter Room, RefreshRate Pace)> _providers = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private RefreshLimiter? _all;

    /// <summary>Waits for places; a few at a time, so that a busy provider still acquires in batches.</summary>
    /// <param name="provider">Whose.</param>
    /// <param name="settings">Its settings.</param>
    /// <param name="isProbe">One place only.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<RefreshPermits> TakeAsync(string provider, OAuthProviderOptions settings, bool isProbe, CancellationToken cancellationToken)
    {
        (RefreshLimiter room, RefreshRate pace) = OfProvider(provider, settings);
        RefreshLimiter all = OfAll();
        int most = isProbe ? 1 : Math.Min(options.CurrentValue.BatchSize, room.Size);
        while (true)
        {
            int own = await room.TakeAsync(Math.Max(1, most / 4), most, cancellationToken).ConfigureAwait(false);
            int shared = 0;
            try
            {
                shared = await all.TakeAsync(1, own, cancellationToken).ConfigureAwait(false);
                (int allowed, TimeSpan wait) = pace.Take(shared, settings.MaxRefreshesPerSecond);
                room.Release(own - allowed);
                all.Release(shared - allowed);
                (own, shared) = (0, 0);
                if (allowed > 0)
                    return new RefreshPermits(room, all, pace, allowed);
                await time.PauseAsync(wait, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                room.Release(own);
                all.Release(shared);
            }
        }
    }

    private (RefreshLimiter Room, RefreshRate Pace) OfProvider(string provider, OAuthProviderOptions settings) => _providers.AddOrUpdate(
        provider,
        _ => (new RefreshLimiter(work, settings.MaxConcurrentRefreshes), new RefreshRate(time)),
        (_, known) => known.Room.Size == settings.MaxConcurrentRefreshes ? known : (new RefreshLimiter(work, settings.MaxConcurrentRefreshes), known.Pace));

    private RefreshLimiter OfAll()
    {
        lock (_lock)
        {
            if (_all?.Size != options.CurrentValue.MaxConcurrency)
                _all = new RefreshLimiter(work, options.CurrentValue.MaxConcurrency);
            return _all;
        }
    }
}
