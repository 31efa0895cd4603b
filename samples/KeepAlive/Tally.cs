using System.Collections.Concurrent;
using TokenLifecycle;

namespace KeepAlive;

/// <summary>Counts the program's calls, and counts refreshes and reconnects as an observer.</summary>
internal sealed class Tally : ITokenLifecycleObserver
{
    private readonly ConcurrentDictionary<string, int> _refreshes = new(StringComparer.Ordinal);
    private int _calls;
    private int _failedCalls;
    private int _reauthorizations;

    public int Calls => _calls;

    public int FailedCalls => _failedCalls;

    public int Reauthorizations => _reauthorizations;

    public int Refreshes => _refreshes.Values.Sum();

    public string? LastProblem { get; private set; }

    public int RefreshesOf(string provider) => _refreshes.GetValueOrDefault(provider);

    public void Called() => Interlocked.Increment(ref _calls);

    public void Failed(string problem)
    {
        Interlocked.Increment(ref _calls);
        Interlocked.Increment(ref _failedCalls);
        LastProblem = problem;
    }

    public ValueTask OnEventAsync(TokenEvent tokenEvent, CancellationToken cancellationToken)
    {
        if (tokenEvent.Kind == TokenEventKind.Refreshed)
            _refreshes.AddOrUpdate(tokenEvent.Provider, 1, (_, count) => count + 1);
        else if (tokenEvent.Kind == TokenEventKind.ReauthorizationRequired)
            Interlocked.Increment(ref _reauthorizations);
        return default;
    }
}
