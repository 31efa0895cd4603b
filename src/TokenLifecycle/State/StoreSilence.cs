namespace TokenLifecycle.State;

/// <summary>Tracks whether the store currently responds. Costs two clock readings per call, and makes no separate calls.</summary>
internal sealed class StoreSilence(TimeProvider time)
{
    /// <summary>The longest time that a caller with another usable token waits for the store.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private int _outstanding;
    private long _heard; // The time of the last response, or when the first of the outstanding calls began.
    private bool _hasFailed;

    /// <summary>Gets whether the last call failed, or calls are waiting and none was answered for a while.</summary>
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
