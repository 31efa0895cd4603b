using Microsoft.Extensions.Logging;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Notifications;
using TokenLifecycle.Protocol;
using TokenLifecycle.Providers;
using TokenLifecycle.State;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Refresh;

/// <summary>Handles a response with new tokens, or with nothing usable but a refresh token, after they were saved.</summary>
internal sealed class RefreshSuccessHandler(
    RefreshedTokenWriter writer,
    RowlessFailures rowless,
    TokenEventDispatcher events,
    TimeProvider time,
    ILogger<ITokenManager> logger)
{
    /// <summary>Handles new tokens.</summary>
    public async Task<NextStep> SucceedAsync(RefreshAttempt attempt, TokenReply reply, ReceivedRow received, SaveResult? saved)
    {
        AcceptClient(attempt);
        attempt.Gate.NoteSuccess(attempt.Key, attempt.Began);
        rowless.Remove(attempt.Key);

        StoredToken row = received.Row;
        RefreshResult result = await writer.PublishAsync(attempt, row, saved).ConfigureAwait(false);
        if (result.Kind == RefreshResultKind.Refreshed && attempt.Row is { } replaced)
            NotifyOfChanges(replaced, row.Tokens, received.At);
        if (!received.IsExpired || result.Kind != RefreshResultKind.Refreshed)
            return result;
        if (row.Failure is not { } failure)
            return NextStep.SendAgain;

        // D5: counted as a failure, so that a provider which hands out dead tokens is not asked in a loop.
        Log.RefreshFailed(logger, attempt.Key, failure.Kind, reply.HttpStatus, errorCode: null, reply.Detail, failure.Attempts, row.NextRefreshAt);
        events.Raise(TokenEventKind.RefreshFailed, attempt.Key, failure: failure);
        return RefreshResult.Unavailable(failure.Kind, row.NextRefreshAt!.Value - received.At, result.Row);
    }

    /// <summary>B6: the answer was refused, and its refresh token saved.</summary>
    public async Task<NextStep> SalvageAsync(RefreshAttempt attempt, TokenReply reply, ReceivedRow received, SaveResult? saved)
    {
        Log.RefreshTokenSalvaged(logger, attempt.Key, reply.Detail);
        RefreshResult result = await writer.PublishAsync(attempt, received.Row, saved).ConfigureAwait(false);
        if (result.Kind != RefreshResultKind.Refreshed)
            return result;

        events.Raise(TokenEventKind.RefreshFailed, attempt.Key, failure: received.Row.Failure);
        return RefreshResult.Unavailable(TokenFailureKind.ProtocolError, (received.Row.NextRefreshAt ?? received.At) - time.GetUtcNow(), result.Row);
    }

    private void NotifyOfChanges(StoredToken before, TokenSet tokens, DateTimeOffset now)
    {
        if (before.Tokens.Scopes is { } had && tokens.Scopes is { } has && had.Except(has, StringComparer.Ordinal).Any())
            events.Raise(TokenEventKind.ScopesReduced, before.Key);
        if (RefreshTokenDeadline.IsTimeToTell(tokens, before.ReceivedAt, now))
            events.Raise(TokenEventKind.RefreshTokenExpiring, before.Key);
    }

    /// <summary>Records that the provider has accepted the client.</summary>
    public void AcceptClient(RefreshAttempt attempt)
    {
        if (attempt.Gate.AcceptClient())
            Log.ClientAccepted(logger, attempt.Key.Provider);
    }
}
