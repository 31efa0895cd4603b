using TokenLifecycle.Providers;
using TokenLifecycle.Storage;

namespace TokenLifecycle.State;

/// <summary>
/// When the next refresh is due: after a success by the token's end, after a failure by a growing pause. Drawn once and stored.
/// </summary>
internal sealed class RefreshSchedule(TimeProvider time, Random random)
{
    /// <summary>
    /// Connections that were issued together must not all be refreshed together: the buffer is used from half to the whole (BG-1).
    /// </summary>
    public const double LeadJitter = 0.5;

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    /// <summary>BG-8: a caller who waits for an expired token is not held off for longer than this.</summary>
    public static readonly TimeSpan LongestPauseOnceExpired = TimeSpan.FromSeconds(30);

    /// <summary>BG-3: a connection that keeps failing on its own is retried less and less often while no caller waits for it.</summary>
    private static readonly TimeSpan LongestPauseOfOneConnection = TimeSpan.FromHours(1);

    private static readonly TimeSpan FirstHeldPause = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan FirstSilentPause = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestSilentPause = TimeSpan.FromHours(1);

    /// <summary>The time of the next refresh of freshly received tokens; null if their expiry is unknown.</summary>
    /// <param name="tokens">The new tokens.</param>
    /// <param name="timing">The windows of the new tokens.</param>
    public DateTimeOffset? AfterSuccess(TokenSet tokens, RefreshTiming timing)
    {
        DateTimeOffset now = time.GetUtcNow();
        DateTimeOffset? next = BeforeEnd(tokens, timing, now);
        DateTimeOffset? kept = RefreshTokenDeadline.NextLook(tokens, now, random.NextDouble());
        return kept is null || next < kept ? next : kept;
    }

    /// <summary>Whether a failure concerns one connection, while others of the same provider may work.</summary>
    public static bool IsOfOneConnection(TokenFailureKind kind) =>
        kind is TokenFailureKind.UnknownRejection or TokenFailureKind.ProtocolError or TokenFailureKind.ExpiredTokenReturned;

    private DateTimeOffset? BeforeEnd(TokenSet tokens, RefreshTiming timing, DateTimeOffset now)
    {
        if (FirstEndOf(tokens, now) is not { } expiry)
            return null;

        DateTimeOffset next = expiry.Plus(-LeadOf(expiry - now, timing) * (1 - (LeadJitter * random.NextDouble())));
        DateTimeOffset earliest = now.Plus(FirstPause);
        return next > earliest ? next : earliest;
    }

    // A refresh that brought no later end would be due again at once. Half of what is left is waited at the least, so that the
    // number of attempts grows with the logarithm of the time, not with the number of callers.
    private static TimeSpan LeadOf(TimeSpan left, RefreshTiming timing) => RefreshTiming.Min(timing.RefreshBefore, RefreshTiming.Max(left / 2, TimeSpan.Zero));

    /// <summary>
    /// Returns how long after they were received tokens are due at the earliest, whatever is drawn; null if that is unknown. Compares times
    /// of the process that received them only, and relies on the shorter of two lengths, because that process's clock may have been wrong.
    /// </summary>
    public static TimeSpan? ShortestWait(TokenSet tokens, RefreshTiming timing, DateTimeOffset receivedAt)
    {
        if (tokens.Lifetime is not { } life || FirstEndOf(tokens, receivedAt) is not { } end || end <= receivedAt)
            return null;

        TimeSpan left = RefreshTiming.Min(life, end - receivedAt);
        TimeSpan wait = left - LeadOf(left, timing);
        foreach (double draw in (ReadOnlySpan<double>)[0, 1])
        {
            if (RefreshTokenDeadline.NextLook(tokens, receivedAt, draw) is { } look)
                wait = RefreshTiming.Min(wait, look - receivedAt);
        }

        return wait;
    }

    /// <summary>The time of the next refresh of tokens that were found due too early.</summary>
    /// <param name="untilDue">How long they are not due.</param>
    /// <param name="timing">Their windows.</param>
    public DateTimeOffset AfterEarlyClaim(TimeSpan untilDue, RefreshTiming timing) => time.GetUtcNow().Plus(untilDue + (timing.RefreshBefore * LeadJitter * random.NextDouble()));

    /// <summary>
    /// The time of the first refresh of tokens that another system received. Expired tokens are all due at once, so they are spread.
    /// </summary>
    /// <param name="tokens">The tokens.</param>
    /// <param name="timing">Their windows.</param>
    /// <param name="spread">Over how long.</param>
    public DateTimeOffset? AfterImport(TokenSet tokens, RefreshTiming timing, TimeSpan spread)
    {
        DateTimeOffset now = time.GetUtcNow();
        return FirstEndOf(tokens, now) <= now ? now.Plus(spread * random.NextDouble()) : AfterSuccess(tokens, timing);
    }

