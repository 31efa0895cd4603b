using TokenLifecycle.Concurrency;

namespace TokenLifecycle.Background;

/// <summary>
/// So many refreshes at a time: one room for each provider, so that a slow one takes no place from others, and one for all.
/// </summary>
internal sealed class RefreshLimiter(WorkScheduler work, int size)
{
    public int Size { get; } = size;

    private AsyncSemaphore Places { get; } = new(work, size);

    /// <summary>Waits for <paramref name="least"/> places and takes up to <paramref name="most"/>.</summary>
    public async Task<int> TakeAsync(int least, int most, CancellationToken cancellationToken)
    {
        int taken = 0;
        try
        {
            for (; taken < least; taken++)
                await Places.TakeAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            Release(taken);
            throw;
        }

        return taken + TryTake(most - taken);
    }

    /// <summary>Takes what is free at once, up to <paramref name="most"/>.</summary>
    public int TryTake(int most)
    {
        int taken = 0;
        while (taken < most && Places.TryTake())
            taken++;
        return taken;
    }

    public void Release(int places)
    {
        Places.Release(places);
    }
}
