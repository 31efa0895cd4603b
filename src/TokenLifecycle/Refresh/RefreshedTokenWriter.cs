using Microsoft.Extensions.Logging;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Notifications;
using TokenLifecycle.Options;
using TokenLifecycle.Providers;
using TokenLifecycle.State;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Refresh;

/// <summary>
/// Publishes what a refresh has saved, uses a newer row of another process instead, revokes tokens whose connection is gone, and releases
/// the lease.
/// </summary>
internal sealed class RefreshedTokenWriter(
    StoreAccess store,
    PendingSaveQueue persistence,
    ConnectionEvaluator book,
    UnsettledAttempts unsettled,
    GrantRevoker revoker,
    TokenEventDispatcher events,
    ILogger<ITokenManager> logger)
{
    /// <summary>
    /// Law 4: saved, or waiting to be saved, and only then published. A12: a conflicting row is newer and is used instead.
    /// </summary>
    public async Task<RefreshResult> PublishAsync(RefreshAttempt attempt, StoredToken row, SaveResult? saved)
    {
        if (saved is null)
        {
            // Disconnected here while the request was in progress: then there is nothing to save either, whenever the store returns.
            if (book.Publish(row, attempt.Provider, attempt.IsForced, received: true) is null && attempt.Row is not null)
            {
                persistence.Forget(attempt.Key);
                return await GiveBackAsync(attempt, row).ConfigureAwait(false);
            }

            events.Raise(TokenEventKind.SaveDelayed, attempt.Key);
            return RefreshResult.Refreshed(row);
        }

        if (saved.IsSaved)
        {
            StoredToken stored = saved.Token!;
            book.Publish(stored, attempt.Provider, attempt.IsForced, received: true);
            if (stored.Failure is null)
            {
                Log.Refreshed(logger, attempt.Key, stored.Tokens.ExpiresAt);
                events.Raise(TokenEventKind.Refreshed, attempt.Key);
            }

            return RefreshResult.Refreshed(stored);
        }

        if (saved.Token is { } current)
        {
            book.Publish(current, attempt.Provider);
            Log.Adopted(logger, attempt.Key);
            return RefreshResult.Adopted(current);
        }

        return await GiveBackAsync(attempt, row).ConfigureAwait(false);
    }

    /// <summary>Completes a delayed save.</summary>
    public async Task OnSettledAsync(RefreshAttempt attempt, StoredToken row, SaveResult settled)
    {
        if (settled.Token is { } stored)
            book.Publish(stored, attempt.Provider);
        else
            await GiveBackAsync(attempt, row).ConfigureAwait(false);
        if (settled.IsSaved)
            events.Raise(TokenEventKind.Refreshed, attempt.Key);
    }

    /// <summary>Disconnected meanwhile (B10, RV-3): the row stays deleted, and the tokens that were just issued are revoked.</summary>
    private async Task<RefreshResult> GiveBackAsync(RefreshAttempt attempt, StoredToken row)
    {
        book.Drop(row);
        await revoker.RevokeAsync(attempt.Key, attempt.Provider, row.Tokens).ConfigureAwait(false);
        return RefreshResult.Reauthorize(ReauthorizationReason.NotConnected);
    }

    /// <summary>What is stored instead of the row that this attempt was about; null if that row is still the stored one.</summary>
    public async Task<RefreshResult?> FindNewerAsync(RefreshAttempt attempt)
    {
        StoredToken? current = await store.FindAsync(attempt.Key).ConfigureAwait(false);
        if (current is null)
            return RefreshResult.Reauthorize(ReauthorizationReason.NotConnected);
        if (current.Version == attempt.Row!.Version)
            return null;

        return Adopt(current, attempt.Provider);
    }

    /// <summary>Uses the row that another process has stored.</summary>
    public RefreshResult Adopt(StoredToken current, OAuthProviderOptions provider)
    {
        book.Publish(current, provider);
        Log.Adopted(logger, current.Key);
        return current.Reauthorization is { } reason ? RefreshResult.Reauthorize(reason, current) : RefreshResult.Adopted(current);
    }

    /// <summary>Publishes and reports a remembered row that replaced an older one in a store that went back in time.</summary>
    public void ReportRestored(StoredToken restored, OAuthProviderOptions provider)
    {
        book.Restore(restored, provider);
        Log.StoreWentBack(logger, restored.Key);
    }

    /// <summary>Gives the lease back, and the intent with it, for nothing was sent.</summary>
    /// <param name="attempt">The attempt.</param>
    /// <param name="nextRefreshAt">When to look again; null leaves the stored time.</param>
    public Task GiveUpAsync(RefreshAttempt attempt, DateTimeOffset? nextRefreshAt = null) =>
        TryEndAsync(attempt, new RefreshCompletion { RefreshTokenNotUsed = true, NextRefreshAt = nextRefreshAt });

    /// <summary>Releases the lease. If the store cannot be reached, it expires.</summary>
    /// <returns>Whether it was recorded; null if that is unknown.</returns>
    public async Task<bool?> TryEndAsync(RefreshAttempt attempt, RefreshCompletion ending)
    {
        if (attempt is not { AttemptId: { } attemptId, Row: { } row })
            return null;
        if (attempt.WasSentBefore)
            ending = ending with { RefreshTokenNotUsed = false }; // The intent counts the earlier request, whatever the outcome of this one is.

        try
        {
            return await store.CompleteRefreshAsync(attempt.Key, attemptId, row.Version, ending).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Logged by StoreAccess. This process may still hold the lease: the next attempt continues this one.
            unsettled.Add(attempt.Key, attemptId, wasSent: !ending.RefreshTokenNotUsed);
            return null;
        }
    }
}
