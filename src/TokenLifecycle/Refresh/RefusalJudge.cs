using Microsoft.Extensions.Logging;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Notifications;
using TokenLifecycle.Options;
using TokenLifecycle.Protocol;
using TokenLifecycle.Providers;
using TokenLifecycle.State;

namespace TokenLifecycle.Refresh;

/// <summary>Decides whether a refusal is about the connection, the client, or the provider (docs/adr/0022).</summary>
internal sealed class RefusalJudge(
    ConnectionEvaluator book,
    RefreshSchedule plan,
    OtherConnections others,
    TokenEventDispatcher events,
    TimeProvider time,
    ILogger<ITokenManager> logger)
{
    /// <summary>The time after which the provider has certainly finished a request.</summary>
    public TimeSpan RequestTimeout => book.Options.TokenEndpointTimeout;

    private const int UnknownRejectionsBeforeVerdict = 5;
    private static readonly TimeSpan UnknownRejectionsOver = TimeSpan.FromHours(24);

    /// <summary>How much longer than the request timeout a provider may still process a request.</summary>
    private static readonly TimeSpan UnansweredMargin = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Returns whether a refusal is about this connection: law 6 and <c>docs/adr/0022</c>. Some providers respond to a wrong secret in the
    /// same way as to a revoked grant, so another connection has to be refreshed in between. Records the refusal, and notifies the operator
    /// if every connection is refused.
    /// </summary>
    /// <param name="attempt">The attempt.</param>
    /// <param name="reply">The refusal.</param>
    /// <param name="kind">The kind to record.</param>
    /// <param name="isNamed">Whether the error code names the grant: then one refusal is enough, otherwise it takes several over more than
    /// a day.</param>
    public async Task<bool> IsOfConnectionAsync(RefreshAttempt attempt, TokenReply reply, TokenFailureKind kind, bool isNamed)
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

    /// <summary>
    /// Returns how long an unanswered request of this library may still be in progress at the provider; null if there is none, or it is
    /// certainly over. A rejection within that time decides nothing: some providers reject a refresh token while another request uses it.
    /// </summary>
    public TimeSpan? RestOfUnansweredRequest(RefreshAttempt attempt)
    {
        if (attempt is not { FollowsUnknownOutcome: true, Row: { Intent: { } intent } row })
            return null;

        TokenLifecycleOptions options = book.Options;
        TimeSpan surelyOver = options.TokenEndpointTimeout + UnansweredMargin;
        TokenFailure? failure = row.Failure is { } last && last.At >= intent.FirstAt ? last : null;

        // A request that was answered, or whose connection the provider closed, is over. A gateway's timeout says nothing about the server
        // behind it.
        bool isOver = failure switch
        {
            null => false,
            { Kind: TokenFailureKind.NoAnswer } when intent.AttemptCount <= 2 => failure.At - intent.FirstAt < options.TokenEndpointTimeout / 2,
            { Kind: TokenFailureKind.NoAnswer } or { HttpStatus: 502 or 504 } => false,
            _ => true,
        };
        if (isOver)
            return null;

        // Both times are the store's. After more than two attempts the first is not the last unanswered one, so the recorded failure is
        // used as well.
        TimeSpan passed = intent.LastAt - intent.FirstAt;
        if (intent.AttemptCount > 2 && failure is not null)
            passed = RefreshTiming.Min(passed, RefreshTiming.Max(time.GetUtcNow() - failure.At, TimeSpan.Zero));
        TimeSpan rest = surelyOver - passed;
        return rest > TimeSpan.Zero ? rest : null;
    }

    /// <summary>Records a rejected grant, and notifies the operator if so many are rejected that none is decided on.</summary>
    /// <returns>Whether decisions are held back.</returns>
    public bool NoteRejection(RefreshAttempt attempt)
    {
        (bool hold, bool began, int rejected, int total) = attempt.Gate.Rejections.Note(attempt.Key, rejected: true);
        if (began)
        {
            Log.MassRejectionHeld(logger, attempt.Key.Provider, rejected, total, RejectionDetector.Window);
            events.Raise(TokenEventKind.MassRejectionHeld, attempt.Key.Provider);
        }

        return hold;
    }

    /// <summary>Records a rejected client, and notifies the operator of a new rejection.</summary>
    /// <returns>Whether there is no other connection to compare with, and whether the provider is blocked for all connections.</returns>
    public async Task<(bool IsOnly, bool IsBlocked)> NoteClientRejectionAsync(RefreshAttempt attempt, TokenReply reply)
    {
        ProviderCircuit gate = attempt.Gate;
        bool isOnly = attempt.Row is null
            || reply.Outcome == TokenOutcome.NotSent
            || (!gate.Client.IsRejectedForOthers(attempt.Key) && !await others.ExistAsync(attempt.Key, gate).ConfigureAwait(false));
        (bool isBlocked, bool isNew) = gate.RejectClient(attempt.Key, attempt.Provider, reply.ErrorCode, isOnly);
        if (isNew)
        {
            Log.ClientRejected(logger, attempt.Key.Provider, reply.HttpStatus, reply.ErrorCode, ClientStanding.ProbeInterval);
            events.Raise(TokenEventKind.ClientRejected, attempt.Key.Provider);
        }

        return (isOnly, isBlocked);
    }

    public static bool IsOld(TokenFailure failure) => failure.Attempts >= UnknownRejectionsBeforeVerdict && failure.At - failure.FirstAt >= UnknownRejectionsOver;

    /// <summary>Returns whether the provider reports the request as malformed, and no rule states that it means the grant.</summary>
    public static bool IsOfRequest(TokenReply reply) => reply is { Error: TokenErrorKind.ConcurrentUse, ErrorCode: "invalid_request" };

    /// <summary>Returns whether the current tokens were received under the current client settings, as far as is known.</summary>
    public static bool IsUnderKnownSettings(RefreshAttempt attempt) =>
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
}
