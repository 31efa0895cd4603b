using TokenLifecycle.State;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Background;

/// <summary>Counts what is due and takes nothing.</summary>
internal sealed class DueCounter(StoreAccess store, TimeProvider time)
{
    private const int PageSize = 500;

    public async Task CountAsync(string provider, BackgroundRefreshProgress tally, CancellationToken cancellationToken)
    {
        DateTimeOffset now = time.GetUtcNow();
        TokenKey? after = null;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            IReadOnlyList<StoredConnection> page = await store.ListAsync(provider, after, PageSize).ConfigureAwait(false);
            tally.Found(page.Count(row => row.NextRefreshAt <= now && row.Reauthorization is null));
            if (page.Count < PageSize)
                return;
            after = page[^1].Key;
        }
    }
}
