using System.Collections.Concurrent;

namespace TokenLifecycle.State;

/// <summary>
/// Keeps the cache from growing without end. First goes what the store would be asked for anyway, then what was read longest ago, down to
/// seven eighths of the bound, so that the next such walk is far off. Nothing is lost: what is asked for again is read again.
/// </summary>
internal sealed class TokenCacheEviction(ConcurrentDictionary<TokenKey, CachedToken> entries, Action<TokenKey> dropped)
{
    /// <summary>To count the entries takes every lock of the dictionary, so it is not done each time.</summary>
    private const int CountEvery = 1024;

    /// <summary>So many entries are looked at to find out which are the oldest of all.</summary>
    private const int SampleSize = 4096;

    private int _isTrimming;
    private uint _added;

    /// <summary>
    /// Called for each entry that comes. One caller in many pays for a walk over everything; a caller that finds it in progress skips it.
    /// </summary>
    public void Keep(int limit, long now)
    {
        if (Interlocked.Increment(ref _added) % CountEvery != 0 || entries.Count <= limit || Interlocked.CompareExchange(ref _isTrimming, 1, 0) != 0)
            return;

        try
        {
            int surplus = entries.Count - (limit - (limit / 8));
            surplus -= Drop(before: now, atMost: int.MaxValue);
            if (surplus <= 0)
                return;

            // Of those of one instant no more than are too many, but all that are older.
            long instant = OldestOf(surplus);
            surplus -= Drop(before: instant, atMost: int.MaxValue);
            Drop(before: instant == long.MaxValue ? instant : instant + 1, atMost: surplus);
        }
        finally
        {
            Volatile.Write(ref _isTrimming, 0);
        }
    }

    private int Drop(long before, int atMost)
    {
        int count = 0;
        foreach ((TokenKey key, CachedToken entry) in entries)
        {
            if (count >= atMost)
                break;
            if (entry.FreshUntil >= before || !entries.TryRemove(KeyValuePair.Create(key, entry)))
                continue;

            dropped(key);
            count++;
        }

        return count;
    }

    /// <summary>
    /// The time before which about so many entries expire, by a sample: entries are in the order of their hashes, which does not depend on
    /// their age.
    /// </summary>
    private long OldestOf(int surplus)
    {
        long[] sample = [.. entries.Take(SampleSize).Select(static entry => entry.Value.FreshUntil)];
        if (sample.Length == 0)
            return long.MinValue;

        Array.Sort(sample);
        long rank = (long)sample.Length * surplus / Math.Max(entries.Count, 1);
        return sample[Math.Min(rank, sample.Length - 1)];
    }
}
