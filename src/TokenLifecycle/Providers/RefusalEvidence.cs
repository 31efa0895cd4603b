namespace TokenLifecycle.Providers;

/// <summary>
/// Collects evidence about refused refreshes: a provider may respond to a wrong client secret in the same way as to a revoked grant. A refusal is about
/// the connection once the provider has refreshed another one in between, under the same client settings. See <c>docs/adr/0022</c>.
/// </summary>
/// <remarks>
/// Uses the order of events in this process and not clocks, because a request that is answered late must not be mistaken for one that was sent late. A refusal that
/// another process saw counts by the time of the row's first refusal, with <see cref="Skew"/> in between.
/// </remarks>
internal sealed class RefusalEvidence(TimeProvider time)
{
    /// <summary>How far the clocks of two processes may differ. A refusal that another process saw must be older than this.</summary>
    public static readonly TimeSpan Skew = TimeSpan.FromMinutes(10);

    /// <summary>The maximum number of refused connections to remember. Further ones get their decision once there are fewer.</summary>
    public const int MostRemembered = 10_000;

    /// <summary>For how long a refusal is remembered if there are that many. A connection that was refused and not asked for since was disconnected, or another process decided.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromHours(24);

    /// <summary>How many earlier successes are kept, and how far apart: together longer than any request lasts.</summary>
    private const int MostKept = 64;
    private static readonly TimeSpan BetweenKept = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan PauseBetweenScans = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<TokenKey, (long Order, long At)> _firstRefusal = [];
    private long? _scannedAt;
    private readonly MetAlike _unexplained = new();
    private readonly Queue<Success> _successes = new();
    private long _sequence;
    private Success? _latest;
    private long _keptAt;
    private long _settingsFrom;
    private TokenKey? _someKey;
    private bool _hasSeenSeveral;
    private bool _isReported;

    /// <summary>Gets whether a decision is being held back.</summary>
    public bool IsHolding
    {
        get
        {
            lock (_lock)
                return _isReported;
        }
    }

    /// <summary>Records that a request is about to be sent.</summary>
    /// <returns>Its position in the order of events.</returns>
    public long Begin(TokenKey key)
    {
        lock (_lock)
        {
            _someKey ??= key;
            _hasSeenSeveral |= _someKey != key;
            return ++_sequence;
        }
    }

    /// <summary>Records that the provider refreshed a connection.</summary>
    /// <param name="key">Whose.</param>
    /// <param name="began">What <see cref="Begin"/> returned for the request.</param>
    public void Succeeded(TokenKey key, long began)
    {
        lock (_lock)
        {
            _firstRefusal.Remove(key);
            _unexplained.Clear();
            _isReported = false;
            if (began <= _latest?.Began || began < _settingsFrom)
                return;

            // The latest one alone is not enough: while many connections are refreshed, one of them always ends during the request that is refused.
            if (_latest is { } former && (_successes.Count == 0 || time.GetElapsedTime(_keptAt) >= BetweenKept))
            {
                _successes.Enqueue(former);
                _keptAt = time.GetTimestamp();
                if (_successes.Count > MostKept)
                    _successes.Dequeue();
            }

            _latest = new Success(began, ++_sequence, time.GetUtcNow());
        }
    }

    /// <summary>Returns whether a request was sent under the current settings.</summary>
    public bool IsCurrent(long began)
    {
        lock (_lock)
            return began >= _settingsFrom;
    }

    /// <summary>Records that a connection was refused, and only its grant or the client can explain it.</summary>
    public void Refused(TokenKey key)
    {
        lock (_lock)
        {
            _unexplained.Note(key);
            if (_firstRefusal.Count >= MostRemembered)
                DropOld();
            if (_firstRefusal.Count < MostRemembered)
                _firstRefusal.TryAdd(key, (++_sequence, time.GetTimestamp()));
        }
    }

    /// <summary>Records that the decision on a connection was made, so that its refusal no longer counts for others.</summary>
    public void Decided(TokenKey key)
    {
        lock (_lock)
        {
            _firstRefusal.Remove(key);
            if (!_unexplained.ByOthersThan(key))
                _unexplained.Clear();
        }
    }

    /// <summary>
    /// Returns whether the refusal is about this connection: it was refused, then the provider refreshed another one by a request that began later, and then this one was refused
    /// again by a request that began after that.
    /// </summary>
    /// <param name="key">Whose.</param>
    /// <param name="began">What <see cref="Begin"/> returned for the request that was refused now.</param>
    /// <param name="refusedSince">When the current series of refusals of the row began; null if this is the first one.</param>
    public bool IsOfConnection(TokenKey key, long began, DateTimeOffset? refusedSince)
    {
        lock (_lock)
        {
            long? order = _firstRefusal.TryGetValue(key, out (long Order, long At) refused) ? refused.Order : null;
            return (_latest is { } latest && Shows(latest)) || _successes.Any(Shows);
            bool Shows(Success success) => began >= success.Ended && (order < success.Began || success.At - refusedSince > Skew);
        }
    }

    /// <summary>Returns whether other connections were refused as well since the last successful refresh.</summary>
    public bool AreOthersRefused(TokenKey key)
    {
        lock (_lock)
            return _unexplained.ByOthersThan(key);
    }

    /// <summary>Returns whether this process has sent a request for another connection.</summary>
    public bool HasSeenOthers(TokenKey key)
    {
        lock (_lock)
            return _hasSeenSeveral || (_someKey is { } some && some != key);
    }

    /// <summary>Records that a decision is held back because the client may be the cause.</summary>
    /// <returns>Whether this call began the hold, and how many connections are refused.</returns>
    public (bool Began, int Refused) Hold()
    {
        lock (_lock)
        {
            bool began = !_isReported;
            _isReported = true;
            return (began, _firstRefusal.Count);
        }
    }

    /// <summary>Gets how many refused connections are remembered.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _firstRefusal.Count;
        }
    }

    /// <summary>Discards the evidence because the client settings changed.</summary>
    public void Reset()
    {
        lock (_lock)
        {
            _firstRefusal.Clear();
            _unexplained.Clear();
            _successes.Clear();
            (_latest, _isReported, _settingsFrom) = (null, false, ++_sequence);
        }
    }

    /// <summary>A refresh that the provider made: its start and finish in the order of events, and the time of its finish.</summary>
    private sealed record Success(long Began, long Ended, DateTimeOffset At);

    private void DropOld()
    {
        if (_scannedAt is { } scanned && time.GetElapsedTime(scanned) < PauseBetweenScans)
            return;

        _scannedAt = time.GetTimestamp();
        foreach ((TokenKey key, (_, long at)) in _firstRefusal)
        {
            if (time.GetElapsedTime(at) >= Kept)
                _firstRefusal.Remove(key); // Allowed while it is enumerated.
        }
    }
}
