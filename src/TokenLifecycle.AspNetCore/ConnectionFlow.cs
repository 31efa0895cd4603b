using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TokenLifecycle.Protocol;

namespace TokenLifecycle.AspNetCore;

/// <summary>
/// The order of steps between "Connect" and "connected". Nothing here listens to the browser's going away: from the moment a request was
/// taken, its code is spent and saved, or the user is notified that it was not (H4).
/// </summary>
internal sealed class ConnectionFlow(
    IAuthorizationCodeFlow protocol,
    ConnectionExchange exchange,
    AttemptCookies attempts,
    BrowserCookie cookie,
    PublicAddresses addresses,
    WebTenant tenant,
    IOptions<TokenLifecycleWebOptions> web,
    ILogger<ConnectionFlow> logger)
{
    /// <summary>Begins: gives the browser its attempt, and returns where to send it.</summary>
    /// <exception cref="ProviderConfigurationException">The provider's settings are wrong.</exception>
    public Uri Start(HttpContext context, string provider, string connection, TokenKey? key, string? returnUrl)
    {
        Uri redirectUri = addresses.RedirectUri(context.Request, provider);
        AuthorizationRequest request = protocol.CreateRequest(provider, redirectUri);
        attempts.Put(context, new AuthorizationState
        {
            Id = RequestHash.OfState(request.State),
            Browser = RequestHash.OfBrowser(cookie.Ensure(context)),
            Provider = provider,
            Connection = connection,
            Tenant = tenant.Current is { Length: > 0 } current ? current : null,
            UserId = key?.UserId,
            AllowsSignIn = AllowsSignIn(context, provider, key),
            ReturnUrl = returnUrl,
            Verifier = request.CodeVerifier,
            Nonce = request.Nonce,
            RedirectUri = redirectUri.OriginalString,
            Scopes = [.. request.Scopes],
            Issuer = request.Issuer,
            CreatedAt = request.CreatedAt,
        });
        return request.Url;
    }

    // Decided here and not by the form: who may sign in by an account is the app's to say, not that of the user who connects it (FS-5).
    private bool AllowsSignIn(HttpContext context, string provider, TokenKey? key) =>
        web.Value.SignInProviders.Contains(provider, StringComparer.Ordinal) && (key is not { } user || web.Value.AllowSignIn?.Invoke(context, user) == true);

    /// <summary>Ends: whatever happens, there is an outcome to show.</summary>
    public async Task<AuthorizationResult> FinishAsync(HttpContext context, AuthorizationState flow, AuthorizationResponse response, string provider, string? userId)
    {
        var attempt = new ConnectionAttempt(flow);
        try
        {
            // CB-6: each provider has its own callback. CB-3: and each attempt its user.
            if (!string.Equals(flow.Provider, provider, StringComparison.Ordinal))
                return attempt.Ended(AuthorizationResultKind.InvalidResponse);
            if (!string.Equals(flow.UserId, userId, StringComparison.Ordinal) || (tenant.OrNull is { } here && here != (flow.Tenant ?? "")))
                return attempt.Ended(AuthorizationResultKind.OtherUser);
            return await exchange.RunAsync(context, flow, response, attempt).ConfigureAwait(false);
        }
        catch (AuthorizationFailedException failed)
        {
            WebLog.ConnectFailed(logger, provider, failed, flow.RedirectUri);
            return attempt.Ended(EndingOf(failed.Kind), failed.ErrorCode);
        }
        catch (ProviderConfigurationException wrong)
        {
            WebLog.ConnectMisconfigured(logger, wrong, provider);
            return attempt.Ended(AuthorizationResultKind.ClientRejected);
        }
        catch (Exception failure)
        {
            WebLog.ConnectBroke(logger, failure, provider);
            return attempt.Ended(failure is TokenTemporarilyUnavailableException ? AuthorizationResultKind.NotSaved : AuthorizationResultKind.Failed);
        }
    }

    private static AuthorizationResultKind EndingOf(AuthorizationFailureKind kind) => kind switch
    {
        AuthorizationFailureKind.Denied => AuthorizationResultKind.Denied,
        AuthorizationFailureKind.CodeRejected => AuthorizationResultKind.CodeRejected,
        AuthorizationFailureKind.ClientRejected => AuthorizationResultKind.ClientRejected,
        AuthorizationFailureKind.Temporary => AuthorizationResultKind.Temporary,
        AuthorizationFailureKind.RefreshTokenMissing => AuthorizationResultKind.RefreshTokenMissing,
        _ => AuthorizationResultKind.InvalidResponse,
    };
}
