using TokenLifecycle.Options;

namespace TokenLifecycle.Lifecycle;

/// <summary>
/// Keeps whether a provider rejects the client, and under which settings. The provider is closed once two different connections met that and none was served
/// in between; then one request a minute finds out whether it still is so, and changed settings open it at once (C8).
/// </summary>
internal sealed class ClientStanding(TimeProvider time)
{
    public static readonly TimeSpan ProbeInterval = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly MetAlike _rejected = new();
    private OAuthProviderOptions? _options;
    private string? _fingerprint;
    private DateTimeOffset? _changedAt;
    private bool _isClosed;
    private string? _code;
    private long _nextProbe;

    public bool IsRejected
    {
        get
        {
            lock (_lock)
                return _isClosed;
        }
    }

    /// <summary>When this process saw the settings change; null if they are those that it began with.</summary>
    public DateTimeOffset? ChangedAt
    {
        get
        {
            lock (_lock)
                return _changedAt;
        }
    }

    /// <summary>The provider's code, while it rejects the client.</summary>
    public string? Code
    {
        get
        {
            lock (_lock)
                return _code;
        }
    }

    /// <summary>Notes settings that were just read. Others than before are a new client; the same ones, loaded again, change nothing.</summary>
    /// <returns>Whether they are others.</returns>
    public bool Observe(OAuthProviderOptions options)
    {
        lock (_lock)
        {
            if (ReferenceEquals(_options, options))
                return false;

            string fingerprint = ClientFingerprint.Of(options);
            bool changed = _fingerprint is not null && !string.Equals(_fingerprint, fingerprint, StringComparison.Ordinal);
            (_options, _fingerprint) = (options, fingerprint);
            if (!changed)
                return false;

            _changedAt = time.GetUtcNow();
            _isClosed = false;
            _rejected.Clear();
            return true;
        }
    }

    /// <summary>The fingerprint of settings, in the form that is stored.</summary>
    public string FingerprintOf(OAuthProviderOptions options)
    {
        lock (_lock)
            return ClientFingerprint.ForStore(ReferenceEquals(_options, options) ? _fingerprint! : ClientFingerprint.Of(options));
    }

    /// <summary>How long no request should be made; zero if one may.</summary>
    public TimeSpan Pause
    {
        get
        {
            lock (_lock)
                return _isClosed ? Remaining() : TimeSpan.Zero;
        }
    }

    /// <summary>
    /// Asked last before a request is sent, so that a connection which then sends nothing, because it has to wait itself, takes no other's turn.
    /// </summary>
    /// <returns>Whether the request may be sent.</returns>
    public bool TryProbe()
    {
        lock (_lock)
        {
            if (_isClosed && Remaining() > TimeSpan.Zero)
                return false;
            _nextProbe = After(ProbeInterval);
            return true;
        }
    }

    /// <summary>The provider rejected the client for a connection.</summary>
    /// <param name="key">Whose request it was.</param>
    /// <param name="options">The settings that it was made with.</param>
    /// <param name="errorCode">The provider's code.</param>
    /// <param name="speaksForAll">Whether no other connection could show the contrary.</param>
    /// <returns>Whether the provider is closed now, and whether that is news.</returns>
    public (bool IsClosed, bool IsNews) Reject(TokenKey key, OAuthProviderOptions options, string? errorCode, bool speaksForAll)
    {
        lock (_lock)
        {
            _fingerprint ??= ClientFingerprint.Of(options);
            if (!ReferenceEquals(_options, options) && !string.Equals(_fingerprint, ClientFingerprint.Of(options), StringComparison.Ordinal))
                return (_isClosed, false); // Of settings that the operator replaced while the request was in progress.

            bool news = (_rejected.Note(key) || speaksForAll) && !_isClosed;
            _isClosed |= news;
            if (_isClosed)
            {
                _code = errorCode;
                _nextProbe = After(ProbeInterval);
            }

            return (_isClosed, news);
        }
    }

    /// <summary>Whether other connections than this one met a rejection since one was served.</summary>
    public bool IsRejectedForOthers(TokenKey key)
    {
        lock (_lock)
            return _rejected.ByOthersThan(key);
    }

    /// <summary>The provider answered in a way that shows that it knows the client.</summary>
    /// <returns>Whether that is news.</returns>
    public bool Accept()
    {
        lock (_lock)
        {
            bool news = _isClosed;
            _isClosed = false;
            _rejected.Clear();
            return news;
        }
    }

    private TimeSpan Remaining() => RefreshTiming.Max(time.GetElapsedTime(time.GetTimestamp(), _nextProbe), TimeSpan.Zero);

    private long After(TimeSpan span) => time.GetTimestamp() + (long)(span.TotalSeconds * time.TimestampFrequency);
}
