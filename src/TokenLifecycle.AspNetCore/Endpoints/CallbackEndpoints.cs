using System.Diagnostics;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TokenLifecycle.Options;
using TokenLifecycle.Protocol;
using TokenLifecycle.Storage;

namespace TokenLifecycle.AspNetCore;

/// <summary>Where browsers come back to: the callback in its two forms, and the page that shows the result.</summary>
internal sealed class CallbackEndpoints(
    ConnectionFlow flow,
    ConnectionPages pages,
    ConnectionEndpoints connections,
    ITokenManager manager,
    PendingRequests pending,
    PostedResponses posted,
    ICurrentTokenUser currentUser,
    BrowserCookie cookie,
    WebMetrics metrics,
    PublicAddresses addresses,
    IOptionsMonitor<OAuthProviderOptions> settings,
    IOptionsMonitor<TokenLifecycleOptions> lifecycle,
    ILogger<ConnectionFlow> logger)
{
    private const int MaxCode = 4 * 1024, MaxState = 256, MaxIssuer = 512;

    public async Task CallbackAsync(HttpContext context)
    {
        // H2: a prefetch gets nothing and uses nothing up.
        if (IsLookahead(context.Request.Headers))
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        if (connections.ProviderOf(context) is not { } provider)
        {
            await Shell.NotFoundAsync(context).ConfigureAwait(false);
            return;
        }

        // CB-10: a response that was to be posted but is in an address has been seen by others.
        bool isPosted = IsFormPost(provider);
        string query = isPosted ? posted.Take(context, provider) ?? throw Refused() : context.Request.QueryString.Value ?? "";
        AuthorizationResponse response = Parse(query);
        string? user = currentUser.UserId;
        if (user is null && !connections.IsSignIn(provider))
        {
            await pages.SignInFirst(provider).WriteAsync(context.Response, StatusCodes.Status401Unauthorized).ConfigureAwait(false);
            return;
        }

        using Activity? activity = WebMetrics.StartCallback(provider);
        if (response.State is not { Length: > 0 } state || cookie.Read(context) is not { } browser)
        {
            metrics.CameBack(activity, provider, WebMetrics.NotPending);
            await pages.NotYours(context, provider).WriteAsync(context.Response, StatusCodes.Status400BadRequest).ConfigureAwait(false);
            return;
        }

        string outcome = WebMetrics.Broken;
        try
        {
            outcome = await AnswerAsync(context, provider, response, user, PendingRequests.IdOf(state), browser).ConfigureAwait(false);
        }
        finally
        {
            metrics.CameBack(activity, provider, outcome);
        }
    }

    /// <summary>
    /// The provider's form post comes from the provider's page, so the browser sends none of our cookies with it. It is put aside, encrypted, in a cookie
    /// of a minute, and fetched by a GET that does carry them.
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
        Parse(body);
        posted.Put(context, provider, body);
        Answers.SeeOther(context.Response, addresses.Callback(provider));
    }

    public async Task ResultAsync(HttpContext context)
    {
        string? attempt = context.Request.Query["attempt"];
        AuthorizationResult? outcome = connections.ProviderOf(context) is { } provider && attempt is { Length: 43 } && cookie.Read(context) is { } browser
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
            return await manager.GetStatusAsync(new TokenKey(outcome.Provider, user, outcome.Connection), CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            WebLog.StatusNotRead(logger, failure, outcome.Provider);
            return null;
        }
    }

    /// <returns>What to count.</returns>
    private async Task<string> AnswerAsync(HttpContext context, string provider, AuthorizationResponse response, string? user, string id, string browser)
    {
        (AuthorizationRedemptionKind kind, AuthorizationState? taken, AuthorizationResult? outcome) = await pending.TakeAsync(id, browser).ConfigureAwait(false);
        if (kind == AuthorizationRedemptionKind.Taken)
        {
            outcome = await flow.FinishAsync(context, taken!, response, provider, user).ConfigureAwait(false);
            await NoteAsync(id, outcome).ConfigureAwait(false);
        }
        else if (kind == AuthorizationRedemptionKind.TakenBefore)
        {
            // The exchange and the account; the store before it, the owner by account and by the app, the connection, the save.
            TimeSpan longest = lifecycle.CurrentValue.TokenEndpointTimeout * 2 + lifecycle.CurrentValue.SaveTimeout * 5;
            outcome ??= await pending.WaitForOutcomeAsync(id, browser, longest, context.RequestAborted).ConfigureAwait(false);
        }

        if (outcome is null || outcome.Ending == AuthorizationResultKind.OtherUser || IsOther(outcome, user))
            await pages.NotYours(context, provider).WriteAsync(context.Response, StatusCodes.Status400BadRequest).ConfigureAwait(false);
        else
            Answers.SeeOther(context.Response, outcome is { IsPlainSuccess: true, ReturnUrl: { } back } ? back : addresses.Result(provider, id));
        return kind switch
        {
            AuthorizationRedemptionKind.Taken => WebMetrics.OutcomeOf(outcome!.Ending),
            AuthorizationRedemptionKind.TakenBefore => WebMetrics.Repeated,
            _ => WebMetrics.NotPending,
        };
    }

    // The user who has just signed in by this callback was not signed in when the browser sent it.
    private static bool IsOther(AuthorizationResult outcome, string? user) => user is not null && !string.Equals(outcome.UserId, user, StringComparison.Ordinal);

    private async Task NoteAsync(string id, AuthorizationResult outcome)
    {
        try
        {
            await pending.NoteAsync(id, outcome).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // The connection is not affected; only the page shows less.
            WebLog.OutcomeNotNoted(logger, failure, outcome.Provider);
        }
    }

    private static AuthorizationResponse Parse(string text)
    {
        AuthorizationResponse response;
        try
        {
            response = AuthorizationResponse.Parse(text);
        }
        catch (AuthorizationFailedException)
        {
            throw Refused();
        }

        if (response.Code is { Length: > MaxCode } || response.State is { Length: > MaxState } || response.Issuer is { Length: > MaxIssuer })
            throw Refused();
        return response;
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
