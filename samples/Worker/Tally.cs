using TokenLifecycle;

namespace Worker;

/// <summary>Counts the job's passes, and counts refreshes and reconnects as an observer.</summary>
internal sealed class Tally : ITokenLifecycleObserver
{
    private int _refreshes;
    private int _reauthorizations;

    public int Passes { get; set; }

    public int Calls { get; set; }

    public int FailedCalls { get; set; }

    /// <summary>The number of calls for which no token was available. The next pass makes them.</summary>
    public int PostponedCalls { get; set; }

    public int Refreshes => _refreshes;

    public int Reauthorizations => _reauthorizations;

    public ValueTask OnEventAsync(TokenEvent tokenEvent, CancellationToken cancellationToken)
    {
        if (tokenEvent.Kind == TokenEventKind.Refreshed)
            Interlocked.Increment(ref _refreshes);
        else if (tokenEvent.Kind == TokenEventKind.ReauthorizationRequired)
            Interlocked.Increment(ref _reauthorizations);
        return default;
    }
}
