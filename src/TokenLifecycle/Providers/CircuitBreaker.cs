namespace TokenLifecycle.Providers;

/// <summary>
/// Stops requests for a while when too many recent ones failed, and then lets one through as a probe. Measures by the monotonic clock, so
/// that setting the wall clock back does not prolong a break (D7).
/// </summary>
internal sealed class CircuitBreaker(TimeProvider time)
{
    public static readonly TimeSpan BreakDuration = TimeSpan.FromSeconds(15);

    private const double FailureRatio = 0.5;
    private const int MinimumThroughput = 10;
    private const int Buckets = 10;

    /// <summary>The length of one of the ten intervals over which failures are counted.</summary>
    private static readonly TimeSpan BucketLength = TimeSpan.FromSeconds(3);

    private readonly Lock _lock = new();
    private readonly (long Index, int Failed, int Total)[] _buckets = new (long, int, int)[Buckets];
    private readonly long _origin = time.GetTimestamp();
    private long _openUntil;
    private long _probeUntil;
    private bool _isOpen;

    /// <summary>Gets whether requests are sent without restriction.</summary>
    public bool IsClosed
    {
        get
        {
            lock (_lock)
                return !_isOpen;
        }
    }

    /// <summary>Gets how long no request should be made; zero if one may, or while a probe is in progress.</summary>
    public TimeSpan Pause
    {
        get
        {
            lock (_lock)
                return _isOpen ? Until(_openUntil) : TimeSpan.Zero;
        }
    }

    /// <summary>
    /// Returns whether a request may be sent. While open, one request per break probes whether the provider is available again.
    /// </summary>
    public bool TryEnter()
    {
        lock (_lock)
        {
            if (!_isOpen)
                return true;
            if (Until(_openUntil) > TimeSpan.Zero || Until(_probeUntil) > TimeSpan.Zero)
                return false;
            _probeUntil = Later();
            return true;
        }
    }

    /// <summary>Records the outcome of a request.</summary>
    /// <returns>Whether this request opened the circuit.</returns>
    public bool Note(bool failed)
    {
        lock (_lock)
        {
            if (_isOpen && _probeUntil == 0)
                return false; // The request was sent before the circuit opened.
            if (_isOpen)
            {
                if (failed)
                    Open();
                else
                    Close();
                return failed;
            }

            Count(failed);
            if (!failed || !IsTooMuch())
                return false;
            Open();
            return true;
        }
    }

    private long Later() => time.GetTimestamp() + (long)(BreakDuration.TotalSeconds * time.TimestampFrequency);

    private TimeSpan Until(long timestamp) => RefreshTiming.Max(time.GetElapsedTime(time.GetTimestamp(), timestamp), TimeSpan.Zero);

    private void Open() => (_isOpen, _openUntil, _probeUntil) = (true, Later(), 0);

    private void Close()
    {
        _isOpen = false;
        Array.Clear(_buckets);
    }

    private long Index => time.GetElapsedTime(_origin).Ticks / BucketLength.Ticks;

    private void Count(bool failed)
    {
        long index = Index;
        ref (long Index, int Failed, int Total) bucket = ref _buckets[index % Buckets];
        if (bucket.Index != index)
            bucket = (index, 0, 0);
        bucket.Total++;
        bucket.Failed += failed ? 1 : 0;
    }

    private bool IsTooMuch()
    {
        long oldest = Index - Buckets + 1;
        (int failed, int total) = (0, 0);
        foreach ((long index, int failedThen, int totalThen) in _buckets)
        {
            if (index >= oldest)
                (failed, total) = (failed + failedThen, total + totalThen);
        }

        return total >= MinimumThroughput && failed >= total * FailureRatio;
    }
}
