using Microsoft.Extensions.Logging;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Notifications;
using TokenLifecycle.Protocol;
using TokenLifecycle.Providers;
using TokenLifecycle.State;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Refresh;

/// <summary>Records a failed attempt: when the next one is due, and what callers get until then.</summary>
internal sealed class RefreshFailureWriter(
    RefreshedTokenWriter writer,
    ConnectionEvaluator book,
    RefreshSchedule plan,
    RowlessFailures rowless,
    TokenEventDispatcher events,
    TimeProvider time,
    ILogger<ITokenManager> logger)
{
    public async Task<RefreshResult> FailAsync(RefreshAttempt attempt, TokenReply reply, TokenFailureKind kind, bool takeBackIntent, TimeSpan? atLeast = null)
    {
        if (reply is { HttpStatus: 503, RetryAfter: { } asked })
            attempt.Gate.Throttle(attempt.Key, attempt.Provider, asked);

        StoredToken? row = attempt.Row;
        TokenFailure? previous = row is not null ? row.Failure : rowless.Find(attempt.Key);
        TokenFailure failure = plan.Record(previous, kind, reply.ErrorCode, reply.HttpStatus);
        DateTimeOffset next = plan.AfterFailure(row ?? ReceivedTokens.Empty(attempt, time.GetUtcNow()), failure, atLeast ?? reply.RetryAfter, row is null ? TimeSpan.Zero : book.RemainingOf(row));
        Log.RefreshFailed(logger, attempt.Key, kind, reply.HttpStatus, reply.ErrorCode, reply.Detail, failure.Attempts, next);
        events.Raise(TokenEventKind.RefreshFailed, attempt.Key, failure: failure);

        TimeSpan pause = next - time.GetUtcNow();
        if (row is null)
        {
            rowless.Add(attempt.Key, failure, next);
            return RefreshResult.Unavailable(kind, pause);
        }

        // If the connection already required a reconnect and was retried, the stored time is when to notify its user again. The failure
        // replaces the record that the tokens were saved late. The intent then stands for it, so that a later rejection is still known to
        // be a lost rotation.
        var ending = new RefreshCompletion
        {
            RefreshTokenNotUsed = takeBackIntent && row.Failure?.Kind != TokenFailureKind.SavedLate,
            Failure = failure,
            NextRefreshAt = row.Reauthorization is null ? next : row.NextRefreshAt,
        };
        if (await writer.TryEndAsync(attempt, ending).ConfigureAwait(false) == false && await writer.FindNewerAsync(attempt).ConfigureAwait(false) is { } newer)
            return newer;

        StoredToken failed = row.After(ending);
        book.Publish(failed, attempt.Provider);
        return RefreshResult.Unavailable(kind, pause, failed);
    }
}
