namespace TokenLifecycle.Background;

/// <summary>Places that were taken for one batch.</summary>
internal sealed class RefreshPermits(RefreshLimiter room, RefreshLimiter all, RefreshRate pace, int count) : IDisposable
{
    private int _unused = count;

    public int Count { get; } = count;

    /// <summary>Hands one place to a piece of work.</summary>
    /// <returns>Releases it, once.</returns>
    public Action Use()
    {
        _unused--;
        int isLeft = 0;
        return () =>
        {
            if (Interlocked.Exchange(ref isLeft, 1) == 0)
                Release(1);
        };
    }

    /// <summary>Releases what was not handed on.</summary>
    public void Dispose()
    {
        pace.Return(_unused);
        Release(_unused);
        _unused = 0;
    }

    private void Release(int places)
    {
        room.Release(places);
        all.Release(places);
    }
}
