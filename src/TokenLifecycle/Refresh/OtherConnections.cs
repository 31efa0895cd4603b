using TokenLifecycle.Providers;
using TokenLifecycle.State;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Refresh;

/// <summary>
/// Finds out whether a provider has another working connection, which could show whether a refusal is about one connection or the client.
/// </summary>
internal sealed class OtherConnections(StoreAccess store)
{
    private const int PageSize = 100;

    /// <summary>The number of pages after which another working connection is assumed: holding a decision back loses nothing.</summary>
    private const int MostPages = 10;

    /// <summary>
    /// Returns whether the provider has another connection that is refreshed. If the store can only look up keys, the connections that this
    /// process was asked for count.
    /// </summary>
    public async Task<bool> ExistAsync(TokenKey key, ProviderCircuit gate)
    {
        if (gate.Evidence.HasSeenOthers(key) && !store.IsSearchable)
            return true;
        if (!store.IsSearchable)
            return false;

        try
        {
            TokenKey? after = null;
            for (int page = 0; page < MostPages; page++)
            {
                IReadOnlyList<StoredConnection> rows = await store.ListAsync(key.Provider, after, PageSize).ConfigureAwait(false);
                if (rows.Any(row => row.Key != key && row is { IsUnreadable: false, Reauthorization: null }))
                    return true;
                if (rows.Count < PageSize)
                    return false;
                after = rows[^1].Key;
            }

            return true;
        }
        catch (Exception)
        {
            return true; // Logged by StoreAccess.
        }
    }
}
