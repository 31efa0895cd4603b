using System.Diagnostics;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TokenLifecycle.Options;
using TokenLifecycle.Protocol;

namespace TokenLifecycle.AspNetCore;

/// <summary>Where browsers come back to: the callback in its two forms, and the page that shows the result.</summary>
internal sealed class CallbackEndpoints(
    AttemptRedeemer redeemer,
    ConnectionPages pages,
    ConnectionEndpoints connections,
    ITokenManager manager,
    PendingRequests pending,
    PostedResponses posted,
    ICurrentTokenUser currentUser,
    BrowserCookie cookie,
    AttemptCookies attempts,
    RefusedCodes refused,
    EndpointAccess access,
    WebMetrics metrics,
    PublicAddresses addresses,
    IOptionsMonitor<OAuthProviderOptions> settings,
    ILogger<ConnectionFlow> logger)
{
    private const int MaxCode = 4 * 1024, MaxState = 256, MaxIssuer = 512;

    public async Task CallbackAsync(HttpContext context)
    {
        if (connections.ProviderOf(context) is not { } provider)
        {
            await Shell.NotFoundAsync(context).ConfigureAwait(false);
            return;
        }

        // H2: a prefetch gets nothing and uses nothing up.
        if (IsLookahead(context.Request.Headers))
        {
            if (TryParse(context.Request.QueryString.Value) is { } ahead)
                await refused.ClaimAsync(context, provider, ahead).ConfigureAwait(false);
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        // CB-10: a response that was to be posted but is in an address has been seen by others.
        bool isPosted = IsFormPost(provider);
        string query = isPosted ? posted.Take(context, provider) ?? throw Refused() : context.Request.QueryString.Value ?? "";
        AuthorizationResponse response = TryParse(query) ?? throw Refused();
        string? browser = cookie.Read(context);
        string id = RequestHash.OfState(response.State ?? "");
        AuthorizationState? attempt = browser is null ? null : attempts.Find(context, id, browser);

        // Never a redirect to a login page: the address holds the code.
        bool isAllowed = await access.IsAllowedAsync(context, connections.MayBeNobody(context)).ConfigureAwait(false);
        if (!isAllowed || (currentUser.UserId is null && !connections.MayBeNobody(context)))
        {
            await refused.ClaimAsync(context, provider, response).ConfigureAwait(false);
            await pages.SignInFirst(provider, attempt).WriteAsync(context.Response, StatusCodes.Status401Unauthorized).ConfigureAwait(false);
            return;
        }

        using Activity? activity = WebMetrics.StartCallback(provider);
        string outcome = WebMetrics.Broken;
        try
        {
            outcome = response.State is { Length: > 0 } && browser is not null
                ? await redeemer.AnswerAsync(context, provider, response, attempt, id, browser).ConfigureAwait(false)
                : WebMetrics.NotPending;
            if (outcome == WebMetrics.NotPending)
            {
                await refused.ClaimAsync(context, provider, response).ConfigureAwait(false);
                await pages.NotYours(context, provider).WriteAsync(context.Response, StatusCodes.Status400BadRequest).ConfigureAwait(false);
            }
        }
        finally
        {
            metrics.CameBack(activity, provider, outcome);
        }
    }

    /// <summary>
    /// The provider's form post comes from the provider's page, so the browser sends none of our cookies with it. It is put aside,
    /// encrypted, in a cookie of a minute, and fetched by a GET that does carry them.
    /// </summary>
    public async Task PostedAsync(HttpContext context)
    {
        if (connections.ProviderOf(context) is not { } provider || !IsFormPost(provider))
        {
            await Shell.NotFoundAsync(context).ConfigureAwait(false);
            return;
        }

        if (!Shell.IsPlainForm(context.Request))
            throw new BadHttpRequestException("Only a form is taken here.", StatusCodes.Status415UnsupportedMediaType);
        string body = await ReadAsync(context.Request.Body).ConfigureAwait(false);
        _ = TryParse(body) ?? throw Refused();
        posted.Put(context, provider, body);
        Answers.SeeOther(context.Response, addresses.Callback(provider));
    }

    public async Task ResultAsync(HttpContext context)
    {
        // Finds the user, to whom alone it is shown. Who has just signed in by the provider need not fulfil the app's policy to read why.
        bool isAllowed = await access.IsAllowedAsync(context, connections.MayBeNobody(context)).ConfigureAwait(false);
        if (!isAllowed && currentUser.UserId is null)
        {
            await access.AllowsAsync(context, mayBeNobody: false).ConfigureAwait(false);
            return;
        }

        string? attempt = context.Request.Query["attempt"];
        AuthorizationResult? outcome = connections.ProviderOf(context) is { } provider && attempt is { Length: RequestHash.Length } && cookie.Read(context) is { } browser
            ? await pending.FindOutcomeAsync(attempt, browser).ConfigureAwait(false)
            : null;
        if (outcome is null || !string.Equals(outcome.UserId, currentUser.UserId, StringComparison.Ordinal))
            await Shell.NotFoundAsync(context).ConfigureAwait(false);
        else
            await pages.Result(context, outcome, await StatusAsync(outcome).ConfigureAwait(false)).WriteAsync(context.Response, ConnectionPages.StatusOf(outcome.Ending)).ConfigureAwait(false);
    }

    /// <summary>The current state of the connection; null if it is gone again or cannot be read now. The result is known anyway.</summary>
    private async Task<ConnectionStatus?> StatusAsync(AuthorizationResult outcome)
    {
        if (outcome is not { Ending: AuthorizationResultKind.Connected, UserId: { } user })
            return null;
        try
        {
            return await manager.GetStatusAsync(new TokenKey(outcome.Provider, user, outcome.Connection).In(outcome.Tenant), CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            WebLog.StatusNotRead(logger, failure, outcome.Provider);
            return null;
        }
    }

    /// <returns>Null if it is not a response that a provider may send.</returns>
    private static AuthorizationResponse? TryParse(string? text)
    {
        try
        {
            AuthorizationResponse response = AuthorizationResponse.Parse(text ?? "");
            return response.Code is { Length: > MaxCode } || response.State is { Length: > MaxState } || response.Issuer is { Length: > MaxIssuer } ? null : response;
        }
        catch (AuthorizationFailedException)
        {
            return null;
        }
    }

    private static async Task<string> ReadAsync(Stream body)
    {
        byte[] bytes = new byte[Shell.MaxForm + 1];
        int length = await body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false).ConfigureAwait(false);
        return length <= Shell.MaxForm ? Encoding.UTF8.GetString(bytes, 0, length) : throw new BadHttpRequestException("The form is too large.", StatusCodes.Status413PayloadTooLarge);
    }

    private bool IsFormPost(string provider) =>
        settings.Get(provider).AdditionalAuthorizationParameters.TryGetValue("response_mode", out string? mode) && string.Equals(mode, "form_post", StringComparison.Ordinal);

    private static BadHttpRequestException Refused() => new("This is not a response that a provider may send.");

    private static bool IsLookahead(IHeaderDictionary headers) =>
        headers["Sec-Purpose"].ToString().Contains("prefetch", StringComparison.OrdinalIgnoreCase)
        || headers["Purpose"].ToString().Contains("prefetch", StringComparison.OrdinalIgnoreCase)
        || headers["X-Moz"].ToString().Contains("prefetch", StringComparison.OrdinalIgnoreCase);
}
