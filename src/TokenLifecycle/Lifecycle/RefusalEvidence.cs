namespace TokenLifecycle.Lifecycle;

/// <summary>
/// What speaks for and against a connection whose refresh is refused: a provider may answer a wrong client secret as it answers a withdrawn grant. A refusal is
/// the connection's once the provider has served another one in between, under the same client settings; see <c>docs/adr/0022</c>.
/// </summary>
/// <remarks>
/// Kept by the order of events in this process and not by clocks, because a request that is answered late must not pass for one that was made late. What
/// another process saw counts by the time of the row's first refusal, with <see cref="Skew"/> between.
/// </remarks>
internal sealed class RefusalEvidence(TimeProvider time)
{
    /// <summary>By so much the clocks of two processes may differ; a refusal that another one saw must be older by more.</summary>
    public static readonly TimeSpan Skew = TimeSpan.FromMinutes(10);

    /// <summary>Beyond so many refused connections none is remembered: those get their decision once fewer are.</summary>
    private const int MostRemembered = 10_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<TokenKey, long> _firstRefusal = [];
    private readonly MetAlike _unexplained = new();
    private long _sequence;
    private long _successBegan;
    private long _successEnded;
    private long _settingsFrom;
    private DateTimeOffset? _successAt;
    private TokenKey? _someKey;
    private bool _hasSeenSeveral;
    private bool _isReported;

    /// <summary>Whether a decision is being held back.</summary>
    public bool IsHolding
    {
        get
        {
            lock (_lock)
                return _isReported;
        }
    }

    /// <summary>Notes that a request is about to be made.</summary>
    /// <returns>Its place in the order of events.</returns>
    public long Begin(TokenKey key)
    {
        lock (_lock)
        {
            _someKey ??= key;
            _hasSeenSeveral |= _someKey != key;
            return ++_sequence;
        }
    }

    /// <summary>Notes that the provider gave a connection new tokens.</summary>
    /// <param name="key">Whose.</param>
    /// <param name="began">What <see cref="Begin"/> returned for the request.</param>
    public void Succeeded(TokenKey key, long began)
    {
        lock (_lock)
        {
            _firstRefusal.Remove(key);
            _unexplained.Clear();
            _isReported = false;
            if (began <= _successBegan || began < _settingsFrom)
                return;

            (_successBegan, _successEnded, _successAt) = (began, ++_sequence, time.GetUtcNow());
        }
    }

    /// <summary>Whether a request was made under the present settings.</summary>
    public bool IsCurrent(long began)
    {
        lock (_lock)
            return began >= _settingsFrom;
    }

    /// <summary>Notes that a connection was refused, and nothing explains it but its grant or the client.</summary>
    public void Refused(TokenKey key)
    {
        lock (_lock)
        {
            _unexplained.Note(key);
            if (_firstRefusal.Count < MostRemembered)
                _firstRefusal.TryAdd(key, ++_sequence);
        }
    }

    /// <summary>Notes that the decision on a connection was made, so that its refusal says nothing of others.</summary>
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
    /// Whether the refusal is this connection's: it was refused, then the provider served another one by a request that began later, and then it was refused
    /// again by a request that began after that.
    /// </summary>
    /// <param name="key">Whose.</param>
    /// <param name="began">What <see cref="Begin"/> returned for the request that was refused now.</param>
    /// <param name="refusedSince">Since when the row has been refused without interruption; null if this is the first time.</param>
    public bool IsOfConnection(TokenKey key, long began, DateTimeOffset? refusedSince)
    {
        lock (_lock)
        {
            if (_successEnded == 0 || began < _successEnded)
                return false;
            return (_firstRefusal.TryGetValue(key, out long refused) && refused < _successBegan)
                || (refusedSince is { } since && _successAt - since > Skew);
        }
    }

    /// <summary>Whether other connections were refused as well since the provider last served one.</summary>
    public bool AreOthersRefused(TokenKey key)
    {
        lock (_lock)
            return _unexplained.ByOthersThan(key);
    }

    /// <summary>Whether this process has asked the provider for another connection than this one.</summary>
    public bool HasSeenOthers(TokenKey key)
    {
        lock (_lock)
            return _hasSeenSeveral || (_someKey is { } some && some != key);
    }

    /// <summary>Notes that a decision is held back because it may be the client that is refused.</summary>
    /// <returns>Whether that is news, and how many connections are refused.</returns>
    public (bool Began, int Refused) Hold()
    {
        lock (_lock)
        {
            bool began = !_isReported;
            _isReported = true;
            return (began, _firstRefusal.Count);
        }
    }

    /// <summary>The client settings changed: what was seen under the former ones says nothing of these.</summary>
    public void Reset()
    {
        lock (_lock)
        {
            _firstRefusal.Clear();
            _unexplained.Clear();
            (_successBegan, _successEnded, _successAt, _isReported, _settingsFrom) = (0, 0, null, false, ++_sequence);
        }
    }
}
