using TokenLifecycle.Storage;

namespace TokenLifecycle.Lifecycle;

/// <summary>Finds out whether a provider has another living connection, which could show whether a refusal is one connection's or the client's.</summary>
internal sealed class OtherConnections(StoreAccess store)
{
    private const int PageSize = 100;

    /// <summary>Beyond so many pages of connections that wait for their users it is assumed that one is alive: a decision that is held back loses nothing.</summary>
    private const int MostPages = 10;

    /// <summary>Whether the provider has another connection that is refreshed. A store that can only look up keys cannot tell; then what this process was asked for counts.</summary>
    public async Task<bool> ExistAsync(TokenKey key, ProviderGate gate)
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
