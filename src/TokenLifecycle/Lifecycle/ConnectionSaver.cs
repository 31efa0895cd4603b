using Microsoft.Extensions.Logging;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Options;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Lifecycle;

/// <summary>Stores the tokens of a user who has just connected. What was stored before is replaced by a success only, never by a failure.</summary>
internal sealed class ConnectionSaver(
    StoreAccess store,
    TokenPersistence persistence,
    RowBook book,
    RefreshPlan plan,
    TokenEvents events,
    TimeProvider time,
    ILogger<TokenManager> logger)
{
    private const int Tries = 5;
    private static readonly TimeSpan StorePause = TimeSpan.FromSeconds(5);

    public async Task SaveAsync(TokenKey key, TokenSet tokens, OAuthProviderOptions provider)
    {
        TokenSetCheck.ThrowIfUnusable(key, tokens, provider);
        try
        {
            StoredToken saved = await StoreAsync(key, tokens, provider).ConfigureAwait(false);
            book.Publish(saved, provider);
            Log.Connected(logger, key, saved.Tokens.ExpiresAt);
            events.Raise(TokenEventKind.Connected, key);
            if (saved.Tokens.Scopes is { } granted && provider.Scopes.Except(granted, StringComparer.Ordinal).Any())
                events.Raise(TokenEventKind.ScopesReduced, key);
        }
        catch (UnreadableTokenException unreadable)
        {
            throw new TokenTemporarilyUnavailableException(key, TokenFailureKind.Unreadable, TimeSpan.FromMinutes(1), unreadable);
        }
        catch (Exception failure) when (failure is not TokenException)
        {
            throw new TokenTemporarilyUnavailableException(key, TokenFailureKind.StoreUnavailable, StorePause, failure);
        }
    }

    private async Task<StoredToken> StoreAsync(TokenKey key, TokenSet tokens, OAuthProviderOptions provider)
    {
        for (int attempt = 1; ; attempt++)
        {
            StoredToken? current = persistence.Find(key) ?? await store.FindAsync(key).ConfigureAwait(false);
            StoredToken row = NewRow(key, tokens, current, provider);
            SaveResult result = await store.SaveSettledAsync(row, current?.Version ?? StoredToken.Unsaved).ConfigureAwait(false);
            if (result.IsSaved)
            {
                persistence.Forget(key);
                return result.Token!;
            }

            // A refresh was stored in between. What the user has just done counts, so look again and replace that.
            if (attempt == Tries)
                throw new InvalidOperationException($"{key.ToRedactedString()}: the row changed {Tries} times while it was being saved.");
        }
    }

    private StoredToken NewRow(TokenKey key, TokenSet given, StoredToken? current, OAuthProviderOptions provider)
    {
        DateTimeOffset now = time.GetUtcNow();
        if (current?.Tokens.AccountId is { } connected && given.AccountId is { } authorized && !string.Equals(connected, authorized, StringComparison.Ordinal))
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
        };
        return new StoredToken
        {
            Key = key,
            Tokens = dated,
            ReceivedAt = now,
            NextRefreshAt = plan.AfterSuccess(dated, book.TimingOf(dated, provider)),
            ClientFingerprint = book.FingerprintOf(key.Provider, provider),
            RetiredFingerprints = current is null ? [] : TokenMerge.RetiredAfter(current, dated),
        };
    }

    /// <summary>B12: a grant without a refresh token does not inherit that of an older one, unless account and client are the same and the settings say so.</summary>
    private static string? KeptRefreshToken(TokenSet given, StoredToken? current, OAuthProviderOptions provider) =>
        provider.KeepRefreshTokenOnReconnect
        && current?.Tokens is { } stored
        && given.AccountId is not null
        && string.Equals(stored.AccountId, given.AccountId, StringComparison.Ordinal)
        && string.Equals(stored.ClientId, given.ClientId ?? provider.ClientId, StringComparison.Ordinal)
            ? stored.RefreshToken
            : null;
}
