using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TokenLifecycle.Options;
using TokenLifecycle.Protocol;
using TokenLifecycle.Storage;

namespace TokenLifecycle.AspNetCore;

/// <summary>
/// The order of steps between "Connect" and "connected". Nothing here listens to the browser's going away: from the moment a request was taken, its code
/// is spent and saved, or the user is told that it was not (H4).
/// </summary>
internal sealed class ConnectionFlow(
    IAuthorizationCodeFlow protocol,
    ITokenManager manager,
    ITokenStore store,
    PendingRequests pending,
    ConnectionOwners owners,
    UnkeptTokens unkept,
    IConnectionSignIn signIn,
    PublicAddresses addresses,
    IOptionsMonitor<OAuthProviderOptions> providers,
    IOptionsMonitor<TokenLifecycleOptions> lifecycle,
    TimeProvider time,
    ILogger<ConnectionFlow> logger)
{
    private const int MostNamed = 10;

    /// <summary>Begins; null if too many others are under way.</summary>
    /// <exception cref="ProviderConfigurationException">The provider's settings are wrong.</exception>
    public async Task<Uri?> StartAsync(HttpContext context, string provider, string connection, string? userId, string browser, string? returnUrl)
    {
        Uri redirectUri = addresses.RedirectUri(context.Request, provider);
        AuthorizationRequest request = protocol.CreateRequest(provider, redirectUri);
        var flow = new FlowState
        {
            Provider = provider,
            Connection = connection,
            UserId = userId,
            ReturnUrl = returnUrl,
            Verifier = request.CodeVerifier,
            Nonce = request.Nonce,
            RedirectUri = redirectUri.OriginalString,
            Scopes = [.. request.Scopes],
            Issuer = request.Issuer,
            CreatedAt = request.CreatedAt,
        };
        return await pending.TryAddAsync(request, flow, browser, userId ?? "(nobody)\n" + browser).ConfigureAwait(false) ? request.Url : null;
    }

    /// <summary>Ends: whatever happens, there is an outcome to show.</summary>
    public async Task<FlowOutcome> FinishAsync(HttpContext context, FlowState flow, AuthorizationResponse response, string provider, string? userId)
    {
        var attempt = new Attempt(flow);
        try
        {
            // CB-6: each provider has a callback of its own. CB-3: and each attempt its user.
            if (!string.Equals(flow.Provider, provider, StringComparison.Ordinal))
                return attempt.Ended(FlowEnding.InvalidResponse);
            if (!string.Equals(flow.UserId, userId, StringComparison.Ordinal))
                return attempt.Ended(FlowEnding.OtherUser);
            return await ExchangeAsync(context, flow, response, attempt).ConfigureAwait(false);
        }
        catch (AuthorizationFailedException failed)
        {
            WebLog.ConnectFailed(logger, provider, failed, flow.RedirectUri);
            return attempt.Ended(EndingOf(failed.Kind), failed.ErrorCode);
        }
        catch (ProviderConfigurationException wrong)
        {
            WebLog.ConnectMisconfigured(logger, wrong, provider);
            return attempt.Ended(FlowEnding.ClientRejected);
        }
        catch (Exception failure)
        {
            WebLog.ConnectBroke(logger, failure, provider);
            return attempt.Ended(failure is TokenTemporarilyUnavailableException ? FlowEnding.NotSaved : FlowEnding.Failed);
        }
    }

    private async Task<FlowOutcome> ExchangeAsync(HttpContext context, FlowState flow, AuthorizationResponse response, Attempt attempt)
    {
        // F11: a store that cannot be read will not be written either, so the code is not spent in vain.
        if (flow.UserId is { } user)
        {
            try
            {
                attempt.Old = await FindAsync(new TokenKey(flow.Provider, user, flow.Connection)).ConfigureAwait(false);
            }
            catch (Exception failure) when (failure is not OutOfMemoryException)
            {
                WebLog.ConnectBroke(logger, failure, flow.Provider);
                return attempt.Ended(FlowEnding.NotSaved);
            }
        }

        TokenSet tokens = await protocol.ExchangeAsync(flow.ToRequest(response.State ?? ""), response, CancellationToken.None).ConfigureAwait(false);
        OAuthProviderOptions options = providers.Get(flow.Provider);
        try
        {
            if (await owners.FindAsync(context, flow, tokens).ConfigureAwait(false) is not { } owner)
                return await EndedWithoutAsync(flow, tokens, attempt, FlowEnding.NobodyFound).ConfigureAwait(false);
            var key = new TokenKey(flow.Provider, owner, flow.Connection);
            attempt.Old ??= await FindAsync(key).ConfigureAwait(false);
            if (IsRefreshTokenMissing(options, tokens, attempt.Old))
                return await EndedWithoutAsync(flow, tokens, attempt, FlowEnding.RefreshTokenMissing).ConfigureAwait(false);

            await manager.SaveAsync(key, tokens, CancellationToken.None).ConfigureAwait(false);
            attempt.IsSaved = true;
            if (flow.UserId is null)
                await signIn.SignInAsync(context, owner, flow.Provider, CancellationToken.None).ConfigureAwait(false);
            return await ConnectedAsync(flow, tokens, options, key).ConfigureAwait(false);
        }
        catch (ReauthorizationRequiredException other) when (other.Reason == ReauthorizationReason.DifferentAccount)
        {
            return await EndedWithoutAsync(flow, tokens, attempt, FlowEnding.DifferentAccount).ConfigureAwait(false);
        }
        catch (Exception failure) when (!attempt.IsSaved)
        {
            WebLog.ConnectBroke(logger, failure, flow.Provider);
            return await EndedWithoutAsync(flow, tokens, attempt, FlowEnding.NotSaved).ConfigureAwait(false);
        }
    }

    private async Task<FlowOutcome> ConnectedAsync(FlowState flow, TokenSet tokens, OAuthProviderOptions options, TokenKey key)
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
            // The connection stands; that it cannot be compared with others is no reason to say otherwise.
            WebLog.ConnectBroke(logger, failure, flow.Provider);
        }

        return new FlowOutcome
        {
            Ending = FlowEnding.Connected,
            Provider = flow.Provider,
            Connection = flow.Connection,
            UserId = key.UserId,
            ReturnUrl = flow.ReturnUrl,
            MissingScopes = tokens.Scopes is { } granted ? [.. options.Scopes.Except(granted, StringComparer.Ordinal)] : [],
            IsAccountShared = isShared,
        };
    }

    private async Task<FlowOutcome> EndedWithoutAsync(FlowState flow, TokenSet tokens, Attempt attempt, FlowEnding ending)
    {
        await unkept.GiveBackAsync(flow.Provider, tokens, attempt.Old).ConfigureAwait(false);
        return attempt.Ended(ending);
    }

    /// <summary>A store that hangs must not hold the browser for ever.</summary>
    private Task<StoredToken?> FindAsync(TokenKey key) =>
        store.FindAsync(key, CancellationToken.None).WaitAsync(lifecycle.CurrentValue.SaveTimeout, time);

    private static bool IsRefreshTokenMissing(OAuthProviderOptions options, TokenSet tokens, StoredToken? old) =>
        options.RefreshTokenRequired && tokens.RefreshToken is null && (tokens.ExpiresAt is not null || options.DefaultLifetime is not null)
        && !(options.KeepRefreshTokenOnReconnect && old?.Tokens.RefreshToken is not null && old.Tokens.AccountId == tokens.AccountId);

    private static FlowEnding EndingOf(AuthorizationFailureKind kind) => kind switch
    {
        AuthorizationFailureKind.Denied => FlowEnding.Denied,
        AuthorizationFailureKind.CodeRejected => FlowEnding.CodeRejected,
        AuthorizationFailureKind.ClientRejected => FlowEnding.ClientRejected,
        AuthorizationFailureKind.Temporary => FlowEnding.Temporary,
        AuthorizationFailureKind.RefreshTokenMissing => FlowEnding.RefreshTokenMissing,
        _ => FlowEnding.InvalidResponse,
    };

    private sealed class Attempt(FlowState flow)
    {
        /// <summary>The connection that was there before.</summary>
        public StoredToken? Old { get; set; }

        public bool IsSaved { get; set; }

        public FlowOutcome Ended(FlowEnding ending, string? errorCode = null) => new()
        {
            Ending = ending,
            Provider = flow.Provider,
            Connection = flow.Connection,
            UserId = flow.UserId,
            ReturnUrl = flow.ReturnUrl,
            ErrorCode = errorCode,
            IsOldKept = Old is { Reauthorization: null },
        };
    }

    private string NameOf(TokenKey key) => lifecycle.CurrentValue.LogUserIds ? key.ToString() : key.ToRedactedString();
}
