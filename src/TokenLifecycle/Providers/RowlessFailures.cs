using System.Collections.Concurrent;

namespace TokenLifecycle.Providers;

/// <summary>
/// Remembers the last failure of connections that have no row yet (the first client-credentials token), so that they are not retried in a
/// loop either. The names are the callers', so only the most recent failures are kept.
/// </summary>
internal sealed class RowlessFailures(TimeProvider time)
{
    /// <summary>How many failures a generation holds. The older of two is dropped when the younger one is full.</summary>
    public const int Generation = 5_000;

    private readonly Lock _gate = new();
    private volatile ConcurrentDictionary<TokenKey, (TokenFailure Failure, DateTimeOffset Next)> _younger = new();
    private volatile ConcurrentDictionary<TokenKey, (TokenFailure Failure, DateTimeOffset Next)> _older = new();

    /// <summary>Gets how many failures are remembered.</summary>
    public int Count => _younger.Count + _older.Count;

    /// <summary>Returns the last failure of a connection; <see langword="null"/> if none is remembered.</summary>
    public TokenFailure? Find(TokenKey key) => TryFind(key, out (TokenFailure Failure, DateTimeOffset Next) last) ? last.Failure : null;

    /// <summary>Returns the failure, and how long to wait because of it; <see langword="null"/> if a request may be sent.</summary>
    public (TokenFailure Failure, TimeSpan Pause)? PauseOf(TokenKey key) =>
        TryFind(key, out (TokenFailure Failure, DateTimeOffset Next) last) && last.Next - time.GetUtcNow() is var pause && pause > TimeSpan.Zero ? (last.Failure, pause) : null;

    public void Add(TokenKey key, TokenFailure failure, DateTimeOffset next)
    {
        lock (_gate)
        {
            if (_younger.Count >= Generation)
                (_older, _younger) = (_younger, new());
            _younger[key] = (failure, next);
            _older.TryRemove(key, out _);
        }
    }

    public void Remove(TokenKey key)
    {
        if (_younger.IsEmpty && _older.IsEmpty)
            return;

        lock (_gate)
        {
            _younger.TryRemove(key, out _);
            _older.TryRemove(key, out _);
        }
    }

    private bool TryFind(TokenKey key, out (TokenFailure Failure, DateTimeOffset Next) last) => _younger.TryGetValue(key, out last) || _older.TryGetValue(key, out last);
}
