using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TokenLifecycle.Options;
using TokenLifecycle.Protocol;
using TokenLifecycle.Storage;

namespace TokenLifecycle.AspNetCore;

/// <summary>Answers a callback: the first one finishes the attempt, and each that repeats it gets the same result.</summary>
internal sealed class AttemptRedeemer(
    ConnectionFlow flow,
    ConnectionPages pages,
    PendingRequests pending,
    AttemptCookies attempts,
    ICurrentTokenUser currentUser,
    PublicAddresses addresses,
    IOptionsMonitor<OAuthProviderOptions> settings,
    IOptionsMonitor<TokenLifecycleOptions> lifecycle,
    ILogger<ConnectionFlow> logger)
{
    /// <returns>What to count; that nothing is pending, if there is nothing to answer.</returns>
    public async Task<string> AnswerAsync(HttpContext context, string provider, AuthorizationResponse response, AuthorizationState? attempt, string id, string browser)
    {
        string? user = currentUser.UserId;

        // The cookie goes with the answer, so what is repeated later is known by its outcome alone.
        (AuthorizationRedemptionKind kind, AuthorizationResult? outcome) = attempt is null
            ? (AuthorizationRedemptionKind.TakenBefore, await pending.FindOutcomeAsync(id, browser).ConfigureAwait(false))
            : await TakeAsync(provider, response, attempt).ConfigureAwait(false);
        if (kind == AuthorizationRedemptionKind.TakenByAnother || (attempt is null && outcome is null))
            return WebMetrics.NotPending;
        if (kind == AuthorizationRedemptionKind.Taken)
        {
            outcome = await flow.FinishAsync(context, attempt!, response, provider, user).ConfigureAwait(false);
            await NoteAsync(id, outcome).ConfigureAwait(false);
        }
        else
        {
            // The exchange and the account; the store before it, the owner by account and by the app, the connection, the save.
            TimeSpan longest = lifecycle.CurrentValue.TokenEndpointTimeout * 2 + lifecycle.CurrentValue.SaveTimeout * 5;
            outcome ??= await pending.WaitForOutcomeAsync(id, browser, longest, context.RequestAborted).ConfigureAwait(false);
        }

        if (attempt is not null)
            attempts.Remove(context, attempt);
        if (outcome is null || outcome.Ending == AuthorizationResultKind.OtherUser || IsOther(outcome, user))
            await pages.NotYours(context, provider).WriteAsync(context.Response, StatusCodes.Status400BadRequest).ConfigureAwait(false);
        else
            Answers.SeeOther(context.Response, outcome is { IsPlainSuccess: true, ReturnUrl: { } back } ? back : addresses.Result(provider, id));
        return kind == AuthorizationRedemptionKind.Taken ? WebMetrics.OutcomeOf(outcome!.Ending) : WebMetrics.Repeated;
    }

    /// <summary>Redeems the attempt, unless its code was first seen with another state.</summary>
    private async Task<(AuthorizationRedemptionKind Kind, AuthorizationResult? Outcome)> TakeAsync(string provider, AuthorizationResponse response, AuthorizationState attempt)
    {
        string? code = response.WithCodeFrom(settings.Get(provider).CallbackCodeParameter).Code;
        if (code is not null && !await pending.ClaimCodeAsync(code, attempt.Id).ConfigureAwait(false))
        {
            WebLog.CodeOfAnotherState(logger, provider);
            return (AuthorizationRedemptionKind.TakenByAnother, null);
        }

        return await pending.TakeAsync(attempt, attempts.ExpiryOf(attempt)).ConfigureAwait(false);
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
}
