using TokenLifecycle.Options;
using TokenLifecycle.Protocol;
using TokenLifecycle.Providers;
using TokenLifecycle.State;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Refresh;

/// <summary>
/// Creates the row of a connection after a response. Part of the critical section (docs/adr/0020): reads only clocks and memory, and never
/// throws. If a detail of the new tokens cannot be determined, they are saved without it.
/// </summary>
internal sealed class ReceivedTokens(RefreshSchedule plan, ConnectionEvaluator book, TimeProvider time)
{
    /// <summary>When to check a row again if its next refresh could not be planned.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromHours(1);

    /// <summary>Returns the row to save; null if the response holds nothing that could be an only copy.</summary>
    /// <param name="attempt">The attempt that received the response.</param>
    /// <param name="reply">The reply.</param>
    /// <param name="options">The settings as they were when the request was sent.</param>
    /// <param name="client">The fingerprint of the client settings of the request.</param>
    public ReceivedRow? RowOf(RefreshAttempt attempt, TokenReply reply, TokenLifecycleOptions options, string? client)
    {
        if (reply.Tokens is null && (reply.SalvagedRefreshToken is null || attempt.Row is null))
            return null;

        try
        {
            return reply.Tokens is { } tokens ? Succeeded(attempt, reply, tokens, options, client) : Salvaged(attempt.Row!, reply, reply.SalvagedRefreshToken!, client);
        }
        catch (Exception)
        {
            return Bare(attempt, reply, client);
        }
    }

    /// <summary>Returns the row before the first save, which holds nothing to keep.</summary>
    public static StoredToken Empty(RefreshAttempt attempt, DateTimeOffset receivedAt, TokenSet? tokens = null) => new()
    {
        Key = attempt.Key,
        Tokens = new TokenSet { AccessToken = tokens?.AccessToken ?? "none", RefreshToken = tokens?.RefreshToken },
        ReceivedAt = receivedAt,
    };

    private ReceivedRow Succeeded(RefreshAttempt attempt, TokenReply reply, TokenSet received, TokenLifecycleOptions options, string? client)
    {
        DateTimeOffset now = time.GetUtcNow();
        StoredToken old = attempt.Row ?? Empty(attempt, now, received);
        TokenSet tokens = TokenMerge.Refreshed(old, received, attempt.Provider);
        bool isExpired = tokens.ExpiresAt <= now;
        TokenFailure? failure = isExpired && !IsAnswerLostBefore(attempt, tokens) ? plan.Record(old.Failure, TokenFailureKind.ExpiredTokenReturned, errorCode: null, reply.HttpStatus) : null;

        // It does not replace a token that still works.
        TimeSpan? left = attempt.Row is { } before ? book.RemainingOf(before) : TimeSpan.Zero;
        if (failure is not null && !(left <= TimeSpan.Zero))
            tokens = old.Tokens with { RefreshToken = tokens.RefreshToken };

        DateTimeOffset? next = failure is null
            ? plan.AfterSuccess(tokens, RefreshTiming.For(options, attempt.Provider, tokens.Lifetime))
            : plan.AfterFailure(old, failure, retryAfter: null, left);
        return new ReceivedRow { Row = RowOf(old, tokens, failure, next, now, client), At = now, IsExpired = isExpired };
    }

    /// <summary>B6: the answer is refused, but the refresh token in it is the only one that still works.</summary>
    private ReceivedRow Salvaged(StoredToken old, TokenReply reply, string refreshToken, string? client)
    {
        TokenFailure failure = plan.Record(old.Failure, TokenFailureKind.ProtocolError, reply.ErrorCode, reply.HttpStatus);
        DateTimeOffset next = plan.AfterFailure(old, failure, reply.RetryAfter, book.RemainingOf(old));
        return new ReceivedRow { Row = RowOf(old, TokenMerge.Salvaged(old, refreshToken), failure, next, old.ReceivedAt, client), At = time.GetUtcNow(), IsSalvaged = true };
    }

    /// <summary>Returns the tokens as received, on the existing row.</summary>
    private static ReceivedRow Bare(RefreshAttempt attempt, TokenReply reply, string? client)
    {
        StoredToken old = attempt.Row ?? Empty(attempt, reply.RequestedAt, reply.Tokens);
        TokenSet tokens = reply.Tokens is { } received
            ? old.Tokens with
            {
                AccessToken = received.AccessToken,
                TokenType = received.TokenType,
                RefreshToken = received.RefreshToken ?? old.Tokens.RefreshToken,
                IssuedAt = received.IssuedAt,
                ExpiresAt = received.ExpiresAt,
                Scopes = received.Scopes ?? old.Tokens.Scopes,
                Issuer = received.Issuer,
                ClientId = received.ClientId,
            }
            : old.Tokens with { RefreshToken = reply.SalvagedRefreshToken };
        return new ReceivedRow
        {
            Row = RowOf(old, tokens, failure: null, reply.RequestedAt.Plus(LookAgain), reply.RequestedAt, client),
            At = reply.RequestedAt,
            IsSalvaged = reply.Tokens is null,
        };
    }

    /// <summary>Keeps every member of the row that is not about the replaced tokens.</summary>
    private static StoredToken RowOf(StoredToken old, TokenSet tokens, TokenFailure? failure, DateTimeOffset? nextRefreshAt, DateTimeOffset receivedAt, string? client) => old with
    {
        Tokens = tokens,
        Reauthorization = null,
        Failure = failure,
        NextRefreshAt = nextRefreshAt,
        ReceivedAt = receivedAt,
        ClientFingerprint = client,
        RetiredFingerprints = old.Version == StoredToken.Unsaved ? old.RetiredFingerprints : TokenMerge.RetiredAfter(old, tokens),
        Intent = null,
    };

    /// <summary>
    /// Returns whether these are the tokens of a response that never arrived: a provider that still accepts a replaced refresh token may
    /// return the same tokens again, and the access token has expired since. This is not a fault of the provider, and the refresh token in
    /// the response gets a new access token.
    /// </summary>
    private bool IsAnswerLostBefore(RefreshAttempt attempt, TokenSet tokens) =>
        attempt is { FollowsUnknownOutcome: true, IsSecondRound: false, Row: { } row }
        && book.RemainingOf(row) <= TimeSpan.Zero
        && !string.Equals(row.Tokens.RefreshToken, tokens.RefreshToken, StringComparison.Ordinal);
}
