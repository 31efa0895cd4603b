using System.Collections.Concurrent;
using TokenLifecycle.Concurrency;
using TokenLifecycle.State;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Background;

/// <summary>
/// Acquires connections that are due. If the store's response to a call is lost, the call is repeated immediately with the same id, and the
/// store returns the rows of the first call. If that fails too,
/// the next call uses the same id, so that no row waits for its lease to expire.
/// </summary>
internal sealed class DueClaims(StoreAccess store, WorkScheduler work, TimeProvider time)
{
    /// <summary>By provider: the id of a call that may hold leases because its response was lost.</summary>
    private readonly ConcurrentDictionary<string, string> _lost = new(StringComparer.Ordinal);

    public async Task<IReadOnlyList<ClaimedRow>> ClaimAsync(string provider, int limit)
    {
        bool isKnown = _lost.TryRemove(provider, out string? lost);
        string attemptId = lost ?? work.NewId();
        for (bool isRepeated = false; ; isRepeated = true)
        {
            (long, DateTimeOffset) askedAt = (time.GetTimestamp(), time.GetUtcNow());
            try
            {
                IReadOnlyList<StoredToken> rows = await store.ClaimDueAsync(provider, attemptId, limit, isNew: !isKnown && !isRepeated).ConfigureAwait(false);
                return [.. rows.Select(row => new ClaimedRow(row, attemptId, askedAt))];
            }
            catch (Exception) when (!isRepeated)
            {
                // Logged by StoreAccess.
            }
            catch (Exception)
            {
                _lost[provider] = attemptId;
                throw;
            }
        }
    }
}
