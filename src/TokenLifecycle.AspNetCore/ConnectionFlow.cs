using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using TokenLifecycle.Protocol;

namespace TokenLifecycle.AspNetCore;

/// <summary>
/// The order of steps between "Connect" and "connected". Nothing here listens to the browser's going away: from the moment a request was taken, its code
/// is spent and saved, or the user is notified that it was not (H4).
/// </summary>
internal sealed class ConnectionFlow(
    IAuthorizationCodeFlow protocol,
    ConnectionExchange exchange,
    PendingRequests pending,
    PublicAddresses addresses,
    ILogger<ConnectionFlow> logger)
{
    /// <summary>Begins; null if too many others are in progress.</summary>
    /// <exception cref="ProviderConfigurationException">The provider's settings are wrong.</exception>
    public async Task<Uri?> StartAsync(HttpContext context, string provider, string connection, string? userId, string browser, string? returnUrl)
    {
        Uri redirectUri = addresses.RedirectUri(context.Request, provider);
        AuthorizationRequest request = protocol.CreateRequest(provider, redirectUri);
        var flow = new AuthorizationState
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
        return await pending.TryAddAsync(request, flow, browser, userId ?? ConnectionExchange.Nobody + "\n" + browser).ConfigureAwait(false) ? request.Url : null;
    }

    /// <summary>Ends: whatever happens, there is an outcome to show.</summary>
    public async Task<AuthorizationResult> FinishAsync(HttpContext context, AuthorizationState flow, AuthorizationResponse response, string provider, string? userId)
    {
        var attempt = new ConnectionAttempt(flow);
        try
        {
            // CB-6: each provider has its own callback. CB-3: and each attempt its user.
            if (!string.Equals(flow.Provider, provider, StringComparison.Ordinal))
                return attempt.Ended(AuthorizationResultKind.InvalidResponse);
            if (!string.Equals(flow.UserId, userId, StringComparison.Ordinal))
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
