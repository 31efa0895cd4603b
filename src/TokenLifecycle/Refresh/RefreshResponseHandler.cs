using Microsoft.Extensions.Logging;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Options;
using TokenLifecycle.Protocol;
using TokenLifecycle.Providers;
using TokenLifecycle.State;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Refresh;

/// <summary>
/// Handles a response after its tokens were saved (<see cref="RefreshExchange"/>): one short method for each meaning. For the rules, see
/// README.md in this folder.
/// </summary>
internal sealed class RefreshResponseHandler(
    RefreshSuccessHandler success,
    RefreshFailureWriter failures,
    ReauthorizationWriter decisions,
    RefusalJudge judge,
    RefreshedTokenWriter writer,
    RefreshSchedule plan,
    TimeProvider time,
    ILogger<ITokenManager> logger)
{
    /// <summary>
    /// Handles a response after its tokens were saved. Everything that can be observed, and all code of the app, runs here and not before.
    /// </summary>
    public async Task<NextStep> HandleAsync(RefreshAttempt attempt, RefreshReceipt receipt)
    {
        TokenReply reply = receipt.Reply;
        if (reply.ClockSkew is { } skew)
            Log.ClockSkew(logger, attempt.Key, skew);
        if (receipt.Received is { } received)
        {
            return received.IsSalvaged
                ? await success.SalvageAsync(attempt, reply, received, receipt.Saved).ConfigureAwait(false)
                : await success.SucceedAsync(attempt, reply, received, receipt.Saved).ConfigureAwait(false);
        }

        return reply switch
        {
            { Error: TokenErrorKind.InvalidClient } => await RejectClientAsync(attempt, reply).ConfigureAwait(false),
            { Outcome: TokenOutcome.Refused, Error: not (null or TokenErrorKind.RateLimited or TokenErrorKind.Transient) } when attempt.Row is { Reauthorization: { } ended } => await decisions.KeepEndedAsync(attempt, reply, ended).ConfigureAwait(false),
            { Outcome: TokenOutcome.Unknown, Error: null or TokenErrorKind.Transient } => await UnknownAsync(attempt, reply).ConfigureAwait(false),
            { Outcome: TokenOutcome.NotSent } => await failures.FailAsync(attempt, reply, reply.Failure, takeBackIntent: true).ConfigureAwait(false),
            { Error: TokenErrorKind.InvalidGrant or TokenErrorKind.InvalidCode or TokenErrorKind.InteractionRequired } when attempt.Row is not null => await RejectGrantAsync(attempt, reply).ConfigureAwait(false),
            { Error: TokenErrorKind.ConcurrentUse } when attempt.Row is not null => await ConcurrencyAsync(attempt, reply).ConfigureAwait(false),
            { Error: TokenErrorKind.PossiblyInvalidGrant or TokenErrorKind.Unknown } when attempt.Row is not null => await SuspectAsync(attempt, reply).ConfigureAwait(false),
            { Error: TokenErrorKind.RateLimited } => await ThrottleAsync(attempt, reply).ConfigureAwait(false),
            { Outcome: TokenOutcome.Refused, Failure: TokenFailureKind.ProtocolError, HttpStatus: >= 400 and < 500 } when attempt.Row is not null => await OddRefusalAsync(attempt, reply).ConfigureAwait(false),
            _ => await failures.FailAsync(attempt, reply, reply.Failure, takeBackIntent: true).ConfigureAwait(false),
        };
    }

    /// <summary>
    /// Sent, and nothing certain came back. Asking again at once is right only where the provider still honours the old refresh token (B5).
    /// </summary>
    private async Task<NextStep> UnknownAsync(RefreshAttempt attempt, TokenReply reply)
    {
        OAuthProviderOptions provider = attempt.Provider;
        bool windowOpen = provider.Rotation is RefreshTokenRotation.Static or RefreshTokenRotation.None
            || provider.GrantType == OAuthGrantType.ClientCredentials
            || attempt.SinceSent(reply.RequestedAt, time) < provider.RefreshTokenReusePeriod;
        bool askedForTime = reply.RetryAfter > TimeSpan.Zero; // C11
        if (!windowOpen || askedForTime || attempt.IsSecondRound || attempt.FollowsUnknownOutcome)
        {
            // RF-8: not again before the first attempt surely is over at the provider, too.
            TimeSpan? over = reply.Failure == TokenFailureKind.NoAnswer && !askedForTime ? judge.RequestTimeout : null;
            return await failures.FailAsync(attempt, reply, reply.Failure, takeBackIntent: false, over).ConfigureAwait(false);
        }

        // The intent stays: the next round counts as the second attempt, also for a process that reads the row after a crash.
        await writer.TryEndAsync(attempt, new RefreshCompletion { RefreshTokenNotUsed = false }).ConfigureAwait(false);
        return NextStep.SendAgain;
    }

    /// <summary>
    /// C7: some servers answer the loser of a race like this. The winner has stored something newer; otherwise ask once more.
    /// </summary>
    private async Task<NextStep> ConcurrencyAsync(RefreshAttempt attempt, TokenReply reply)
    {
        if (await writer.FindNewerAsync(attempt).ConfigureAwait(false) is { } newer)
            return newer;
        if (attempt.IsSecondRound || attempt.FollowsUnknownOutcome)
            return await SuspectAsync(attempt, reply).ConfigureAwait(false);

        await writer.TryEndAsync(attempt, new RefreshCompletion { RefreshTokenNotUsed = true }).ConfigureAwait(false);
        return NextStep.SendAgain;
    }

    /// <summary>
    /// B9, law 5: a rejection is evidence about the bytes that were sent. It ends the connection only if those are still the stored ones.
    /// </summary>
    private async Task<NextStep> RejectGrantAsync(RefreshAttempt attempt, TokenReply reply)
    {
        success.AcceptClient(attempt);
        if (await writer.FindNewerAsync(attempt).ConfigureAwait(false) is { } newer)
            return newer;
        if (judge.RestOfUnansweredRequest(attempt) is { } rest)
            return await failures.FailAsync(attempt, reply, reply.Failure, takeBackIntent: true, atLeast: rest).ConfigureAwait(false);

        bool hold = judge.NoteRejection(attempt);
        bool lost = attempt.FollowsUnknownOutcome && MayHaveRotated(attempt.Provider);
        ReauthorizationReason reason = reply.Error == TokenErrorKind.InteractionRequired ? ReauthorizationReason.InteractionRequired
            : lost ? ReauthorizationReason.LostRotation
            : ReauthorizationReason.GrantRejected;

        // A lost response explains the rejection, and no other evidence is needed, unless others are rejected without such an explanation.
        bool isOfConnection = lost
            ? !attempt.Gate.Evidence.AreOthersRefused(attempt.Key) && RefusalJudge.IsUnderKnownSettings(attempt)
            : await judge.IsOfConnectionAsync(attempt, reply, reply.Failure, isNamed: true).ConfigureAwait(false);
        if (isOfConnection && !hold)
            return await decisions.EndConnectionAsync(attempt, reply, reason).ConfigureAwait(false);

        TokenFailure failure = plan.Record(attempt.Row!.Failure, reply.Failure, reply.ErrorCode, reply.HttpStatus);
        TimeSpan pause = hold || attempt.Gate.Evidence.IsHolding ? RefreshTiming.Max(RejectionDetector.Window / 2, plan.WhileHeld(failure)) : plan.WhileHeld(failure);
        return await failures.FailAsync(attempt, reply, reply.Failure, takeBackIntent: true, pause).ConfigureAwait(false);
    }

    /// <summary>C6: refused, but not by name. Only many such answers over more than a day are taken for an end.</summary>
    private async Task<NextStep> SuspectAsync(RefreshAttempt attempt, TokenReply reply, TokenFailureKind kind = TokenFailureKind.UnknownRejection)
    {
        if (await judge.IsOfConnectionAsync(attempt, reply, kind, isNamed: false).ConfigureAwait(false))
        {
            return await writer.FindNewerAsync(attempt).ConfigureAwait(false)
                ?? await decisions.EndConnectionAsync(attempt, reply, ReauthorizationReason.RepeatedUnknownRejection, kind).ConfigureAwait(false);
        }

        RefreshResult failed = await failures.FailAsync(attempt, reply, kind, takeBackIntent: true).ConfigureAwait(false);
        return failed is { Kind: RefreshResultKind.Unavailable, Row: { Failure: { } failure } row } && RefusalJudge.IsOfRequest(reply) && RefusalJudge.IsOld(failure)
            ? RefreshResult.ClientRejected(attempt.Key.Provider, reply.ErrorCode, row)
            : failed;
    }

    /// <summary>
    /// Handles a 4xx that is not an OAuth error response, such as a firewall's page. It is treated as temporary while all connections get
    /// it. If one connection gets it for days while others are refreshed, it is about that connection.
    /// </summary>
    private Task<NextStep> OddRefusalAsync(RefreshAttempt attempt, TokenReply reply) => SuspectAsync(attempt, reply, TokenFailureKind.ProtocolError);

    /// <summary>
    /// Law 6: the operator has to act, and no connection requires a reconnect. But if only one connection gets this response while others
    /// are refreshed, it blocks no other and is about that connection: a refresh token of another client, or a provider that names the
    /// client when the grant was revoked.
    /// </summary>
    private async Task<NextStep> RejectClientAsync(RefreshAttempt attempt, TokenReply reply)
    {
        (bool isOnly, bool isBlocked) = await judge.NoteClientRejectionAsync(attempt, reply).ConfigureAwait(false);
        bool mayBeOfConnection = attempt.Row is not null && !isBlocked && reply.ErrorCode is "unauthorized_client" or "invalid_client";
        if (mayBeOfConnection && await judge.IsOfConnectionAsync(attempt, reply, TokenFailureKind.ClientRejected, isNamed: false).ConfigureAwait(false))
        {
            return await writer.FindNewerAsync(attempt).ConfigureAwait(false)
                ?? await decisions.EndConnectionAsync(attempt, reply, ReauthorizationReason.RepeatedUnknownRejection).ConfigureAwait(false);
        }

        if (isOnly)
        {
            await writer.TryEndAsync(attempt, new RefreshCompletion { RefreshTokenNotUsed = true }).ConfigureAwait(false);
            return RefreshResult.ClientRejected(attempt.Key.Provider, reply.ErrorCode, attempt.Row);
        }

        // The connection pauses, so that another connection makes the next probe.
        RefreshResult failed = await failures.FailAsync(attempt, reply, TokenFailureKind.ClientRejected, takeBackIntent: true, plan.WhileClientRejected(attempt.Row?.Failure)).ConfigureAwait(false);
        return failed is { Kind: RefreshResultKind.Unavailable } ? RefreshResult.ClientRejected(attempt.Key.Provider, reply.ErrorCode, failed.Row) : failed;
    }

    private Task<RefreshResult> ThrottleAsync(RefreshAttempt attempt, TokenReply reply) =>
        failures.FailAsync(attempt, reply, TokenFailureKind.RateLimited, takeBackIntent: true, atLeast: attempt.Gate.Throttle(attempt.Key, attempt.Provider, reply.RetryAfter));

    private static bool MayHaveRotated(OAuthProviderOptions provider) => provider.Rotation is RefreshTokenRotation.MayRotate or RefreshTokenRotation.EveryUse;
}
