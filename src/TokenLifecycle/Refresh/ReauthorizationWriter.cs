using Microsoft.Extensions.Logging;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Notifications;
using TokenLifecycle.Protocol;
using TokenLifecycle.Providers;
using TokenLifecycle.State;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Refresh;

/// <summary>Records the decision that a connection requires a reconnect.</summary>
internal sealed class ReauthorizationWriter(
    RefreshedTokenWriter writer,
    ConnectionEvaluator book,
    RefreshSchedule plan,
    ReauthorizationNotifier teller,
    TokenMetrics metrics,
    ILogger<ITokenManager> logger)
{
    /// <summary>Records that the user has to reconnect, and notifies the app.</summary>
    public async Task<RefreshResult> EndConnectionAsync(RefreshAttempt attempt, TokenReply reply, ReauthorizationReason reason, TokenFailureKind? kind = null)
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
        if (await writer.TryEndAsync(attempt, ending).ConfigureAwait(false) == false)
        {
            // A6: another holder has taken over, and may be why this attempt was rejected: that holder decides.
            return await writer.FindNewerAsync(attempt).ConfigureAwait(false)
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

    /// <summary>
    /// Handles a connection that already required a reconnect, was retried because the client settings changed, and was refused again. Its
    /// user was already notified.
    /// </summary>
    public async Task<RefreshResult> KeepEndedAsync(RefreshAttempt attempt, TokenReply reply, ReauthorizationReason reason)
    {
        if (await writer.FindNewerAsync(attempt).ConfigureAwait(false) is { } newer)
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
        await writer.TryEndAsync(attempt, ending).ConfigureAwait(false);
        StoredToken ended = row.After(ending);
        book.Publish(ended, attempt.Provider);
        return RefreshResult.Reauthorize(reason, ended);
    }
}
