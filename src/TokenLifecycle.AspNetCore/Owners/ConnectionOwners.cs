using Microsoft.AspNetCore.Http;
using TokenLifecycle.Storage;

namespace TokenLifecycle.AspNetCore;

/// <summary>Whose connection it is: the user who began; else the one whose connection goes to the same account; else whom the app names (incident A).</summary>
internal sealed class ConnectionOwners(IConnections connections, IEnumerable<IConnectionUserResolver> resolvers, TimeProvider time)
{
    private readonly AppDeadline _deadline = new(time);

    /// <summary>Finds the user; <see langword="null"/> if the app knows no user with that account.</summary>
    /// <param name="context">The request of the callback.</param>
    /// <param name="flow">The attempt.</param>
    /// <param name="tokens">What was issued.</param>
    /// <param name="patience">How long the app's resolvers may take together.</param>
    /// <exception cref="Exception">It could not be determined, which does not mean that there is no such user.</exception>
    public async Task<string?> FindAsync(HttpContext context, AuthorizationState flow, TokenSet tokens, TimeSpan patience)
    {
        if (flow.UserId is { } signedIn)
            return signedIn;
        if (tokens.AccountId is not { } account)
            throw new InvalidOperationException($"{flow.Provider} did not state which account was connected. If this continues, check AccountIdFrom, AccountIdPath and UserInfoEndpoint of the provider.");

        // Two users at one account: the account does not identify the user, so only the app can.
        string[] known = [.. (await KeysOfAsync(flow.Provider, account).ConfigureAwait(false)).Select(key => key.UserId).Distinct(StringComparer.Ordinal)];
        if (known.Length == 1)
            return known[0];

        var asked = new ConnectionOwnerContext { HttpContext = context, Provider = flow.Provider, AccountId = account, Captured = tokens.Captured };
        return await _deadline.RunAsync(nameof(IConnectionUserResolver), patience, cancel => AskAsync(asked, cancel)).ConfigureAwait(false);
    }

    /// <summary>The connections that go to the same account as this one (H9).</summary>
    public async Task<IEnumerable<TokenKey>> OthersOfAsync(TokenKey key, string? account) =>
        (await KeysOfAsync(key.Provider, account).ConfigureAwait(false)).Where(other => other != key);

    /// <summary>The connections that go to an account. A store that cannot search knows of none.</summary>
    public async Task<IReadOnlyList<TokenKey>> KeysOfAsync(string provider, string? account) =>
        account is not null ? await connections.FindByAccountAsync(provider, account, tenant: "").ConfigureAwait(false) : [];

    private async Task<string?> AskAsync(ConnectionOwnerContext asked, CancellationToken cancellationToken)
    {
        foreach (IConnectionUserResolver resolver in resolvers)
        {
            if (await resolver.FindOwnerAsync(asked, cancellationToken).ConfigureAwait(false) is { Length: > 0 } found)
                return found;
        }

        return null;
    }
}
