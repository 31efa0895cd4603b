namespace TokenLifecycle.AspNetCore;

/// <summary>
/// Reports whose accounts have not been looked for yet. Anybody can send them, so there is a bound. Beyond it none is refused: the oldest
/// of the provider with the most gives way, so that a flood at one webhook displaces itself.
/// </summary>
internal sealed class WaitingReports : IDisposable
{
    public const int Most = 1000;

    private readonly Lock _lock = new();
    private readonly LinkedList<WithdrawalReport> _inOrder = [];
    private readonly HashSet<WithdrawalReport> _waiting = [];
    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _arrived = new(0);

    public int Count
    {
        get
        {
            lock (_lock)
                return _inOrder.Count;
        }
    }

    /// <summary>Adds a report, unless it waits already.</summary>
    public void Add(WithdrawalReport report)
    {
        lock (_lock)
        {
            if (!_waiting.Add(report))
                return;
            _inOrder.AddLast(report);
            _counts[report.Provider] = _counts.GetValueOrDefault(report.Provider) + 1;
            if (_inOrder.Count > Most)
            {
                string greediest = _counts.MaxBy(static count => count.Value).Key;
                LinkedListNode<WithdrawalReport> oldest = _inOrder.First!;
                while (oldest.Value.Provider != greediest)
                    oldest = oldest.Next!;
                Remove(oldest);
                return;
            }
        }

        _arrived.Release();
    }

    /// <summary>Takes the report that has waited longest, and waits for one if there is none.</summary>
    public async Task<WithdrawalReport> TakeAsync(CancellationToken cancellationToken)
    {
        await _arrived.WaitAsync(cancellationToken).ConfigureAwait(false);
        lock (_lock)
        {
            WithdrawalReport first = _inOrder.First!.Value;
            Remove(_inOrder.First);
            return first;
        }
    }

    public void Dispose() => _arrived.Dispose();

    private void Remove(LinkedListNode<WithdrawalReport> report)
    {
        _inOrder.Remove(report);
        _waiting.Remove(report.Value);
        if (--_counts[report.Value.Provider] == 0)
            _counts.Remove(report.Value.Provider);
    }
}
