using Microsoft.Extensions.Logging;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Notifications;
using TokenLifecycle.Options;
using TokenLifecycle.Providers;
using TokenLifecycle.Refresh;
using TokenLifecycle.State;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Connections;

/// <summary>
/// Stores the tokens of a user who has just connected. What was stored before is replaced by a success only, never by a failure.
/// </summary>
internal sealed class ConnectionWriter(
    StoreAccess store,
    PendingSaveQueue persistence,
    GrantRevoker revoker,
    TokenCache cache,
    ConnectionEvaluator book,
    RefreshSchedule plan,
    TokenEventDispatcher events,
    TimeProvider time,
    ILogger<ITokenManager> logger)
{
    private const int Tries = 5;
    private static readonly TimeSpan StorePause = TimeSpan.FromSeconds(5);

    /// <summary>Saves tokens that the app has exchanged itself.</summary>
    public async Task SaveAsync(TokenKey key, TokenSet tokens, OAuthProviderOptions provider)
    {
        TokenSetCheck.ThrowIfUnusable(key, tokens);
        TokenLifecycleOptions options = book.Options;
        StoredToken? before = null;
        try
        {
            await store.MeasureClockAsync().ConfigureAwait(false);
            before = persistence.Find(key) ?? await store.FindAsync(key).ConfigureAwait(false);
        }
        catch (UnreadableTokenException unreadable)
        {
            throw Unreadable(key, unreadable);
        }
        catch (Exception)
        {
            // Reported by StoreAccess. What is stored is seen when the store answers the save; until then the tokens are kept, for they may
            // exist nowhere else.
        }

        await SaveAsync(key, tokens, provider, options, before).ConfigureAwait(false);
    }

    /// <summary>
    /// Saves new tokens over the row that was read before they came. Reads no settings and no rows: until the tokens are saved, or kept,
    /// nothing else can fail (docs/adr/0020).
    /// </summary>
    public async Task SaveAsync(TokenKey key, TokenSet tokens, OAuthProviderOptions provider, TokenLifecycleOptions options, StoredToken? before)
    {
        TokenSetCheck.ThrowIfUnusable(key, tokens);
        await SaveOverAsync(key, tokens, provider, options, persistence.Find(key) ?? before, time.GetUtcNow(), isLate: false).ConfigureAwait(false);
    }

    private async Task SaveOverAsync(TokenKey key, TokenSet tokens, OAuthProviderOptions provider, TokenLifecycleOptions options, StoredToken? current, DateTimeOffset receivedAt, bool isLate)
    {
        for (int attempt = 1; attempt <= Tries; attempt++)
        {
            StoredToken row = NewRow(key, tokens, current, provider, options, receivedAt);
            SpanTime begun = SpanTime.Begin();
            SaveResult? result;
            try
            {
                result = await persistence.SaveGrantAsync(row, current, options.SaveTimeout, settled => OnSettledAsync(row, provider, options, settled)).ConfigureAwait(false);
            }
            catch (UnreadableTokenException unreadable)
            {
                store.ReportFailedSave(key, unreadable, begun);
                throw Unreadable(key, unreadable);
            }

            if (result is null)
            {
                Publish(row, provider, options);
                events.Raise(TokenEventKind.SaveDelayed, key);
                return;
            }

            if (result.IsSaved)
            {
                persistence.Forget(key);
                Connected(result.Token!, provider, options);
                return;
            }

            if (isLate && result.Token is null)
            {
                await GiveBackAsync(row, provider).ConfigureAwait(false);
                return;
            }

            // A refresh was stored in between. What the user has just done counts, so that is replaced.
            current = result.Token;
        }

        throw new TokenTemporarilyUnavailableException(
            key, TokenFailureKind.StoreUnavailable, StorePause, new InvalidOperationException($"{key.ToRedactedString()}: the row changed {Tries} times while it was being saved."));
    }

    /// <summary>Completes a delayed save. What is stored instead stays if it is newer than what the user has done.</summary>
    private async Task OnSettledAsync(StoredToken row, OAuthProviderOptions provider, TokenLifecycleOptions options, SaveResult settled)
    {
        if (settled.IsSaved)
        {
            Connected(settled.Token!, provider, options);
        }
        else if (settled.Token is not { } stored)
        {
            await GiveBackAsync(row, provider).ConfigureAwait(false);
        }
        else if (stored.ReceivedAt < row.ReceivedAt && !IsOtherAccount(stored, row.Tokens))
        {
            await SaveOverAsync(row.Key, row.Tokens, provider, options, stored, row.ReceivedAt, isLate: true).ConfigureAwait(false);
        }
        else
        {
            Publish(stored, provider, options);
        }
    }

    /// <summary>The row is gone: the user has disconnected since the tokens came (B10).</summary>
    private async Task GiveBackAsync(StoredToken row, OAuthProviderOptions provider)
    {
        cache.End(row.Key, row.Version);
        await revoker.RevokeAsync(row.Key, provider, row.Tokens).ConfigureAwait(false);
    }

    private void Connected(StoredToken saved, OAuthProviderOptions provider, TokenLifecycleOptions options)
    {
        Publish(saved, provider, options);
        Log.Connected(logger, saved.Key, saved.Tokens.ExpiresAt);
        events.Raise(TokenEventKind.Connected, saved.Key);
        if (saved.Tokens.Scopes is { } granted && GrantedScopes.MissingOf(provider, granted).Any())
            events.Raise(TokenEventKind.ScopesReduced, saved.Key);
    }

    private void Publish(StoredToken row, OAuthProviderOptions provider, TokenLifecycleOptions options) =>
        cache.Publish(row, RefreshTiming.For(options, provider, row.Tokens.Lifetime), options, received: true);

    private static TokenTemporarilyUnavailableException Unreadable(TokenKey key, UnreadableTokenException unreadable) =>
        new(key, TokenFailureKind.Unreadable, TimeSpan.FromMinutes(1), unreadable);

    private static bool IsOtherAccount(StoredToken? current, TokenSet given) =>
        current?.Tokens.AccountId is { } connected && given.AccountId is { } authorized && !string.Equals(connected, authorized, StringComparison.Ordinal);

    private StoredToken NewRow(TokenKey key, TokenSet given, StoredToken? current, OAuthProviderOptions provider, TokenLifecycleOptions options, DateTimeOffset now)
    {
        if (IsOtherAccount(current, given))
            throw new ReauthorizationRequiredException(key, ReauthorizationReason.DifferentAccount, provider.ReconnectPath);

        TokenSet dated = given with
        {
            RefreshToken = given.RefreshToken ?? KeptRefreshToken(given, current, provider),
            IssuedAt = given.IssuedAt ?? now,
            ExpiresAt = given.ExpiresAt ?? new DateTimeOffset?(given.IssuedAt ?? now).Plus(provider.DefaultLifetime),
            RefreshTokenExpiresAt = given.RefreshTokenExpiresAt ?? new DateTimeOffset?(given.IssuedAt ?? now).Plus(provider.RefreshTokenIdleLimit ?? provider.RefreshTokenAbsoluteLimit),
            Scopes = given.Scopes ?? [.. provider.Scopes],
            AccountId = given.AccountId ?? current?.Tokens.AccountId,
            Issuer = given.Issuer ?? IssuerCheck.OriginOf(provider),
            ClientId = given.ClientId ?? provider.ClientId,
            SignInIssuer = given.SignInIssuer ?? current?.Tokens.SignInIssuer, // It is the same account: another one was refused above.
        };
        return new StoredToken
        {
            Key = key,
            Tokens = dated,
            Version = current?.Version ?? StoredToken.Unsaved,
            ReceivedAt = now,
            NextRefreshAt = plan.AfterSuccess(dated, RefreshTiming.For(options, provider, dated.Lifetime)),
            ClientFingerprint = book.FingerprintOf(key.Provider, provider),
            RetiredFingerprints = current is null ? [] : TokenMerge.RetiredAfter(current, dated),
        };
    }

    /// <summary>
    /// B12: a grant without a refresh token does not inherit that of an older one, unless account and client are the same and the settings
    /// allow it.
    /// </summary>
    private static string? KeptRefreshToken(TokenSet given, StoredToken? current, OAuthProviderOptions provider) =>
        provider.KeepRefreshTokenOnReconnect
        && provider.AccountIdFrom != AccountIdSource.Callback // Otherwise the browser would say that the accounts are the same.
        && current?.Tokens is { } stored
        && given.AccountId is not null
        && string.Equals(stored.AccountId, given.AccountId, StringComparison.Ordinal)
        && string.Equals(stored.ClientId, given.ClientId ?? provider.ClientId, StringComparison.Ordinal)
            ? stored.RefreshToken
            : null;
}
