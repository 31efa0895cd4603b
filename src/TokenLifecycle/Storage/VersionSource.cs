using System.Security.Cryptography;

namespace TokenLifecycle.Storage;

/// <summary>
/// Versions for a store without a counter. Taken from the time, so that they grow over deletes and restarts alike; the lowest bits are this
/// writer's own, so that two writers that should not be there at once do not give the same version to different rows.
/// </summary>
internal sealed class VersionSource(TimeProvider clock)
{
    private const int WriterBits = 10;
    private readonly long _writer = RandomNumberGenerator.GetInt32(1 << WriterBits);
    private readonly Lock _gate = new();
    private long _last;

    /// <summary>A version that is greater than this one and than any given before.</summary>
    public long After(long version)
    {
        lock (_gate)
        {
            long now = clock.GetUtcNow().UtcTicks;
            long greatest = Math.Max(Math.Max(_last, version), now);

            // If the time is not greater (for example, because the clock was ahead), adds a random step: a store that went back to an older
            // state must not give another row the version of a lost one.
            long step = version < now ? 1 : 1 + RandomNumberGenerator.GetInt32(1 << WriterBits);
            _last = (((greatest >> WriterBits) + step) << WriterBits) | _writer;
            return _last;
        }
    }
}
