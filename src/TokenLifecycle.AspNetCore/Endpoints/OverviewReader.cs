using Microsoft.Extensions.Options;
using TokenLifecycle.Options;
using TokenLifecycle.Protocol;
using TokenLifecycle.Storage;

namespace TokenLifecycle.AspNetCore;

/// <summary>Counts connections for the operator. Reads rows without secrets, page by page, and at most so many in one request.</summary>
internal sealed class OverviewReader(
    IConnections connections, ITokenManager manager, IRegisteredProviders providers, IOptionsMonitor<OAuthProviderOptions> settings)
{
    private const int PageSize = 200;
    private const int Most = 10_000;
    private const int MostMentions = 100;

    public async Task<Overview> ReadAsync(CancellationToken cancellationToken)
    {
        var all = new List<ProviderOverview>();
        foreach (string provider in providers.Names)
            all.Add(await ReadAsync(provider, cancellationToken).ConfigureAwait(false));
        return new Overview { Providers = all };
    }

    /// <summary>The connections of a user of one tenant to one provider, the default one included even if there is none yet.</summary>
    public async Task<IReadOnlyList<TokenKey>> KeysOfAsync(TokenKey any, CancellationToken cancellationToken)
    {
        TokenKey standard = new TokenKey(any.Provider, any.UserId).In(any.Tenant);
        if (!connections.IsSearchable)
            return [standard];

        // No name of a connection sorts before a space. The list goes through the users of that id in all tenants, who are other users
        // (FS-2).
        List<TokenKey> own = [];
        TokenKey after = new(any.Provider, any.UserId, " ");
        while (own.Count < MostMentions)
        {
            IReadOnlyList<StoredConnection> page = await connections.ListAsync(any.Provider, after, MostMentions).WaitAsync(cancellationToken).ConfigureAwait(false);
            TokenKey[] alike = [.. page.Select(static row => row.Key).TakeWhile(key => string.Equals(key.UserId, any.UserId, StringComparison.Ordinal))];
            own.AddRange(alike.Where(key => string.Equals(key.Tenant, any.Tenant, StringComparison.Ordinal)));
            if (alike.Length < MostMentions)
                break;
            after = alike[^1];
        }

        return own.Count > 0 ? own : [standard];
    }

    private async Task<ProviderOverview> ReadAsync(string provider, CancellationToken cancellationToken)
    {
        var overview = new ProviderOverview { Provider = provider };
        if (!connections.IsSearchable)
        {
            overview.IsCut = true;
            return overview;
        }

        var accounts = new Dictionary<string, ConnectionMention?>(StringComparer.Ordinal);
        TokenKey? after = null;
        while (true)
        {
            IReadOnlyList<StoredConnection> page = await connections.ListAsync(provider, after, PageSize).WaitAsync(cancellationToken).ConfigureAwait(false);
            foreach (StoredConnection row in page)
                await CountAsync(overview, accounts, row, cancellationToken).ConfigureAwait(false);
            if (page.Count < PageSize || overview.Total >= Most)
            {
                overview.IsCut = page.Count == PageSize;
                return overview;
            }

            after = page[^1].Key;
        }
    }

    // The state comes from the one function that decides it, here as everywhere (incident A).
    private async Task CountAsync(ProviderOverview overview, Dictionary<string, ConnectionMention?> accounts, StoredConnection row, CancellationToken cancellationToken)
    {
        ConnectionStatus status = await manager.GetStatusAsync(row.Key, cancellationToken).ConfigureAwait(false);
        overview.Total++;
        overview.States[status.State.ToString()] = overview.States.GetValueOrDefault(status.State.ToString()) + 1;
        if (status.LastFailure is not null)
            overview.Failing++;
        List<ConnectionMention>? list = status.State switch
        {
            TokenState.ReauthorizationRequired => overview.NeedReconnect,
            TokenState.ExpiringSoon or TokenState.Expired => overview.ExpiringSoon,
            _ => null,
        };
        var mention = new ConnectionMention(row.Key.UserId, row.Key.Connection, status.Reason?.ToString(), status.ExpiresAt);
        Mention(list, mention);
        if (row.AccountId is not { } account || !SignInRules.IsProven(settings.Get(row.Key.Provider)) || accounts.TryAdd(account, mention))
            return; // What a browser said about an account shows nothing about others.
        Mention(overview.SharingAccount, accounts[account]);
        accounts[account] = null; // Once is enough.
        Mention(overview.SharingAccount, mention);
    }

    private static void Mention(List<ConnectionMention>? list, ConnectionMention? mention)
    {
        if (list is { Count: < MostMentions } && mention is not null)
            list.Add(mention);
    }
}
