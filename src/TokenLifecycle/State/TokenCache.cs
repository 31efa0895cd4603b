using System.Collections.Concurrent;
using TokenLifecycle.Options;
using TokenLifecycle.Providers;
using TokenLifecycle.Storage;

namespace TokenLifecycle.State;

/// <summary>
/// The rows this process has seen last. A hit costs one look-up and two clock readings: no I/O, no allocation, no lock.
/// Newer versions replace older ones, never the other way round. A store that went back in time is recognized by a refresh token that the remembered row has replaced.
/// </summary>
internal sealed class TokenCache
{
    private static readonly TimeSpan PauseAfterStoreFailure = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<TokenKey, CachedToken> _entries = new();
    private readonly TimeProvider _time;
    private readonly TokenCacheEviction _bound;
    private TokenCacheInvalidator? _watch;
    private Action<TokenKey>? _olderIsRead;
    private int _limit = new TokenLifecycleOptions().MaxCachedConnections;

    public TokenCache(TimeProvider time)
    {
        _time = time;
        _bound = new TokenCacheEviction(_entries, key => Volatile.Read(ref _watch)?.OnDropped(key));
    }

    /// <summary>Notifies a listener from now on of entries that are added and removed.</summary>
    public void Watch(TokenCacheInvalidator watch) => Volatile.Write(ref _watch, watch);

    /// <summary>Sets the callback for a row that was read although the remembered row has replaced it: the store went back in time.</summary>
    public void WhenOlderIsRead(Action<TokenKey> notice) => Volatile.Write(ref _olderIsRead, notice);

    /// <summary>Gets the remembered rows, in no particular order.</summary>
    public IEnumerable<StoredToken> Rows => _entries.Values.Select(static entry => entry.Row).OfType<StoredToken>();

    /// <summary>How many connections are remembered, including disconnected ones.</summary>
    public int Count => _entries.Count;

    /// <summary>The token of a connection that needs no thought; false if it must be looked at.</summary>
    public bool TryGetWarm(TokenKey key, out CachedToken entry)
    {
        return _entries.TryGetValue(key, out entry!) && _time.GetTimestamp() < entry.WarmUntil && _time.GetUtcNow().UtcTicks < entry.WarmUntilWall;
    }

    /// <summary>What is remembered, however old; null if nothing, or only that the connection was disconnected here.</summary>
    public CachedToken? Find(TokenKey key) => _entries.TryGetValue(key, out CachedToken? entry) && entry.Row is not null ? entry : null;

    public bool IsFresh(CachedToken entry) => _time.GetTimestamp() < entry.FreshUntil;

    /// <summary>How long the access token still lives by the stricter clock; null if unknown.</summary>
    public TimeSpan? RemainingOf(CachedToken entry)
    {
        if (entry.Row?.Tokens.ExpiresAt is not { } expiresAt)
            return null;

        TimeSpan monotonic = _time.GetElapsedTime(_time.GetTimestamp(), entry.EndsAt);
        return RefreshTiming.Min(monotonic, expiresAt - _time.GetUtcNow());
    }

    /// <summary>Remembers a row that was read from or written to the store.</summary>
    /// <returns>The entry that counts now: a newer one if there is one, null if the connection was disconnected here meanwhile.</returns>
    public CachedToken? Publish(StoredToken row, RefreshTiming timing, TokenLifecycleOptions options, bool forced = false, bool received = false)
    {
        CachedToken entry = _entries.AddOrUpdate(
            row.Key,
            static (_, made) => made.Cache.Make(made.Row, made.Timing, made.Options, known: null, made.Forced, made.Received),
            static (_, known, made) => known.Version > made.Row.Version || (known.Row is null && known.Version == made.Row.Version)
                || (known.Row is { } remembered && made.Row.WasReplacedBy(remembered))
                ? known
                : made.Cache.Make(Later(known, made.Row), made.Timing, made.Options, known, made.Forced, made.Received),
            (Cache: this, Row: row, Timing: timing, Options: options, Forced: forced, Received: received));

        Volatile.Read(ref _watch)?.OnPublished(row.Key, entry.Version);
        Volatile.Write(ref _limit, options.MaxCachedConnections);
        _bound.Keep(options.MaxCachedConnections, _time.GetTimestamp());
        if (entry.Row is { } kept && !kept.HoldsSameTokens(row) && row.WasReplacedBy(kept))
            Volatile.Read(ref _olderIsRead)?.Invoke(row.Key);

        return entry.Row is null ? null : entry;
    }

    /// <summary>Remembers a row in place of the current one, whatever its version: in a store that went back in time, versions may have gone back too.</summary>
    public void Restore(StoredToken row, RefreshTiming timing, TokenLifecycleOptions options)
    {
        _entries[row.Key] = Make(row, timing, options, known: null, forced: false);
        Volatile.Read(ref _watch)?.OnPublished(row.Key, row.Version);
    }

