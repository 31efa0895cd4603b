using TokenLifecycle.Providers;

namespace TokenLifecycle.Background;

/// <summary>Counts the results of the acquired rows; many are in progress at a time.</summary>
internal sealed class BackgroundRefreshProgress
{
    private readonly Lock _lock = new();
    private readonly SortedSet<string> _leftOut = new(StringComparer.Ordinal);
    private int _due;
    private int _refreshed;
    private int _failed;
    private int _reauthorize;
    private int _nothing;
    private int _spread;

    public void Found(int count) => Interlocked.Add(ref _due, count);

    public void Spread() => Interlocked.Increment(ref _spread);

    public void Failed() => Interlocked.Increment(ref _failed);

    public void Nothing() => Interlocked.Increment(ref _nothing);

    public void Ended(RefreshResultKind kind)
    {
        _ = kind switch
        {
            RefreshResultKind.Refreshed => Interlocked.Increment(ref _refreshed),
            RefreshResultKind.Adopted => Interlocked.Increment(ref _nothing),
            RefreshResultKind.Reauthorize => Interlocked.Increment(ref _reauthorize),
            _ => Interlocked.Increment(ref _failed),
        };
    }

    public void LeftOut(string provider)
    {
        lock (_lock)
            _leftOut.Add(provider);
    }

    public RefreshSweepReport ToReport()
    {
        lock (_lock)
        {
            return new RefreshSweepReport
            {
                Due = _due,
                Refreshed = _refreshed,
                Failed = _failed,
                ReauthorizationRequired = _reauthorize,
                NothingToDo = _nothing,
                Spread = _spread,
                ProvidersLeftOut = [.. _leftOut],
            };
        }
    }
}