    /// <summary>The time of the next attempt after a failure.</summary>
    /// <param name="row">The row whose refresh failed; its intent records how often the refresh token was sent.</param>
    /// <param name="failure">The failure, with the number of attempts so far.</param>
    /// <param name="retryAfter">What the provider asked for.</param>
    /// <param name="remaining">How long the access token still lives.</param>
    public DateTimeOffset AfterFailure(StoredToken row, TokenFailure failure, TimeSpan? retryAfter, TimeSpan? remaining)
    {
        bool alone = IsOfOneConnection(failure.Kind);
        TimeSpan pause = Exponential(FirstPause, alone ? LongestPauseOfOneConnection : LongestPause, failure.Attempts);
        if (remaining is { } left)
        {
            // While the token lives there is a quarter of its remaining life to try again in; once it has expired, a caller may be waiting.
            TimeSpan longest = left > TimeSpan.Zero ? RefreshTiming.Max(left / 4, FirstPause) : alone ? LongestPauseOfOneConnection : LongestPauseOnceExpired;
            pause = RefreshTiming.Min(pause, longest);
        }

        // Sent twice and twice without any answer: see docs/adr/0004. A third time only after a long pause.
        if (failure.Kind == TokenFailureKind.NoAnswer && row.Intent is { AttemptCount: >= 2 } intent)
            pause = RefreshTiming.Max(pause, Exponential(FirstSilentPause, LongestSilentPause, intent.AttemptCount - 1));

        if (retryAfter is { } asked && asked > pause)
            pause = asked + (asked * 0.1 * random.NextDouble());

        return time.GetUtcNow().Plus(pause);
    }

    /// <summary>
    /// Returns how long a connection with a rejected grant waits while it is unknown whether the rejection is about this connection. The
    /// first wait is just long enough for another connection to be refreshed.
    /// </summary>
    public TimeSpan WhileHeld(TokenFailure failure) => Exponential(FirstHeldPause, LongestPauseOfOneConnection, failure.Attempts);

    /// <summary>
    /// Returns how long a connection waits after the provider rejected the client, so that another connection makes the next probe.
    /// </summary>
    /// <param name="previous">The stored failure, which this one follows.</param>
    public TimeSpan WhileClientRejected(TokenFailure? previous) =>
        RefreshTiming.Max(ClientStanding.ProbeInterval, Exponential(ClientStanding.ProbeInterval, LongestPauseOfOneConnection, (previous?.Attempts ?? 0) + 1));

    /// <summary>Returns whether a failure is a refusal, whatever its error code, so that several of them count as one series.</summary>
    public static bool IsRefusal(TokenFailureKind kind, int? httpStatus) =>
        kind is TokenFailureKind.UnknownRejection or TokenFailureKind.GrantRejected or TokenFailureKind.InteractionRequired or TokenFailureKind.ClientRejected
        || (kind is TokenFailureKind.ProtocolError && httpStatus is >= 400 and < 500);

    /// <summary>
    /// Returns the failure record that follows the stored one. A series of failures continues while they are of one kind, or all of them
    /// are refusals.
    /// </summary>
    public TokenFailure Record(TokenFailure? previous, TokenFailureKind kind, string? errorCode, int? httpStatus)
    {
        DateTimeOffset now = time.GetUtcNow();
        bool same = previous?.Kind == kind || (previous is not null && IsRefusal(previous.Kind, previous.HttpStatus) && IsRefusal(kind, httpStatus));
        return new TokenFailure
        {
            Kind = kind,
            At = now,
            FirstAt = same ? previous!.FirstAt : now,
            Attempts = same ? previous!.Attempts + 1 : 1,
            ErrorCode = errorCode,
            HttpStatus = httpStatus,
        };
    }

    /// <summary>
    /// D11: the token of a set that expires first determines when to refresh, because an expired refresh token refreshes nothing. Null if
    /// no expiry is known.
    /// </summary>
    private static DateTimeOffset? FirstEndOf(TokenSet tokens, DateTimeOffset now) =>
        tokens is { ExpiresAt: { } access, RefreshTokenExpiresAt: { } refresh } && refresh > now && refresh < access ? refresh : tokens.ExpiresAt;

    private TimeSpan Exponential(TimeSpan first, TimeSpan longest, int attempt)
    {
        double factor = Math.Pow(2, Math.Min(attempt - 1, 20));
        TimeSpan pause = RefreshTiming.Min(first * factor, longest);
        return pause * (1 - (0.5 * random.NextDouble()));
    }
}