    /// <summary>
    /// Forgets a connection that was disconnected here, but not its version: a read that began before must not bring it back.
    /// </summary>
    public void End(TokenKey key, long version)
    {
        // Of a connection that never was nothing can be brought back, and anybody can name one.
        if (version == StoredToken.Unsaved && !_entries.ContainsKey(key))
            return;
        _entries[key] = CachedToken.Ended(version, freshUntil: Later(TimeSpan.FromMinutes(10)));
        _bound.Keep(Volatile.Read(ref _limit), _time.GetTimestamp());
    }

    /// <summary>Has the store asked at the next call, if what is remembered is older than a version. The row stays: should the store fail, its token is still good (G1).</summary>
    public void Invalidate(TokenKey key, long before)
    {
        while (_entries.TryGetValue(key, out CachedToken? entry) && entry.Row is not null && entry.Version < before && !_entries.TryUpdate(key, entry.Until(freshUntil: long.MinValue, warmUntil: long.MinValue), entry))
        {
            // Another caller published at the same time: look at its entry.
        }
    }

    /// <summary>The same for every entry, whatever its version.</summary>
    public void OutdateAll()
    {
        foreach ((TokenKey key, _) in _entries)
            Invalidate(key, long.MaxValue);
    }

    /// <summary>Puts off the next look at a store that has just failed.</summary>
    public void Extend(CachedToken entry) => _entries.TryUpdate(entry.Row!.Key, entry.Until(Later(PauseAfterStoreFailure)), entry);

    /// <summary>
    /// Of two rows with the same tokens, the more complete one. A failure or decision that could not be written to the store is known only
    /// here,
    /// and must not be forgotten because the store is read again.
    /// </summary>
    private static StoredToken Later(CachedToken known, StoredToken row)
    {
        if (known.Row is not { } remembered || remembered.Version != row.Version || !remembered.HoldsSameTokens(row))
            return row;
        if (remembered.Reauthorization is not null)
            return remembered;
        return remembered.Failure is { } failure && row.Reauthorization is null && (row.Failure is null || row.Failure.At < failure.At) ? remembered : row;
    }

    private CachedToken Make(StoredToken row, RefreshTiming timing, TokenLifecycleOptions options, CachedToken? known, bool forced, bool received = false)
    {
        DateTimeOffset now = _time.GetUtcNow();
        long timestamp = _time.GetTimestamp();
        long endsAt = row.Tokens.ExpiresAt is { } expiry ? Add(timestamp, expiry - now) : long.MaxValue;

        // The same token read once more does not live longer than it did: a wall clock that was set back would suggest it. Compared by its
        // value, not by
        // the version: tokens whose save is delayed still stand under the version of those that they replaced.
        CachedToken? same = known?.Row is { } before && known.Version == row.Version
            && string.Equals(before.Tokens.AccessToken, row.Tokens.AccessToken, StringComparison.Ordinal) ? known : null;
        if (same is not null)
            endsAt = Math.Min(endsAt, same.EndsAt);

        (TimeSpan warm, bool serve) = WarmTime(row, timing, options, now);
        long freshUntil = Add(timestamp, options.CacheDuration);
        long warmUntil = serve ? Math.Min(freshUntil, Math.Min(Add(timestamp, warm), endsAt)) : 0;
        return new CachedToken
        {
            Row = row,
            Version = row.Version,
            Token = same is not null && same.Row!.Reauthorization == row.Reauthorization
                ? same.Token
                : new AccessToken(row.Tokens.AccessToken, row.Tokens.TokenType, row.Tokens.ExpiresAt, row.Tokens.Scopes, row.Reauthorization is not null),
            EndsAt = endsAt,
            WarmUntil = warmUntil,
            WarmUntilWall = serve && warm < TimeSpan.FromDays(1000) ? (now + warm).UtcTicks : long.MaxValue,
            FreshUntil = freshUntil,
            ForcedAt = forced ? timestamp : known?.ForcedAt ?? CachedToken.Never,
            ReceivedAt = received ? new StoreClock.Reading(timestamp, now) : same?.ReceivedAt,
        };
    }

    /// <summary>How long from now the row can be served without a look at it, and whether at all.</summary>
    private static (TimeSpan Warm, bool Serve) WarmTime(StoredToken row, RefreshTiming timing, TokenLifecycleOptions options, DateTimeOffset now)
    {
        if (row.Reauthorization is not null && options.WhenReauthorizationRequired == ReauthorizationPolicy.FailFast)
            return (TimeSpan.Zero, false);
        if (row.Tokens.ExpiresAt is not { } expiry)
            return (TimeSpan.FromDays(1000), true);

        TimeSpan life = expiry - now;
        if (row.Reauthorization is not null)
            return (life, life > TimeSpan.Zero);

        // Until the planned refresh, or the end of the pause after a failed one; a token below its minimum is looked at each time.
        TimeSpan untilDue = (row.NextRefreshAt ?? expiry) - now;
        TimeSpan warm = RefreshTiming.Min(life - timing.MinimumValidity, untilDue);
        return (warm, warm > TimeSpan.Zero);
    }

    private long Later(TimeSpan span) => Add(_time.GetTimestamp(), span);

    private long Add(long timestamp, TimeSpan span)
    {
        double ticks = span.TotalSeconds * _time.TimestampFrequency;
        return ticks >= long.MaxValue - timestamp ? long.MaxValue : timestamp + (long)ticks;
    }
}
