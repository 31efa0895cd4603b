using System.Collections.Concurrent;
using TokenLifecycle.Storage;

namespace TokenLifecycle.State;

/// <summary>
/// Finds the entries of the cache by the fingerprints that others name them by. Until the first notification it costs the cache nothing.
/// </summary>
internal sealed class TokenCacheInvalidator(TokenCache cache) : ITokenCacheInvalidator
{
    private const int Slots = 4096;

    private readonly ConcurrentDictionary<string, TokenKey> _keys = new(StringComparer.Ordinal);

    // What was said last, for rows that were read before it was said and arrive after it. One that is pushed out costs no more than the
    // wait until CacheDuration is over.
    private readonly StrongChange?[] _said = new StrongChange?[Slots];

    /// <summary>How many connections can be found by their fingerprint.</summary>
    public int Count => _keys.Count;

    public void Invalidate(TokenInvalidation change)
    {
        if (change.KeyFingerprint is null)
            return; // default(TokenInvalidation): of no connection.

        cache.Watch(this);

        // In this order: who publishes the older row meanwhile either is found by its key, or finds what was said.
        Volatile.Write(ref SlotOf(change.KeyFingerprint), new StrongChange(change));
        Interlocked.MemoryBarrier();
        if (_keys.TryGetValue(change.KeyFingerprint, out TokenKey key))
            cache.Invalidate(key, change.Before);
    }

    public void OutdateAll()
    {
        cache.Watch(this);
        cache.OutdateAll();
    }

    /// <summary>A row has come into the cache.</summary>
    public void OnPublished(TokenKey key, long version)
    {
        string fingerprint = TokenInvalidation.FingerprintOf(key);
        _keys.TryAdd(fingerprint, key);
        Interlocked.MemoryBarrier();
        ref StrongChange? slot = ref SlotOf(fingerprint);
        if (Volatile.Read(ref slot) is not { } said || said.Change.KeyFingerprint != fingerprint || version >= said.Change.Before)
            return;

        // Once: should versions have gone back with the store's clock, the next read is believed.
        Interlocked.CompareExchange(ref slot, null, said);
        cache.Invalidate(key, said.Change.Before);
    }

    /// <summary>The cache has dropped an entry.</summary>
    public void OnDropped(TokenKey key) => _keys.TryRemove(TokenInvalidation.FingerprintOf(key), out _);

    private ref StrongChange? SlotOf(string fingerprint) => ref _said[(uint)string.GetHashCode(fingerprint, StringComparison.Ordinal) % Slots];

    private sealed class StrongChange(TokenInvalidation change)
    {
        public TokenInvalidation Change { get; } = change;
    }
}
