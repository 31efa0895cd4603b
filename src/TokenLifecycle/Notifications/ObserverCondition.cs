using System.Globalization;

namespace TokenLifecycle.Notifications;

/// <summary>Tracks whether an observer returns and handles its events, for the health check.</summary>
internal sealed class ObserverCondition(string name, TimeProvider time)
{
    /// <summary>The number of consecutive failures that makes the health check Degraded.</summary>
    private const int FailuresBeforeDegraded = 3;

    private readonly Lock _lock = new();
    private DateTimeOffset? _stuckSince;
    private DateTimeOffset? _failingSince;
    private int _failures;

    /// <summary>Whether a call has not returned by its deadline.</summary>
    public bool IsStuck
    {
        get
        {
            lock (_lock)
                return _stuckSince is not null;
        }
    }

    /// <summary>What is wrong with the observer; null if nothing is.</summary>
    public string? Problem
    {
        get
        {
            lock (_lock)
            {
                if (_stuckSince is { } stuck)
                    return string.Create(CultureInfo.InvariantCulture, $"The observer {name} has not returned since {stuck:u} and gets no further events until it returns. Make it observe its cancellation token, and do not block its thread.");
                return _failures >= FailuresBeforeDegraded
                    ? string.Create(CultureInfo.InvariantCulture, $"The observer {name} has failed {_failures} times in a row since {_failingSince:u}. See the log for its exceptions.")
                    : null;
            }
        }
    }

    /// <summary>Records that a call that began this long ago has not returned.</summary>
    public void Stuck(TimeSpan ago)
    {
        lock (_lock)
            _stuckSince = time.GetUtcNow() - ago;
    }

    public void Returned()
    {
        lock (_lock)
            _stuckSince = null;
    }

    public void Took()
    {
        lock (_lock)
            (_failures, _failingSince) = (0, null);
    }

    public void Failed()
    {
        lock (_lock)
        {
            _failures++;
            _failingSince ??= time.GetUtcNow();
        }
    }
}
