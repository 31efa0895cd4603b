namespace TokenLifecycle.Providers;

/// <summary>
/// Tracks which connections a provider throttles. The limit applies to one connection until a second one is throttled with no successful
/// refresh in between, because many providers count calls per account.
/// </summary>
internal sealed class ThrottledConnections(TimeProvider time)
{
    private static readonly TimeSpan DefaultPause = TimeSpan.FromSeconds(60);

    private readonly Lock _lock = new();
    private (TokenKey Key, long Until)? _last;
    private long _lastOfAnother;
    private long _untilForAll;

    /// <summary>Gets how long no connection should send a request.</summary>
    public TimeSpan PauseForAll
    {
        get
        {
            lock (_lock)
                return _untilForAll == 0 ? TimeSpan.Zero : RefreshTiming.Max(time.GetElapsedTime(time.GetTimestamp(), _untilForAll), TimeSpan.Zero);
        }
    }

    /// <summary>
    /// Records that a connection was throttled. If two connections are, the shorter limit applies to all: the longer one may apply to a
    /// single account.
    /// </summary>
    /// <param name="key">The connection of the request.</param>
    /// <param name="retryAfter">The requested wait; null if the provider did not state one.</param>
    /// <param name="isForAll">Whether the limit applies to every connection in any case.</param>
    /// <returns>The connection's own pause, and whether all have to wait.</returns>
    public (TimeSpan Pause, bool ForAll) Note(TokenKey key, TimeSpan? retryAfter, bool isForAll)
    {
        lock (_lock)
        {
            long now = time.GetTimestamp();
            TimeSpan pause = retryAfter ?? DefaultPause;
            long until = now + (long)(pause.TotalSeconds * time.TimestampFrequency);
            long another = _last is { } last && last.Key != key ? last.Until : _lastOfAnother;
            (_last, _lastOfAnother) = ((key, until), another);
            isForAll |= another > now;
            if (isForAll)
                _untilForAll = Math.Max(_untilForAll, another > now ? Math.Min(another, until) : until);
            return (pause, isForAll);
        }
    }

    /// <summary>Records a successful refresh. A limit for all connections stays in effect.</summary>
    public void Served()
    {
        lock (_lock)
            (_last, _lastOfAnother) = (null, 0);
    }
}
