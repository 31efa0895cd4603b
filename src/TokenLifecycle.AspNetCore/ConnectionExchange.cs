using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TokenLifecycle.Options;
using TokenLifecycle.Protocol;
using TokenLifecycle.Storage;

namespace TokenLifecycle.AspNetCore;

/// <summary>
/// Exchanges the code, finds out whose the tokens are, and saves them. In between runs nothing that could lose them (law 4).
/// </summary>
internal sealed class ConnectionExchange(
    IAuthorizationCodeFlow protocol,
    IConnections connections,
    ConnectionOwners owners,
    OrphanedTokenRevoker unkept,
    ConnectionLimit limit,
    IConnectionSignIn signIn,
    IOptionsMonitor<OAuthProviderOptions> providers,
    IOptionsMonitor<TokenLifecycleOptions> lifecycle,
    ILogger<ConnectionFlow> logger)
{
    /// <summary>Stands for a user who signs in and is not known yet.</summary>
    public const string Nobody = "(nobody)";

    private const int MostNamed = 10;

    public async Task<AuthorizationResult> RunAsync(HttpContext context, AuthorizationState flow, AuthorizationResponse response, ConnectionAttempt attempt)
    {
        // Law 4: what can fail without the tokens comes before them. After the exchange follows only what decides whose they are, and then
        // the save.
        OAuthProviderOptions options = providers.Get(flow.Provider);
        TimeSpan patience = lifecycle.CurrentValue.SaveTimeout;
        INewConnection made = connections.Begin(flow.Provider);
        try
        {
            // F11: a store that cannot be read will not be written either, so the code is not spent in vain.
            StoredToken? read = await connections.FindAsync(flow.KeyOf(flow.UserId ?? Nobody)).ConfigureAwait(false);
            attempt.Old = flow.UserId is null ? null : read;
            if (read is null && flow.UserId is { } user && !await limit.AllowsAsync(flow.KeyOf(user), CancellationToken.None).ConfigureAwait(false))
                return attempt.Ended(AuthorizationResultKind.TooManyConnections);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            WebLog.ConnectBroke(logger, failure, flow.Provider);
            return attempt.Ended(AuthorizationResultKind.NotSaved);
        }

        (TokenSet tokens, Action report) = await ExchangeAsync(flow.ToRequest(response.State ?? ""), response).ConfigureAwait(false);
        TokenKey key;
        AuthorizationResult? refused;
        try
        {
            (key, refused) = await FindOwnerAsync(context, flow, tokens, options, patience, attempt).ConfigureAwait(false);
            refused ??= await SaveAsync(flow, tokens, key, options, made, attempt).ConfigureAwait(false);
        }
        finally
        {
            report();
        }

        if (refused is not null)
            return refused;
        if (flow.UserId is null)
            await signIn.SignInAsync(context, key.UserId, flow.Provider, CancellationToken.None).ConfigureAwait(false);
        return await ConnectedAsync(flow, tokens, options, key).ConfigureAwait(false);
    }

    /// <summary>An app may have its own flow.</summary>
    private async Task<(TokenSet Tokens, Action Report)> ExchangeAsync(AuthorizationRequest request, AuthorizationResponse response) =>
        protocol is ICodeExchange exchange
            ? await exchange.ExchangeAsync(request, response).ConfigureAwait(false)
            : (await protocol.ExchangeAsync(request, response, CancellationToken.None).ConfigureAwait(false), static () => { });

    private async Task<(TokenKey Key, AuthorizationResult? Refused)> FindOwnerAsync(
        HttpContext context, AuthorizationState flow, TokenSet tokens, OAuthProviderOptions options, TimeSpan patience, ConnectionAttempt attempt)
    {
        try
        {
            return await owners.FindAsync(context, flow, tokens, options, patience).ConfigureAwait(false) is { } owner
                ? (flow.KeyOf(owner), null)
                : (default, await EndedWithoutAsync(flow, tokens, attempt, AuthorizationResultKind.NobodyFound).ConfigureAwait(false));
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // A failure does not mean "no owner": a connection may depend on this grant, so it is not revoked.
            WebLog.OwnerNotFound(logger, failure, flow.Provider);
            return (default, attempt.Ended(AuthorizationResultKind.OwnerUnknown));
        }
    }

    /// <returns>The result if the tokens were not saved.</returns>
    private async Task<AuthorizationResult?> SaveAsync(AuthorizationState flow, TokenSet tokens, TokenKey key, OAuthProviderOptions options, INewConnection made, ConnectionAttempt attempt)
    {
        try
        {
            if (flow.UserId is null)
                attempt.Old = await FindOldAsync(key, tokens).ConfigureAwait(false);
            if (IsRefreshTokenMissing(options, tokens, attempt.Old))
                return await EndedWithoutAsync(flow, tokens, attempt, AuthorizationResultKind.RefreshTokenMissing).ConfigureAwait(false);
            await made.SaveAsync(key, SigningIn(flow, tokens, options), attempt.Old).ConfigureAwait(false);
            return null;
        }
        catch (ReauthorizationRequiredException other) when (other.Reason == ReauthorizationReason.DifferentAccount)
        {
            return await EndedWithoutAsync(flow, tokens, attempt, AuthorizationResultKind.DifferentAccount).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            WebLog.ConnectBroke(logger, failure, flow.Provider);
            return attempt.Ended(AuthorizationResultKind.NotSaved);
        }
    }

    /// <summary>
    /// The connection of a user who has just been found. With a new refresh token it need not be known: the save meets it. Without one it
    /// decides whether one is missing.
    /// </summary>
    private async Task<StoredToken?> FindOldAsync(TokenKey key, TokenSet tokens)
    {
        try
        {
            return await connections.FindAsync(key).ConfigureAwait(false);
        }
        catch (Exception failure) when (tokens.RefreshToken is not null && failure is not OutOfMemoryException)
        {
            return null; // Reported by the core.
        }
    }

    private async Task<AuthorizationResult> ConnectedAsync(AuthorizationState flow, TokenSet tokens, OAuthProviderOptions options, TokenKey key)
    {
        bool isShared = false;
        try
        {
            TokenKey[] older = [.. await owners.OthersOfAsync(key, tokens.AccountId).ConfigureAwait(false)];
            isShared = older.Length > 0;
            foreach (TokenKey other in older.Take(MostNamed))
                WebLog.AccountShared(logger, NameOf(other), NameOf(key));
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // The connection is saved, even if it cannot be compared with others.
            WebLog.ConnectBroke(logger, failure, flow.Provider);
        }

        return new AuthorizationResult
        {
            Ending = AuthorizationResultKind.Connected,
            Provider = flow.Provider,
            Connection = flow.Connection,
            UserId = key.UserId,
            ReturnUrl = flow.ReturnUrl,
            MissingScopes = tokens.Scopes is { } granted ? [.. GrantedScopes.MissingOf(options, granted)] : [],
            IsAccountShared = isShared,
        };
    }

    private async Task<AuthorizationResult> EndedWithoutAsync(AuthorizationState flow, TokenSet tokens, ConnectionAttempt attempt, AuthorizationResultKind ending)
    {
        await unkept.GiveBackAsync(flow.Provider, tokens, attempt.Old).ConfigureAwait(false);
        return attempt.Ended(ending);
    }

    private static TokenSet SigningIn(AuthorizationState flow, TokenSet tokens, OAuthProviderOptions options) =>
        flow.AllowsSignIn && tokens.AccountId is not null ? tokens with { SignInIssuer = SignInRules.IssuerOf(options) } : tokens;

    private static bool IsRefreshTokenMissing(OAuthProviderOptions options, TokenSet tokens, StoredToken? old) =>
        options.RefreshTokenRequired && tokens.RefreshToken is null && (tokens.ExpiresAt is not null || options.DefaultLifetime is not null)
        && !(options.KeepRefreshTokenOnReconnect && old?.Tokens.RefreshToken is not null && old.Tokens.AccountId == tokens.AccountId);

    private string NameOf(TokenKey key) => lifecycle.CurrentValue.LogUserIds ? key.ToString() : key.ToRedactedString();
}
