using TokenLifecycle.EntityFramework.Rows;

namespace TokenLifecycle.EntityFramework.Portable;

/// <summary>
/// Assigns versions by the clock of the app. Shared by all stores of the process, so that no version is assigned twice, even if the clock
/// stands still.
/// </summary>
internal static class PortableVersions
{
    private const int TicksOfMicrosecond = 10;

    private static long _last;

    /// <summary>
    /// Returns a version that is greater than this one and than any assigned before. If the clock is not ahead of both, adds a random step:
    /// a database that went back to an older state must not give another row the version of a lost one.
    /// </summary>
    public static long After(long version, TimeProvider clock)
    {
        long atLeast = Math.Max(version + 1 + Random.Shared.NextInt64(RowValues.LongestVersionStep), clock.GetUtcNow().UtcTicks / TicksOfMicrosecond);
        while (true)
        {
            long last = Volatile.Read(ref _last);
            long next = Math.Max(last + 1, atLeast);
            if (Interlocked.CompareExchange(ref _last, next, last) == last)
                return next;
        }
    }
}
