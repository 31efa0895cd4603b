using TokenLifecycle.Options;

namespace TokenLifecycle.Providers;

/// <summary>
/// Tracks whether a provider rejects the client, and under which settings. The provider is closed once two different connections were
/// rejected with no successful refresh in between. Then one request a minute probes whether the client is still rejected, and changed
/// settings open the provider immediately (C8).
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

    /// <summary>Gets when this process detected that the settings changed; null if they are the initial ones.</summary>
    public DateTimeOffset? ChangedAt
    {
        get
        {
            lock (_lock)
                return _changedAt;
        }
    }

    /// <summary>Gets the provider's error code while it rejects the client.</summary>
    public string? Code
    {
        get
        {
            lock (_lock)
                return _code;
        }
    }

    /// <summary>
    /// Records settings that were just read. Different settings count as a new client; the same settings, loaded again, change nothing.
    /// </summary>
    /// <returns>Whether the settings are different.</returns>
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

    /// <summary>Returns the fingerprint of settings, in the form that is stored.</summary>
    public string FingerprintOf(OAuthProviderOptions options)
    {
        lock (_lock)
            return ClientFingerprint.ForStore(ReferenceEquals(_options, options) ? _fingerprint! : ClientFingerprint.Of(options));
    }

    /// <summary>Gets how long no request should be made; zero if one may.</summary>
    public TimeSpan Pause
    {
        get
        {
            lock (_lock)
                return _isClosed ? Remaining() : TimeSpan.Zero;
        }
    }

    /// <summary>
    /// Returns whether a request may be sent. Called last before a request is sent, so that a connection that has to wait for another
    /// reason does not use up a probe.
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

    /// <summary>Records that the provider rejected the client for a connection.</summary>
    /// <param name="key">The connection of the request.</param>
    /// <param name="options">The settings of the request.</param>
    /// <param name="errorCode">The provider's code.</param>
    /// <param name="speaksForAll">Whether no other connection could have a different outcome.</param>
    /// <returns>Whether the provider is closed now, and whether this call closed it.</returns>
    public (bool IsClosed, bool IsNews) Reject(TokenKey key, OAuthProviderOptions options, string? errorCode, bool speaksForAll)
    {
        lock (_lock)
        {
            _fingerprint ??= ClientFingerprint.Of(options);
            if (!ReferenceEquals(_options, options) && !string.Equals(_fingerprint, ClientFingerprint.Of(options), StringComparison.Ordinal))
                return (_isClosed, false); // The operator replaced the settings while the request was in progress.

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

    /// <summary>Returns whether other connections were rejected since the last successful refresh.</summary>
    public bool IsRejectedForOthers(TokenKey key)
    {
        lock (_lock)
            return _rejected.ByOthersThan(key);
    }

    /// <summary>Records a response that shows that the provider accepts the client.</summary>
    /// <returns>Whether the provider was closed before.</returns>
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
