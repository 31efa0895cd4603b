namespace TokenLifecycle.Lifecycle;

/// <summary>Knows whether the store answers at present. Costs two clock readings a call, so that nothing has to be asked to find out.</summary>
internal sealed class StoreSilence(TimeProvider time)
{
    /// <summary>Callers who could be served otherwise do not wait longer than this for a store.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private int _outstanding;
    private long _heard; // The last answer, or when the first of the outstanding calls began.
    private bool _hasFailed;

    /// <summary>Whether the last answer was a failure, or calls wait and none was answered for a while.</summary>
    public bool IsSilent
    {
        get
        {
            lock (_lock)
                return _hasFailed || (_outstanding > 0 && time.GetElapsedTime(_heard) >= Patience);
        }
    }

    public void Begin()
    {
        lock (_lock)
        {
            if (_outstanding++ == 0)
                _heard = time.GetTimestamp();
        }
    }

    public void End(bool hasFailed)
    {
        lock (_lock)
        {
            _outstanding--;
            _heard = time.GetTimestamp();
            _hasFailed = hasFailed;
        }
    }
}
