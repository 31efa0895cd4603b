namespace TokenLifecycle.Lifecycle;

/// <summary>
/// Keeps which connections a provider asked for fewer calls. That is a connection's own affair until a second one is asked the same and none was served in
/// between: many providers count calls per account.
/// </summary>
internal sealed class ThrottledConnections(TimeProvider time)
{
    private static readonly TimeSpan DefaultPause = TimeSpan.FromSeconds(60);

    private readonly Lock _lock = new();
    private (TokenKey Key, long Until)? _last;
    private long _lastOfAnother;
    private long _untilForAll;

    /// <summary>For how long no connection should ask.</summary>
    public TimeSpan PauseForAll
    {
        get
        {
            lock (_lock)
                return _untilForAll == 0 ? TimeSpan.Zero : RefreshTiming.Max(time.GetElapsedTime(time.GetTimestamp(), _untilForAll), TimeSpan.Zero);
        }
    }

    /// <summary>Notes that a connection was asked to wait. Of the limits of two connections the shorter one holds for all: the longer may be an account's own.</summary>
    /// <param name="key">Whose request it was.</param>
    /// <param name="retryAfter">For how long; null if the provider did not say.</param>
    /// <param name="isForAll">Whether the limit is every connection's in any case.</param>
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

    /// <summary>The provider served a connection. What all were asked for holds all the same.</summary>
    public void Served()
    {
        lock (_lock)
            (_last, _lastOfAnother) = (null, 0);
    }
}
