using TokenLifecycle;

namespace TrainingDashboard.Operators;

/// <summary>Counts successful and failed refreshes in intervals of ten seconds, for the last ten minutes of this process.</summary>
internal sealed class RefreshHistory(TimeProvider time) : ITokenLifecycleObserver
{
    public const int Slices = 60;
    public static readonly TimeSpan Slice = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly Dictionary<long, RefreshCount> _counts = [];

    public ValueTask OnEventAsync(TokenEvent tokenEvent, CancellationToken cancellationToken)
    {
        if (tokenEvent.Kind is TokenEventKind.Refreshed or TokenEventKind.RefreshFailed or TokenEventKind.ReauthorizationRequired)
        {
            long slice = SliceOf(tokenEvent.At);
            bool isGood = tokenEvent.Kind == TokenEventKind.Refreshed;
            lock (_lock)
            {
                RefreshCount before = _counts.GetValueOrDefault(slice, new RefreshCount(0, 0));
                _counts[slice] = isGood ? before with { Succeeded = before.Succeeded + 1 } : before with { Failed = before.Failed + 1 };
                foreach (long old in _counts.Keys.Where(key => key <= slice - Slices).ToArray())
                    _counts.Remove(old);
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Returns the counts, the oldest interval first.</summary>
    public IReadOnlyList<RefreshCount> Read()
    {
        long now = SliceOf(time.GetUtcNow());
        lock (_lock)
            return [.. Enumerable.Range(0, Slices).Select(i => _counts.GetValueOrDefault(now - Slices + 1 + i, new RefreshCount(0, 0)))];
    }

    private static long SliceOf(DateTimeOffset at) => at.ToUnixTimeSeconds() / (long)Slice.TotalSeconds;
}
