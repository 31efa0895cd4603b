using TokenLifecycle.Options;
using TokenLifecycle.Providers;
using TokenLifecycle.State;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Connections;

/// <inheritdoc cref="IConnections"/>
internal sealed class ConnectionDirectory(StoreAccess store, ProviderRegistry providers, ConnectionWriter saver, ConnectionEvaluator book) : IConnections
{
    public Task<StoredToken?> FindAsync(TokenKey key) => store.FindAsync(key);

    public Task<IReadOnlyList<TokenKey>> FindByAccountAsync(string provider, string accountId, string? tenant) =>
        store.FindByAccountAsync(provider, accountId, tenant);

    public bool IsSearchable => store.IsSearchable;

    public Task<IReadOnlyList<StoredConnection>> ListAsync(string provider, TokenKey? after, int limit) => store.ListAsync(provider, after, limit);

    public INewConnection Begin(string provider) => new NewConnection(saver, providers.OptionsOf(provider), book.Options);

    private sealed class NewConnection(ConnectionWriter saver, OAuthProviderOptions provider, TokenLifecycleOptions options) : INewConnection
    {
        public Task SaveAsync(TokenKey key, TokenSet tokens, StoredToken? before) => saver.SaveAsync(key, tokens, provider, options, before);
    }
}
