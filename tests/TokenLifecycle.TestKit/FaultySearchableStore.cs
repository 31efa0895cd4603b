using TokenLifecycle.Storage;

namespace TokenLifecycle.TestKit;

/// <summary>A <see cref="FaultyStore"/> that can be searched.</summary>
public sealed class FaultySearchableStore(ISearchableTokenStore inner) : FaultyStore(inner), ISearchableTokenStore
{
    private readonly ISearchableTokenStore _inner = inner;

    public Task<IReadOnlyList<StoredToken>> ClaimDueAsync(string provider, string attemptId, int limit, TimeSpan leaseDuration, CancellationToken cancellationToken) =>
        RunAsync("claim", () => _inner.ClaimDueAsync(provider, attemptId, limit, leaseDuration, cancellationToken));

    public Task<IReadOnlyList<TokenKey>> FindByAccountAsync(string provider, string accountId, string? tenant, CancellationToken cancellationToken) =>
        RunAsync("account", () => _inner.FindByAccountAsync(provider, accountId, tenant, cancellationToken));

    public Task<IReadOnlyList<StoredConnection>> ListAsync(string provider, TokenKey? after, int limit, CancellationToken cancellationToken) =>
        RunAsync("list", () => _inner.ListAsync(provider, after, limit, cancellationToken));
}
