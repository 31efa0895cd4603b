using Microsoft.Extensions.Logging;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Notifications;
using TokenLifecycle.Options;
using TokenLifecycle.Protocol;
using TokenLifecycle.Providers;
using TokenLifecycle.State;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Refresh;

/// <summary>
/// Handles a response after its tokens were saved (<see cref="RefreshExchange"/>): what is published and recorded, and what callers get. For the rules, see README.md in this folder.
/// </summary>
/// <remarks>Longer than the house's usual: each answer has one short method, and they are read side by side.</remarks>
internal sealed class RefreshResponseHandler(
    StoreAccess store,
    PendingSaveQueue persistence,
    ConnectionEvaluator book,
    RefreshSchedule plan,
    UnsettledAttempts unsettled,
    GrantRevoker revoker,
    OtherConnections others,
    TokenEventDispatcher events,
    ReauthorizationNotifier teller,
    TokenMetrics metrics,
    TimeProvider time,
    ILogger<ITokenManager> logger)
{
    private const int UnknownRejectionsBeforeVerdict = 5;
    private static readonly TimeSpan UnknownRejectionsOver = TimeSpan.FromHours(24);

    /// <summary>How much longer than the request timeout a provider may still process a request.</summary>
    private static readonly TimeSpan UnansweredMargin = TimeSpan.FromSeconds(30);

    /// <summary>Due, but not to be refreshed (there is no refresh token, or it belongs elsewhere): looked at again after this, and not in a loop.</summary>
    private static readonly TimeSpan NothingToDoPause = TimeSpan.FromHours(1);

    private readonly RowlessFailures _rowless = new(time);

    /// <summary>The result if the current row needs no refresh; null if it does.</summary>
    public RefreshResult? WithoutRefresh(StoredToken row, OAuthProviderOptions provider, RefreshDemand demand)
    {
        RefreshNeed need = book.NeedOf(row, provider, demand);
        if (need.IsNeeded)
            return null;

        book.Publish(row, provider);
        FreshnessVerdict verdict = book.VerdictOf(row, provider);
        if (verdict.Reason is { } reason)
            return RefreshResult.Reauthorize(reason, row);
        if (need.Pause > TimeSpan.Zero)
            return RefreshResult.Paused(row, need.Pause);

        Log.Adopted(logger, row.Key);
        return RefreshResult.Adopted(row);
    }

    /// <summary>The last look before the POST, under the lease: gives the lease back and says why if nothing is to be sent.</summary>
    public async Task<RefreshResult?> RefuseToSendAsync(RefreshAttempt attempt, RefreshDemand demand)
    {
        if (WhyNotToSend(attempt, demand) is { } result)
        {
            if (attempt.Row is { } row)
                await GiveUpAsync(attempt, demand.IsDue ? NextLookAt(row, attempt.Provider) : null).ConfigureAwait(false);
            return result;
        }

        if (attempt.Gate.RefusalToSend() is { } refusal)
        {
            await GiveUpAsync(attempt).ConfigureAwait(false);
            return refusal;
        }

        attempt.Began = attempt.Gate.Evidence.Begin(attempt.Key);
        return null;
    }

    /// <summary>When a row is looked at again that was found due and is not refreshed.</summary>
    private DateTimeOffset NextLookAt(StoredToken row, OAuthProviderOptions provider) => book.UntilDue(row, provider) is var wait && wait > TimeSpan.Zero
        ? plan.AfterEarlyClaim(wait, book.TimingOf(row.Tokens, provider))
        : time.GetUtcNow() + NothingToDoPause;

    private RefreshResult? WhyNotToSend(RefreshAttempt attempt, RefreshDemand demand)
    {
        if (attempt.Row is not { } row)
        {
            return _rowless.PauseOf(attempt.Key) is { } last ? RefreshResult.Unavailable(last.Failure.Kind, last.Pause) : null;
        }

        if (WithoutRefresh(row, attempt.Provider, demand) is { } result)
            return result;
        if (attempt.Provider.GrantType == OAuthGrantType.ClientCredentials || IssuerCheck.IsSame(row.Tokens, attempt.Provider))
            return null;

        IssuerCheck.Report(logger, row, attempt.Provider);
        return RefreshResult.Misconfigured(ProviderConfigurationReason.IssuerChanged, IssuerCheck.Describe(row, attempt.Provider), row);
    }

    /// <summary>Gives the lease back, and the intent with it, for nothing was sent.</summary>
    /// <param name="attempt">The attempt.</param>
    /// <param name="nextRefreshAt">When to look again; null leaves the stored time.</param>
    public Task GiveUpAsync(RefreshAttempt attempt, DateTimeOffset? nextRefreshAt = null) =>
        TryEndAsync(attempt, new RefreshCompletion { RefreshTokenNotUsed = true, NextRefreshAt = nextRefreshAt });

    /// <summary>Handles a response after its tokens were saved. Everything that can be observed, and all code of the app, runs here and not before.</summary>
    /// <returns>The result; null if the stored refresh token, the same or one just saved, may be sent immediately.</returns>
    public Task<RefreshResult?> SettleAsync(RefreshAttempt attempt, RefreshReceipt receipt)
    {
        TokenReply reply = receipt.Reply;
        if (reply.ClockSkew is { } skew)
            Log.ClockSkew(logger, attempt.Key, skew);
        if (receipt.Received is { } received)
            return received.IsSalvaged ? SalvageAsync(attempt, reply, received, receipt.Saved) : SucceedAsync(attempt, reply, received, receipt.Saved);

        return reply switch
        {
            { Error: TokenErrorKind.InvalidClient } => RejectClientAsync(attempt, reply),
            { Outcome: TokenOutcome.Refused, Error: not (null or TokenErrorKind.RateLimited or TokenErrorKind.Transient) } when attempt.Row is { Reauthorization: { } ended } => KeepVerdictAsync(attempt, reply, ended),
            { Outcome: TokenOutcome.Unknown, Error: null or TokenErrorKind.Transient } => UnknownAsync(attempt, reply),
            { Outcome: TokenOutcome.NotSent } => FailAsync(attempt, reply, reply.Failure, takeBackIntent: true),
            { Error: TokenErrorKind.InvalidGrant or TokenErrorKind.InvalidCode or TokenErrorKind.InteractionRequired } when attempt.Row is not null => RejectGrantAsync(attempt, reply),
            { Error: TokenErrorKind.ConcurrentUse } when attempt.Row is not null => ConcurrencyAsync(attempt, reply),
            { Error: TokenErrorKind.PossiblyInvalidGrant or TokenErrorKind.Unknown } when attempt.Row is not null => SuspectAsync(attempt, reply),
            { Error: TokenErrorKind.RateLimited } => ThrottleAsync(attempt, reply),
            { Outcome: TokenOutcome.Refused, Failure: TokenFailureKind.ProtocolError, HttpStatus: >= 400 and < 500 } when attempt.Row is not null => OddRefusalAsync(attempt, reply),
            _ => FailAsync(attempt, reply, reply.Failure, takeBackIntent: true),
        };
    }

    private async Task<RefreshResult?> SucceedAsync(RefreshAttempt attempt, TokenReply reply, ReceivedRow received, SaveResult? saved)
    {
        Accept(attempt);
        attempt.Gate.NoteSuccess(attempt.Key, attempt.Began);
        _rowless.Remove(attempt.Key);

        StoredToken row = received.Row;
        RefreshResult result = await PublishAsync(attempt, row, saved).ConfigureAwait(false);
        if (result.Kind == RefreshResultKind.Refreshed && attempt.Row is { } replaced)
            TellOfChanges(replaced, row.Tokens, received.At);
        if (!received.IsExpired || result.Kind != RefreshResultKind.Refreshed)
            return result;
        if (row.Failure is not { } failure)
            return null;

        // D5: counted as a failure, so that a provider which hands out dead tokens is not asked in a loop.
        Log.RefreshFailed(logger, attempt.Key, failure.Kind, reply.HttpStatus, errorCode: null, reply.Detail, failure.Attempts, row.NextRefreshAt);
        events.Raise(TokenEventKind.RefreshFailed, attempt.Key, failure: failure);
        return RefreshResult.Unavailable(failure.Kind, row.NextRefreshAt!.Value - received.At, result.Row);
    }

    private void TellOfChanges(StoredToken before, TokenSet tokens, DateTimeOffset now)
    {
        if (before.Tokens.Scopes is { } had && tokens.Scopes is { } has && had.Except(has, StringComparer.Ordinal).Any())
            events.Raise(TokenEventKind.ScopesReduced, before.Key);
        if (RefreshTokenDeadline.IsTimeToTell(tokens, before.ReceivedAt, now))
            events.Raise(TokenEventKind.RefreshTokenExpiring, before.Key);
    }

    /// <summary>B6: the answer was refused, and its refresh token saved.</summary>
    private async Task<RefreshResult?> SalvageAsync(RefreshAttempt attempt, TokenReply reply, ReceivedRow received, SaveResult? saved)
    {
        Log.RefreshTokenSalvaged(logger, attempt.Key, reply.Detail);
        RefreshResult result = await PublishAsync(attempt, received.Row, saved).ConfigureAwait(false);
        if (result.Kind != RefreshResultKind.Refreshed)
            return result;

        events.Raise(TokenEventKind.RefreshFailed, attempt.Key, failure: received.Row.Failure);
        return RefreshResult.Unavailable(TokenFailureKind.ProtocolError, (received.Row.NextRefreshAt ?? received.At) - time.GetUtcNow(), result.Row);
    }

    /// <summary>Sent, and nothing certain came back. Asking again at once is right only where the provider still honours the old refresh token (B5).</summary>
    private async Task<RefreshResult?> UnknownAsync(RefreshAttempt attempt, TokenReply reply)
    {
        OAuthProviderOptions provider = attempt.Provider;
        bool windowOpen = provider.Rotation is RefreshTokenRotation.Static or RefreshTokenRotation.None
            || provider.GrantType == OAuthGrantType.ClientCredentials
            || attempt.SinceSent(reply.RequestedAt, time) < provider.RefreshTokenReusePeriod;
        bool askedForTime = reply.RetryAfter > TimeSpan.Zero; // C11
        if (!windowOpen || askedForTime || attempt.IsSecondRound || attempt.FollowsUnknownOutcome)
        {
            // RF-8: not again before the first attempt surely is over at the provider, too.
            TimeSpan? over = reply.Failure == TokenFailureKind.NoAnswer && !askedForTime ? book.Options.TokenEndpointTimeout : null;
            return await FailAsync(attempt, reply, reply.Failure, takeBackIntent: false, over).ConfigureAwait(false);
        }

        // The intent stays: the next round counts as the second attempt, also for a process that reads the row after a crash.
        await TryEndAsync(attempt, new RefreshCompletion { RefreshTokenNotUsed = false }).ConfigureAwait(false);
        return null;
    }

    /// <summary>C7: some servers answer the loser of a race like this. The winner has stored something newer; otherwise ask once more.</summary>
    private async Task<RefreshResult?> ConcurrencyAsync(RefreshAttempt attempt, TokenReply reply)
    {
        if (await FindNewerAsync(attempt).ConfigureAwait(false) is { } newer)
            return newer;
        if (attempt.IsSecondRound || attempt.FollowsUnknownOutcome)
            return await SuspectAsync(attempt, reply).ConfigureAwait(false);

        await TryEndAsync(attempt, new RefreshCompletion { RefreshTokenNotUsed = true }).ConfigureAwait(false);
        return null;
    }

    /// <summary>B9, law 5: a rejection is evidence about the bytes that were sent. It ends the connection only if those are still the stored ones.</summary>
    private async Task<RefreshResult?> RejectGrantAsync(RefreshAttempt attempt, TokenReply reply)
    {
        Accept(attempt);
        if (await FindNewerAsync(attempt).ConfigureAwait(false) is { } newer)
            return newer;
        if (RestOfUnansweredRequest(attempt) is { } rest)
            return await FailAsync(attempt, reply, reply.Failure, takeBackIntent: true, atLeast: rest).ConfigureAwait(false);

        (bool hold, bool began, int rejected, int total) = attempt.Gate.Rejections.Note(attempt.Key, rejected: true);
        if (began)
        {
            Log.MassRejectionHeld(logger, attempt.Key.Provider, rejected, total, RejectionDetector.Window);
            events.Raise(TokenEventKind.MassRejectionHeld, attempt.Key.Provider);
        }

        bool lost = attempt.FollowsUnknownOutcome && MayHaveRotated(attempt.Provider);
        ReauthorizationReason reason = reply.Error == TokenErrorKind.InteractionRequired ? ReauthorizationReason.InteractionRequired
            : lost ? ReauthorizationReason.LostRotation
            : ReauthorizationReason.GrantRejected;

        // A lost response explains the rejection, and no other evidence is needed, unless others are rejected without such an explanation.
        bool isOfConnection = lost
            ? !attempt.Gate.Evidence.AreOthersRefused(attempt.Key) && IsUnderKnownSettings(attempt)
            : await IsOfConnectionAsync(attempt, reply, reply.Failure, isNamed: true).ConfigureAwait(false);
        if (isOfConnection && !hold)
            return await PassVerdictAsync(attempt, reply, reason).ConfigureAwait(false);

        TokenFailure failure = plan.Record(attempt.Row!.Failure, reply.Failure, reply.ErrorCode, reply.HttpStatus);
        TimeSpan pause = hold || attempt.Gate.Evidence.IsHolding ? RefreshTiming.Max(RejectionDetector.Window / 2, plan.WhileHeld(failure)) : plan.WhileHeld(failure);
        return await FailAsync(attempt, reply, reply.Failure, takeBackIntent: true, pause).ConfigureAwait(false);
    }

    /// <summary>
    /// Returns how long an unanswered request of this library may still be in progress at the provider; null if there is none, or it is certainly over. A rejection
    /// within that time decides nothing: some providers reject a refresh token while another request uses it.
    /// </summary>
    private TimeSpan? RestOfUnansweredRequest(RefreshAttempt attempt)
    {
        if (attempt is not { FollowsUnknownOutcome: true, Row: { Intent: { } intent } row })
            return null;

        TokenLifecycleOptions options = book.Options;
        TimeSpan surelyOver = options.TokenEndpointTimeout + UnansweredMargin;
        TokenFailure? failure = row.Failure is { } last && last.At >= intent.FirstAt ? last : null;

        // A request that was answered, or whose connection the provider closed, is over. A gateway's timeout says nothing about the server behind it.
        bool isOver = failure switch
        {
            null => false,
            { Kind: TokenFailureKind.NoAnswer } when intent.AttemptCount <= 2 => failure.At - intent.FirstAt < options.TokenEndpointTimeout / 2,
            { Kind: TokenFailureKind.NoAnswer } or { HttpStatus: 502 or 504 } => false,
            _ => true,
        };
        if (isOver)
            return null;

        // Both times are the store's. After more than two attempts the first is not the last unanswered one, so the recorded failure is used as well.
        TimeSpan passed = intent.LastAt - intent.FirstAt;
        if (intent.AttemptCount > 2 && failure is not null)
            passed = RefreshTiming.Min(passed, RefreshTiming.Max(time.GetUtcNow() - failure.At, TimeSpan.Zero));
        TimeSpan rest = surelyOver - passed;
        return rest > TimeSpan.Zero ? rest : null;
    }

    /// <summary>
    /// Returns whether a refusal is about this connection: law 6 and <c>docs/adr/0022</c>. Some providers respond to a wrong secret in the same way as to a revoked grant, so another connection
    /// has to be refreshed in between. Records the refusal, and notifies the operator if every connection is refused.
    /// </summary>
    /// <param name="attempt">The attempt.</param>
    /// <param name="reply">The refusal.</param>
    /// <param name="kind">The kind to record.</param>
    /// <param name="isNamed">Whether the error code names the grant: then one refusal is enough, otherwise it takes several over more than a day.</param>
    private async Task<bool> IsOfConnectionAsync(RefreshAttempt attempt, TokenReply reply, TokenFailureKind kind, bool isNamed)
    {
        RefusalEvidence evidence = attempt.Gate.Evidence;
        if (!evidence.IsCurrent(attempt.Began))
            return false; // The operator replaced the settings while the request was in progress.

        TokenFailure failure = plan.Record(attempt.Row!.Failure, kind, reply.ErrorCode, reply.HttpStatus);
        bool isProven = evidence.IsOfConnection(attempt.Key, attempt.Began, failure.Attempts > 1 ? failure.FirstAt : null);
        evidence.Refused(attempt.Key);
        attempt.IsProven = isProven;
        if (isProven)
            return isNamed || IsOld(failure);

        if (evidence.AreOthersRefused(attempt.Key) || !IsUnderKnownSettings(attempt))
        {
            if (isNamed || IsOld(failure))
                ReportHeld(attempt);
            return false;
        }

        // No other connection was refreshed or refused since. An error about the client or the request itself is not decisive without one.
        if (!isNamed && (kind is not TokenFailureKind.UnknownRejection || IsOfRequest(reply)))
            return false;
        return IsOld(failure) || (isNamed && !await others.ExistAsync(attempt.Key, attempt.Gate).ConfigureAwait(false));
    }

    private static bool IsOld(TokenFailure failure) => failure.Attempts >= UnknownRejectionsBeforeVerdict && failure.At - failure.FirstAt >= UnknownRejectionsOver;

    /// <summary>Returns whether the provider reports the request as malformed, and no rule states that it means the grant.</summary>
    private static bool IsOfRequest(TokenReply reply) => reply is { Error: TokenErrorKind.ConcurrentUse, ErrorCode: "invalid_request" };

    /// <summary>Returns whether the current tokens were received under the current client settings, as far as is known.</summary>
    private static bool IsUnderKnownSettings(RefreshAttempt attempt) =>
        attempt.Row!.ClientFingerprint is { Length: > 0 } receivedWith
            ? string.Equals(receivedWith, attempt.Gate.Client.FingerprintOf(attempt.Provider), StringComparison.Ordinal)
            : !(attempt.Gate.Client.ChangedAt is { } changed && attempt.Row.ReceivedAt < changed);

    private void ReportHeld(RefreshAttempt attempt)
    {
        (bool began, int refused) = attempt.Gate.Evidence.Hold();
        if (!began)
            return;

        Log.RefusalsHeld(logger, attempt.Key.Provider, refused);
        events.Raise(TokenEventKind.MassRejectionHeld, attempt.Key.Provider);
    }

    /// <summary>C6: refused, but not by name. Only many such answers over more than a day are taken for an end.</summary>
    private async Task<RefreshResult?> SuspectAsync(RefreshAttempt attempt, TokenReply reply, TokenFailureKind kind = TokenFailureKind.UnknownRejection)
    {
        if (await IsOfConnectionAsync(attempt, reply, kind, isNamed: false).ConfigureAwait(false))
        {
            return await FindNewerAsync(attempt).ConfigureAwait(false)
                ?? await PassVerdictAsync(attempt, reply, ReauthorizationReason.RepeatedUnknownRejection, kind).ConfigureAwait(false);
        }

        RefreshResult? failed = await FailAsync(attempt, reply, kind, takeBackIntent: true).ConfigureAwait(false);
        return failed is { Kind: RefreshResultKind.Unavailable, Row: { Failure: { } failure } row } && IsOfRequest(reply) && IsOld(failure)
            ? RefreshResult.ClientRejected(attempt.Key.Provider, reply.ErrorCode, row)
            : failed;
    }

    /// <summary>
    /// Handles a 4xx that is not an OAuth error response, such as a firewall's page. It is treated as temporary while all connections get it. If one connection gets it for days while others are
    /// refreshed, it is about that connection.
    /// </summary>
    private Task<RefreshResult?> OddRefusalAsync(RefreshAttempt attempt, TokenReply reply) => SuspectAsync(attempt, reply, TokenFailureKind.ProtocolError);

    private async Task<RefreshResult?> PassVerdictAsync(RefreshAttempt attempt, TokenReply reply, ReauthorizationReason reason, TokenFailureKind? kind = null)
    {
        StoredToken row = attempt.Row!;
        TokenFailure failure = plan.Record(row.Failure, kind ?? reply.Failure, reply.ErrorCode, reply.HttpStatus);
        var ending = new RefreshCompletion
        {
            RefreshTokenNotUsed = true,
            Failure = failure,
            Reauthorization = reason,
            NextRefreshAt = teller.NextTelling(),
            ClientFingerprint = attempt.IsProven ? ClientFingerprint.Irrelevant : attempt.Gate.Client.FingerprintOf(attempt.Provider),
        };
        if (await TryEndAsync(attempt, ending).ConfigureAwait(false) == false)
        {
            // A6: another holder has taken over, and may be why this attempt was rejected: that holder decides.
            return await FindNewerAsync(attempt).ConfigureAwait(false)
                ?? RefreshResult.Unavailable(TokenFailureKind.LeaseUnavailable, TimeSpan.FromSeconds(5), row);
        }

        attempt.Gate.Evidence.Decided(attempt.Key);
        StoredToken ended = row.After(ending);
        book.Publish(ended, attempt.Provider);
        Log.ReauthorizationRequired(logger, attempt.Key, reason, reply.ErrorCode);
        metrics.ReauthorizationRequired(attempt.Key.Provider, reason);
        teller.Tell(ended);
        return RefreshResult.Reauthorize(reason, ended);
    }

    /// <summary>Handles a connection that already required a reconnect, was retried because the client settings changed, and was refused again. Its user was already notified.</summary>
    private async Task<RefreshResult?> KeepVerdictAsync(RefreshAttempt attempt, TokenReply reply, ReauthorizationReason reason)
    {
        if (await FindNewerAsync(attempt).ConfigureAwait(false) is { } newer)
            return newer;

        StoredToken row = attempt.Row!;
        var ending = new RefreshCompletion
        {
            RefreshTokenNotUsed = true,
            Failure = plan.Record(row.Failure, reply.Failure, reply.ErrorCode, reply.HttpStatus),
            Reauthorization = reason,
            NextRefreshAt = row.NextRefreshAt,
            ClientFingerprint = attempt.Gate.Client.FingerprintOf(attempt.Provider),
        };
        await TryEndAsync(attempt, ending).ConfigureAwait(false);
        StoredToken ended = row.After(ending);
        book.Publish(ended, attempt.Provider);
        return RefreshResult.Reauthorize(reason, ended);
    }

    /// <summary>
    /// Law 6: the operator has to act, and no connection requires a reconnect. But if only one connection gets this response while others are refreshed, it blocks no other and is about that connection: a refresh
    /// token of another client, or a provider that names the client when the grant was revoked.
    /// </summary>
    private async Task<RefreshResult?> RejectClientAsync(RefreshAttempt attempt, TokenReply reply)
    {
        ProviderCircuit gate = attempt.Gate;
        bool isOnly = attempt.Row is null || reply.Outcome == TokenOutcome.NotSent || (!gate.Client.IsRejectedForOthers(attempt.Key) && !await others.ExistAsync(attempt.Key, gate).ConfigureAwait(false));
        (bool closed, bool news) = gate.RejectClient(attempt.Key, attempt.Provider, reply.ErrorCode, isOnly);
        if (news)
        {
            Log.ClientRejected(logger, attempt.Key.Provider, reply.HttpStatus, reply.ErrorCode, ClientStanding.ProbeInterval);
            events.Raise(TokenEventKind.ClientRejected, attempt.Key.Provider);
        }

        bool mayBeOfConnection = attempt.Row is not null && !closed && reply.ErrorCode is "unauthorized_client" or "invalid_client";
        if (mayBeOfConnection && await IsOfConnectionAsync(attempt, reply, TokenFailureKind.ClientRejected, isNamed: false).ConfigureAwait(false))
        {
            return await FindNewerAsync(attempt).ConfigureAwait(false)
                ?? await PassVerdictAsync(attempt, reply, ReauthorizationReason.RepeatedUnknownRejection).ConfigureAwait(false);
        }

        if (isOnly)
        {
            await TryEndAsync(attempt, new RefreshCompletion { RefreshTokenNotUsed = true }).ConfigureAwait(false);
            return RefreshResult.ClientRejected(attempt.Key.Provider, reply.ErrorCode, attempt.Row);
        }

        // The connection pauses, so that another connection makes the next probe.
        RefreshResult? failed = await FailAsync(attempt, reply, TokenFailureKind.ClientRejected, takeBackIntent: true, plan.WhileClientRejected(attempt.Row?.Failure)).ConfigureAwait(false);
        return failed is { Kind: RefreshResultKind.Unavailable } ? RefreshResult.ClientRejected(attempt.Key.Provider, reply.ErrorCode, failed.Row) : failed;
    }

    private Task<RefreshResult?> ThrottleAsync(RefreshAttempt attempt, TokenReply reply) =>
        FailAsync(attempt, reply, TokenFailureKind.RateLimited, takeBackIntent: true, atLeast: attempt.Gate.Throttle(attempt.Key, attempt.Provider, reply.RetryAfter));

    private async Task<RefreshResult?> FailAsync(RefreshAttempt attempt, TokenReply reply, TokenFailureKind kind, bool takeBackIntent, TimeSpan? atLeast = null)
    {
        if (reply is { HttpStatus: 503, RetryAfter: { } asked })
            attempt.Gate.Throttle(attempt.Key, attempt.Provider, asked);

        StoredToken? row = attempt.Row;
        TokenFailure? previous = row is not null ? row.Failure : _rowless.Find(attempt.Key);
        TokenFailure failure = plan.Record(previous, kind, reply.ErrorCode, reply.HttpStatus);
        DateTimeOffset next = plan.AfterFailure(row ?? ReceivedTokens.Empty(attempt, time.GetUtcNow()), failure, atLeast ?? reply.RetryAfter, row is null ? TimeSpan.Zero : book.RemainingOf(row));
        Log.RefreshFailed(logger, attempt.Key, kind, reply.HttpStatus, reply.ErrorCode, reply.Detail, failure.Attempts, next);
        events.Raise(TokenEventKind.RefreshFailed, attempt.Key, failure: failure);

        TimeSpan pause = next - time.GetUtcNow();
        if (row is null)
        {
            _rowless.Add(attempt.Key, failure, next);
            return RefreshResult.Unavailable(kind, pause);
        }

        // If the connection already required a reconnect and was retried, the stored time is when to notify its user again.
        // The failure replaces the record that the tokens were saved late. The intent then stands for it, so that a later rejection is still known to be a lost rotation.
        var ending = new RefreshCompletion
        {
            RefreshTokenNotUsed = takeBackIntent && row.Failure?.Kind != TokenFailureKind.SavedLate,
            Failure = failure,
            NextRefreshAt = row.Reauthorization is null ? next : row.NextRefreshAt,
        };
        if (await TryEndAsync(attempt, ending).ConfigureAwait(false) == false && await FindNewerAsync(attempt).ConfigureAwait(false) is { } newer)
            return newer;

        StoredToken failed = row.After(ending);
        book.Publish(failed, attempt.Provider);
        return RefreshResult.Unavailable(kind, pause, failed);
    }

    /// <summary>Law 4: saved, or waiting to be saved, and only then published. A12: a conflicting row is newer and is used instead.</summary>
    private async Task<RefreshResult> PublishAsync(RefreshAttempt attempt, StoredToken row, SaveResult? saved)
    {
        if (saved is null)
        {
            // Disconnected here while the request was in progress: then there is nothing to save either, whenever the store returns.
            if (book.Publish(row, attempt.Provider, attempt.IsForced, received: true) is null && attempt.Row is not null)
            {
                persistence.Forget(attempt.Key);
                return await GiveBackAsync(attempt, row).ConfigureAwait(false);
            }

            events.Raise(TokenEventKind.SaveDelayed, attempt.Key);
            return RefreshResult.Refreshed(row);
        }

        if (saved.IsSaved)
        {
            StoredToken stored = saved.Token!;
            book.Publish(stored, attempt.Provider, attempt.IsForced, received: true);
            if (stored.Failure is null)
            {
                Log.Refreshed(logger, attempt.Key, stored.Tokens.ExpiresAt);
                events.Raise(TokenEventKind.Refreshed, attempt.Key);
            }

            return RefreshResult.Refreshed(stored);
        }

        if (saved.Token is { } current)
        {
            book.Publish(current, attempt.Provider);
            Log.Adopted(logger, attempt.Key);
            return RefreshResult.Adopted(current);
        }

        return await GiveBackAsync(attempt, row).ConfigureAwait(false);
    }

    /// <summary>Disconnected meanwhile (B10, RV-3): the row stays deleted, and the tokens that were just issued are revoked.</summary>
    private async Task<RefreshResult> GiveBackAsync(RefreshAttempt attempt, StoredToken row)
    {
        book.Drop(row);
        await revoker.RevokeAsync(attempt.Key, attempt.Provider, row.Tokens).ConfigureAwait(false);
        return RefreshResult.Reauthorize(ReauthorizationReason.NotConnected);
    }

    /// <summary>Completes a delayed save.</summary>
    public async Task OnSettledAsync(RefreshAttempt attempt, StoredToken row, SaveResult settled)
    {
        if (settled.Token is { } stored)
            book.Publish(stored, attempt.Provider);
        else
            await GiveBackAsync(attempt, row).ConfigureAwait(false);
        if (settled.IsSaved)
            events.Raise(TokenEventKind.Refreshed, attempt.Key);
    }

    /// <summary>What is stored instead of the row that this attempt was about; null if that row is still the stored one.</summary>
    private async Task<RefreshResult?> FindNewerAsync(RefreshAttempt attempt)
    {
        StoredToken? current = await store.FindAsync(attempt.Key).ConfigureAwait(false);
        if (current is null)
            return RefreshResult.Reauthorize(ReauthorizationReason.NotConnected);
        if (current.Version == attempt.Row!.Version)
            return null;

        return Adopt(current, attempt.Provider);
    }

    /// <summary>Uses the row that another process has stored.</summary>
    public RefreshResult Adopt(StoredToken current, OAuthProviderOptions provider)
    {
        book.Publish(current, provider);
        Log.Adopted(logger, current.Key);
        return current.Reauthorization is { } reason ? RefreshResult.Reauthorize(reason, current) : RefreshResult.Adopted(current);
    }

    /// <summary>Publishes and reports a remembered row that replaced an older one in a store that went back in time.</summary>
    public void ReportRestored(StoredToken restored, OAuthProviderOptions provider)
    {
        book.Restore(restored, provider);
        Log.StoreWentBack(logger, restored.Key);
    }

    /// <summary>Releases the lease. If the store cannot be reached, it expires.</summary>
    /// <returns>Whether it was recorded; null if that is unknown.</returns>
    private async Task<bool?> TryEndAsync(RefreshAttempt attempt, RefreshCompletion ending)
    {
        if (attempt is not { AttemptId: { } attemptId, Row: { } row })
            return null;
        if (attempt.WasSentBefore)
            ending = ending with { RefreshTokenNotUsed = false }; // The intent counts the earlier request, whatever the outcome of this one is.

        try
        {
            return await store.CompleteRefreshAsync(attempt.Key, attemptId, row.Version, ending).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Logged by StoreAccess. This process may still hold the lease: the next attempt continues this one.
            unsettled.Add(attempt.Key, attemptId, wasSent: !ending.RefreshTokenNotUsed);
            return null;
        }
    }

    private static bool MayHaveRotated(OAuthProviderOptions provider) => provider.Rotation is RefreshTokenRotation.MayRotate or RefreshTokenRotation.EveryUse;

    private void Accept(RefreshAttempt attempt)
    {
        if (attempt.Gate.AcceptClient())
            Log.ClientAccepted(logger, attempt.Key.Provider);
    }
}
