namespace TokenLifecycle.AspNetCore;

/// <summary>
/// How often reports from outside may lead to a refresh: so many a minute for each provider, and one in five minutes for each account.
/// </summary>
internal sealed class CheckBudget(TimeProvider time)
{
    public const int PerMinute = 60;
    private const int MostAccounts = 10_000;

    public static readonly TimeSpan Spacing = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Step = TimeSpan.FromMinutes(1) / PerMinute;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, DateTimeOffset> _freeAt = new(StringComparer.Ordinal);
    private readonly Dictionary<WithdrawalReport, DateTimeOffset> _checkedAt = [];
    private readonly Queue<WithdrawalReport> _inOrder = new();

    /// <summary>Returns zero if the account may be checked now, which counts; else how long to wait.</summary>
    public TimeSpan WaitFor(WithdrawalReport report)
    {
        lock (_lock)
        {
            DateTimeOffset now = time.GetUtcNow();
            if (_checkedAt.TryGetValue(report, out DateTimeOffset before) && now - before is var since && since < Spacing && since >= TimeSpan.Zero)
                return Spacing - since;

            // A minute's worth may be spent at once; what is spent comes back step by step.
            DateTimeOffset spent = _freeAt.GetValueOrDefault(report.Provider, now);
            if (spent < now)
                spent = now;
            if (spent - now > TimeSpan.FromMinutes(1) - Step)
                return spent - now - (TimeSpan.FromMinutes(1) - Step);
            _freeAt[report.Provider] = spent + Step;
            Remember(report, now);
            return TimeSpan.Zero;
        }
    }

    private void Remember(WithdrawalReport report, DateTimeOffset now)
    {
        if (!_checkedAt.ContainsKey(report))
            _inOrder.Enqueue(report);
        _checkedAt[report] = now;
        while (_inOrder.Count > MostAccounts)
            _checkedAt.Remove(_inOrder.Dequeue());
    }
}
