using Microsoft.Extensions.Logging;
using TokenLifecycle.Protocol;
using TokenLifecycle.Storage;

namespace TokenLifecycle.AspNetCore;

/// <summary>
/// Revokes the tokens of an attempt that was refused after the exchange; but many providers revoke the whole grant of the account with it
/// (RV-4), so not if a
/// connection lives on that grant.
/// </summary>
internal sealed class OrphanedTokenRevoker(IAuthorizationCodeFlow protocol, ConnectionOwners owners, ILogger<ConnectionFlow> logger)
{
    /// <summary>Never throws: the user is notified of the failure that led here, whatever the result is.</summary>
    public async Task GiveBackAsync(string provider, TokenSet tokens, StoredToken? old)
    {
        try
        {
            bool isOldAccount = old is not null && (tokens.AccountId is null || old.Tokens.AccountId is null || old.Tokens.AccountId == tokens.AccountId);
            if (!isOldAccount && !await IsConnectedAsync(provider, tokens.AccountId).ConfigureAwait(false))
                WebLog.GivenBack(logger, provider, await protocol.GiveBackAsync(provider, tokens, CancellationToken.None).ConfigureAwait(false));
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            WebLog.ConnectBroke(logger, failure, provider);
        }
    }

    private async Task<bool> IsConnectedAsync(string provider, string? account)
    {
        try
        {
            return (await owners.KeysOfAsync(provider, account, tenant: null).ConfigureAwait(false)).Count > 0;
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // If it is unknown, a connection that may work is not revoked.
            return true;
        }
    }
}
