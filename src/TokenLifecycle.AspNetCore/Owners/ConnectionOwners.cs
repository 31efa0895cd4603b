using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using TokenLifecycle.Options;
using TokenLifecycle.Protocol;
using TokenLifecycle.Storage;

namespace TokenLifecycle.AspNetCore;

/// <summary>
/// Whose connection it is: the user who began; else the one whose connection may sign in by the same account; else whom the app finds;
/// else whom it creates (incident A).
/// </summary>
internal sealed class ConnectionOwners(
    IConnections connections,
    IEnumerable<IConnectionUserResolver> resolvers,
    IEnumerable<IConnectionUserCreator> creators,
    FirstSignIns firstSignIns,
    IOptionsMonitor<OAuthProviderOptions> providers,
    TimeProvider time)
{
    private readonly AppDeadline _deadline = new(time);

    /// <summary>Finds the user; <see langword="null"/> if the app knows no user with that account.</summary>
    /// <param name="context">The request of the callback.</param>
    /// <param name="flow">The attempt.</param>
    /// <param name="tokens">What was issued.</param>
    /// <param name="options">The provider's settings.</param>
    /// <param name="patience">How long the app's resolvers may take together.</param>
    /// <exception cref="Exception">It could not be determined, which does not mean that there is no such user.</exception>
    public async Task<string?> FindAsync(HttpContext context, AuthorizationState flow, TokenSet tokens, OAuthProviderOptions options, TimeSpan patience)
    {
        if (flow.UserId is { } signedIn)
            return signedIn;

        // FS-3: settings may have changed since the start.
        if (SignInRules.ProblemOf(options) is { } problem)
            throw new InvalidOperationException($"{flow.Provider} can't sign users in: it {problem.Problem}. {problem.Remedy}.");
        if (tokens.AccountId is not { } account || SignInRules.IssuerOf(options) is not { } issuer)
            throw new InvalidOperationException($"{flow.Provider} did not state which account was connected. If this continues, check AccountIdFrom, AccountIdPath and UserInfoEndpoint of the provider.");

        // Two users at one account: the account does not identify the user, so only the app can.
        string[] known = await UsersOfAsync(flow.Provider, account, flow.Tenant ?? "", options).ConfigureAwait(false);
        if (known.Length == 1)
            return known[0];

        var asked = new ConnectionOwnerContext { HttpContext = context, Tenant = flow.Tenant ?? "", Provider = flow.Provider, AccountId = account, Captured = tokens.Captured };
        string? found = await AskAsync(asked, patience).ConfigureAwait(false);
        if (found is not null || known.Length > 0 || !creators.Any())
            return found;
        return await firstSignIns.CreateOnceAsync(RequestHash.OfAccount(flow.Tenant, flow.Provider, issuer, account), patience, () => CreateAsync(asked, options, patience)).ConfigureAwait(false);
    }

    /// <summary>
    /// The other connections that go to the same account (H9). What the browser said about an account shows nothing about others
    /// (FS-3).
    /// </summary>
    public async Task<IEnumerable<TokenKey>> OthersOfAsync(TokenKey key, string? account) =>
        SignInRules.IsProven(providers.Get(key.Provider)) ? (await KeysOfAsync(key.Provider, account, key.Tenant).ConfigureAwait(false)).Where(other => other != key) : [];

    /// <summary>
    /// The connections that go to an account, or are said to, in one tenant or, with null, in all. A store that cannot search knows of
    /// none.
    /// </summary>
    public async Task<IReadOnlyList<TokenKey>> KeysOfAsync(string provider, string? account, string? tenant) =>
        account is not null ? await connections.FindByAccountAsync(provider, account, tenant).ConfigureAwait(false) : [];

    /// <summary>The users who may sign in by an account (FS-5).</summary>
    private async Task<string[]> UsersOfAsync(string provider, string account, string tenant, OAuthProviderOptions options)
    {
        var users = new HashSet<string>(StringComparer.Ordinal);
        foreach (TokenKey key in await KeysOfAsync(provider, account, tenant).ConfigureAwait(false))
        {
            if (await connections.FindAsync(key).ConfigureAwait(false) is { } row
                && string.Equals(row.Tokens.AccountId, account, StringComparison.Ordinal)
                && SignInRules.IsVouchedFor(options, row.Tokens))
            {
                users.Add(key.UserId);
            }
        }

        return [.. users];
    }

    /// <summary>Looks once more, because another sign-in may have been faster.</summary>
    private async Task<string?> CreateAsync(ConnectionOwnerContext asked, OAuthProviderOptions options, TimeSpan patience)
    {
        string[] known = await UsersOfAsync(asked.Provider, asked.AccountId, asked.Tenant, options).ConfigureAwait(false);
        if (known.Length > 0)
            return known.Length == 1 ? known[0] : null;
        if (await AskAsync(asked, patience).ConfigureAwait(false) is { } found)
            return found;
        return await _deadline.RunAsync(nameof(IConnectionUserCreator), patience, async cancel =>
        {
            foreach (IConnectionUserCreator creator in creators)
            {
                if (await creator.CreateUserAsync(asked, cancel).ConfigureAwait(false) is { Length: > 0 } created)
                    return created;
            }

            return null;
        }).ConfigureAwait(false);
    }

    private Task<string?> AskAsync(ConnectionOwnerContext asked, TimeSpan patience) => _deadline.RunAsync(nameof(IConnectionUserResolver), patience, async cancel =>
    {
        foreach (IConnectionUserResolver resolver in resolvers)
        {
            if (await resolver.FindOwnerAsync(asked, cancel).ConfigureAwait(false) is { Length: > 0 } found)
                return found;
        }

        return null;
    });
}
