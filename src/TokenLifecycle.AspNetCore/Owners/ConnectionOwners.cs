using Microsoft.AspNetCore.Http;
using TokenLifecycle.Storage;

namespace TokenLifecycle.AspNetCore;

/// <summary>Whose connection it is: the user who began; else the one whose connection goes to the same account; else whom the app names (incident A).</summary>
internal sealed class ConnectionOwners(ITokenStore store, IEnumerable<IConnectionOwnerResolver> resolvers)
{
    public async Task<string?> FindAsync(HttpContext context, FlowState flow, TokenSet tokens)
    {
        if (flow.UserId is { } signedIn)
            return signedIn;
        if (tokens.AccountId is not { } account)
            return null;

        // Two users at one account: the account cannot tell who this is, so only the app may.
        string[] known = [.. (await KeysOfAsync(flow.Provider, account).ConfigureAwait(false)).Select(key => key.UserId).Distinct(StringComparer.Ordinal)];
        if (known.Length == 1)
            return known[0];

        var asked = new ConnectionOwnerContext { HttpContext = context, Provider = flow.Provider, AccountId = account, Captured = tokens.Captured };
        foreach (IConnectionOwnerResolver resolver in resolvers)
        {
            if (await resolver.FindOwnerAsync(asked, CancellationToken.None).ConfigureAwait(false) is { Length: > 0 } found)
                return found;
        }

        return null;
    }

    /// <summary>The connections that go to the same account as this one (H9).</summary>
    public async Task<IEnumerable<TokenKey>> OthersOfAsync(TokenKey key, string? account) =>
        (await KeysOfAsync(key.Provider, account).ConfigureAwait(false)).Where(other => other != key);

    /// <summary>The connections that go to an account. A store that cannot search knows of none.</summary>
    public async Task<IReadOnlyList<TokenKey>> KeysOfAsync(string provider, string? account) =>
        account is not null && store is ISearchableTokenStore searchable
            ? await searchable.FindByAccountAsync(provider, account, CancellationToken.None).ConfigureAwait(false)
            : [];
}
