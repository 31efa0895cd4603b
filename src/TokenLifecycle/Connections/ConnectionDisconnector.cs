using Microsoft.Extensions.Logging;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Notifications;
using TokenLifecycle.Options;
using TokenLifecycle.Providers;
using TokenLifecycle.Refresh;
using TokenLifecycle.State;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Connections;

/// <summary>Ends a connection: stop using it, revoke it, delete it. The only place that deletes.</summary>
internal sealed class ConnectionDisconnector(
    StoreAccess store,
    TokenCache cache,
    PendingSaveQueue persistence,
    GrantRevoker revoker,
    RefreshCoordinator flights,
    ConnectionEvaluator book,
    ProviderRegistry providers,
    TokenEventDispatcher events,
    ILogger<ITokenManager> logger)
{
    public async Task<RevocationOutcome> EndAsync(TokenKey key, OAuthProviderOptions provider)
    {
        PendingSave? held = null;
        try
        {
            // What waits to be saved goes on waiting until the row is deleted: if that fails it is still the only copy.
            StoredToken? row = persistence.Find(key) ?? await FindAsync(key).ConfigureAwait(false);

            RevocationOutcome outcome = RevocationOutcome.NotConnected;
            if (row is not null)
            {
                row = await ProvableAsync(row, provider).ConfigureAwait(false);
                outcome = await revoker.RevokeAsync(key, provider, row.Tokens).ConfigureAwait(false);
            }

            held = await persistence.HoldAsync(key).ConfigureAwait(false);
            DeleteResult deleted = await store.DeleteAsync(key).ConfigureAwait(false);

            // A refresh that was in progress may have received a newer pair in between, stored or still in memory: that one is live, and
            // goes too.
            StoredToken? unsaved = persistence.Forget(key);
            if ((unsaved ?? deleted.Deleted) is { } last && (row is null || IsNewer(last, row, unsaved is not null)))
                outcome = await revoker.RevokeAsync(key, provider, last.Tokens).ConfigureAwait(false);
            else if (deleted is { Existed: true, Deleted: null } && row is null)
                outcome = RevocationOutcome.Failed;

            cache.End(key, Math.Max(row?.Version ?? 0, deleted.Deleted?.Version ?? 0));
            if (outcome != RevocationOutcome.NotConnected || deleted.Existed)
            {
                providers.GateOf(key.Provider).Evidence.Decided(key); // By the user.
                Log.Disconnected(logger, key, outcome);
                events.Raise(TokenEventKind.Disconnected, key);
            }

            return outcome;
        }
        catch (Exception failure) when (failure is not TokenException)
        {
            throw new TokenTemporarilyUnavailableException(key, TokenFailureKind.StoreUnavailable, TimeSpan.FromSeconds(5), failure);
        }
        finally
        {
            held?.Release();
        }
    }

    /// <summary>
    /// An older one is not revoked as well: it is spent, and a provider that wants a live token as proof would answer that the disconnect
    /// failed.
    /// </summary>
    private static bool IsNewer(StoredToken last, StoredToken revoked, bool isUnsaved) =>
        !last.HoldsSameTokens(revoked) && (isUnsaved || last.Version > revoked.Version);

    /// <summary>
    /// The row; null if there is none, or if it cannot be read: it can be deleted all the same, for the user asked for that.
    /// </summary>
    private async Task<StoredToken?> FindAsync(TokenKey key)
    {
        try
        {
            return await store.FindAsync(key).ConfigureAwait(false);
        }
        catch (UnreadableTokenException)
        {
            return null;
        }
    }

    /// <summary>
    /// The row to revoke: a provider that takes the access token as proof needs a valid one, so an expired one is refreshed first.
    /// </summary>
    private async Task<StoredToken> ProvableAsync(StoredToken row, OAuthProviderOptions provider)
    {
        if (provider is not { Revocation: RevocationStyle.BearerToken, RevocationEndpoint: not null } || book.VerdictOf(row, provider).State != TokenState.Expired)
            return row;

        RefreshResult refreshed = await flights.RunAsync(row.Key, provider, RefreshDemand.ByPlan).ConfigureAwait(false);
        return refreshed is { IsSuccess: true, Row: { } newer } ? newer : row;
    }
}
