using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using TokenLifecycle.Options;

namespace TokenLifecycle.Lifecycle;

/// <summary>The places of all providers. Reloaded settings make a new room; who is in the old one leaves it in time.</summary>
internal sealed class SweepRooms(IOptionsMonitor<BackgroundRefreshOptions> options, WorkScheduler work, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, (SweepRoom Room, SweepPace Pace)> _providers = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private SweepRoom? _all;

    /// <summary>Waits for places; a few at a time, so that a busy provider still acquires in batches.</summary>
    /// <param name="provider">Whose.</param>
    /// <param name="settings">Its settings.</param>
    /// <param name="isProbe">One place only.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<SweepPlaces> TakeAsync(string provider, OAuthProviderOptions settings, bool isProbe, CancellationToken cancellationToken)
    {
        (SweepRoom room, SweepPace pace) = OfProvider(provider, settings);
        SweepRoom all = OfAll();
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
                    return new SweepPlaces(room, all, pace, allowed);
                await time.PauseAsync(wait, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                room.Release(own);
                all.Release(shared);
            }
        }
    }

    private (SweepRoom Room, SweepPace Pace) OfProvider(string provider, OAuthProviderOptions settings) => _providers.AddOrUpdate(
        provider,
        _ => (new SweepRoom(work, settings.MaxConcurrentRefreshes), new SweepPace(time)),
        (_, known) => known.Room.Size == settings.MaxConcurrentRefreshes ? known : (new SweepRoom(work, settings.MaxConcurrentRefreshes), known.Pace));

    private SweepRoom OfAll()
    {
        lock (_lock)
        {
            if (_all?.Size != options.CurrentValue.MaxConcurrency)
                _all = new SweepRoom(work, options.CurrentValue.MaxConcurrency);
            return _all;
        }
    }
}
