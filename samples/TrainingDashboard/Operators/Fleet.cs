using TokenLifecycle;
using TokenLifecycle.Storage;

namespace TrainingDashboard.Operators;

/// <summary>Reads the connections of all users, without secrets, page by page.</summary>
internal sealed class Fleet(ITokenStore store, ITokenManager tokens, IRegisteredProviders providers)
{
    private const int PageSize = 200;
    private const int Most = 5000;

    public async Task<IReadOnlyList<ConnectionStatus>> ReadAsync(CancellationToken cancellationToken)
    {
        List<ConnectionStatus> all = [];
        if (store is not ISearchableTokenStore searchable)
            return all;

        foreach (string provider in providers.Names)
        {
            IReadOnlyList<StoredConnection> page = [];
            do
            {
                page = await searchable.ListAsync(provider, page.Count == 0 ? null : page[^1].Key, PageSize, cancellationToken);
                foreach (StoredConnection row in page)
                    all.Add(await tokens.GetStatusAsync(row.Key, cancellationToken));
            }
            while (page.Count == PageSize && all.Count < Most);
        }

        return all;
    }
}
