using Microsoft.Extensions.Logging;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Options;
using TokenLifecycle.Providers;
using TokenLifecycle.Refresh;
using TokenLifecycle.State;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Connections;

/// <summary>The get walk for tokens that are not cached: read, evaluate, and refresh if necessary. See the readme beside this file. Apps reach it through <see cref="MeasuredTokenManager"/>.</summary>
internal sealed class TokenManager(
    ProviderRegistry providers,
    TokenCache cache,
    ConnectionReader reader,
    RefreshCoordinator flights,
    ConnectionWriter saver,
    ConnectionDisconnector ender,
    ConnectionEvaluator book,
    TimeProvider time,
    ILogger<ITokenManager> logger) : ITokenManager
{
    /// <summary>B9: at most one recovery per call.</summary>
    private const int Rounds = 2;

    /// <summary>The longest time that a caller with a valid token waits for a refresh.</summary>
    private static readonly TimeSpan LongestWaitWhileLive = TimeSpan.FromSeconds(2);

    public ValueTask<AccessToken> GetAccessTokenAsync(TokenKey key, CancellationToken cancellationToken = default) =>
        GetAsync(key, minimumValidity: null, cancellationToken);

    public ValueTask<AccessToken> GetAccessTokenAsync(TokenKey key, TimeSpan minimumValidity, CancellationToken cancellationToken = default) =>
        GetAsync(key, minimumValidity, cancellationToken);

    public async Task SaveAsync(TokenKey key, TokenSet tokens, CancellationToken cancellationToken = default)
    {
        OAuthProviderOptions provider = providers.OptionsOf(key);
        cancellationToken.ThrowIfCancellationRequested();
        await saver.SaveAsync(key, tokens, provider).ConfigureAwait(false);
    }

    public async Task<RevocationOutcome> DisconnectAsync(TokenKey key, CancellationToken cancellationToken = default)
    {
        OAuthProviderOptions provider = providers.OptionsOf(key);
        cancellationToken.ThrowIfCancellationRequested();
        return await ender.EndAsync(key, provider).ConfigureAwait(false);
    }

    public async Task<ConnectionStatus> GetStatusAsync(TokenKey key, CancellationToken cancellationToken = default)
    {
        OAuthProviderOptions provider = providers.OptionsOf(key);
        try
        {
            StoredToken? row = await reader.ReadAsync(key, provider, cancellationToken).ConfigureAwait(false);
            return StatusReport.Of(key, row, book.VerdictOf(row, provider), provider);
        }
        catch (TokenTemporarilyUnavailableException unavailable) when (unavailable.Kind == TokenFailureKind.Unreadable)
        {
            return StatusReport.Unreadable(key, provider, time.GetUtcNow());
        }
    }

    public async Task<AccessToken> RefreshAsync(TokenKey key, AccessToken? rejected = null, CancellationToken cancellationToken = default)
    {
        OAuthProviderOptions provider = providers.OptionsOf(key);
        StoredToken? row = await reader.ReadAsync(key, provider, cancellationToken).ConfigureAwait(false);
        FreshnessVerdict verdict = book.VerdictOf(row, provider);
        if (row is not null && verdict is { IsLive: true, Reason: null } && (IsOtherThan(row, rejected) || WasForcedJustNow(row)))
            return TokenOf(row, provider);
        if (row is not null && verdict.Reason is { } reason)
            throw new ReauthorizationRequiredException(key, reason, provider.ReconnectPath);

        RefreshDemand demand = row is null ? RefreshDemand.ByPlan : RefreshDemand.Forced(row.Tokens.AccessToken);
        cancellationToken.ThrowIfCancellationRequested();
        while (true)
        {
            RefreshResult result = await flights.RunAsync(key, provider, demand, out bool started).WaitAsync(cancellationToken).ConfigureAwait(false);

            // A15: a joined flight may have been asked for less and have decided not to refresh. That does not satisfy a demand.
            if (started || !result.IsSuccess || !demand.IsForced || !string.Equals(result.Row!.Tokens.AccessToken, demand.RejectedAccessToken, StringComparison.Ordinal))
                return result.IsSuccess ? Taken(result.Row!, provider, minimumValidity: null) : throw result.ToException(key, provider);
        }
    }

    private async ValueTask<AccessToken> GetAsync(TokenKey key, TimeSpan? minimumValidity, CancellationToken cancellationToken)
    {
        OAuthProviderOptions provider = providers.OptionsOf(key);
        for (int round = 1; ; round++)
        {
            StoredToken? row = await reader.ReadAsync(key, provider, cancellationToken).ConfigureAwait(false);
            FreshnessVerdict verdict = book.VerdictOf(row, provider);
            RefreshDemand demand = DemandOf(row, provider, minimumValidity);
            if (row is not null && Served(row, verdict, provider, demand) is { } served)
                return served;
            if (verdict.Reason is { } reason && !(row is null && provider.GrantType == OAuthGrantType.ClientCredentials))
                throw new ReauthorizationRequiredException(key, reason, provider.ReconnectPath);

            if (row is not null && book.NeedOf(row, provider, demand).Pause is var pause && pause > TimeSpan.Zero)
                throw RefreshResult.Paused(row, pause).ToException(key, provider);

            cancellationToken.ThrowIfCancellationRequested(); // Who has gone already begins nothing.
            Task<RefreshResult> flight = flights.RunAsync(key, provider, demand);
            if (verdict.IsLive && !await EndsInTimeAsync(flight, row!, cancellationToken).ConfigureAwait(false))
                return TokenOf(row!, provider);

            RefreshResult result = await flight.WaitAsync(cancellationToken).ConfigureAwait(false);
            if (result.IsSuccess && (book.VerdictOf(result.Row, provider).IsLive || round == Rounds))
                return Taken(result.Row!, provider, minimumValidity);

            // Law 7: whatever has failed, a token that has not expired is served; but not that of a connection that has been disconnected meanwhile.
            StoredToken? last = result.Row ?? (result.Kind == RefreshResultKind.Reauthorize ? null : row);
            if (!result.IsSuccess && last is not null && LatestOf(last) is { } latest && IsServable(book.VerdictOf(latest, provider)))
                return TokenOf(latest, provider);
            if (!result.IsSuccess)
                throw result.ToException(key, provider);
        }
    }

    /// <summary>The token, if it can be had without waiting; begins the refresh behind the caller if one is due.</summary>
    private AccessToken? Served(StoredToken row, FreshnessVerdict verdict, OAuthProviderOptions provider, RefreshDemand demand)
    {
        if (!IsServable(verdict))
            return null;
        if (!book.NeedOf(row, provider, demand).IsNeeded)
            return TokenOf(row, provider);
        if (verdict.MustWait || demand.MinimumValidity is not null)
            return null;

        _ = flights.RunAsync(row.Key, provider, RefreshDemand.ByPlan with { Reason = RefreshReason.Due }); // Never faults: its failures are results.
        return TokenOf(row, provider);
    }

    /// <summary>Whether the token may be returned: it has not expired, and if its grant is rejected, the settings allow it to be used until it expires (G3).</summary>
    private bool IsServable(FreshnessVerdict verdict) =>
        verdict.IsLive && (verdict.Reason is null || book.Options.WhenReauthorizationRequired == ReauthorizationPolicy.ServeUntilExpiry);

    /// <summary>Whether a refresh completes while the current token is still usable: it must not expire because a response is missing, be it the provider's or another process's (law 7).</summary>
    private async Task<bool> EndsInTimeAsync(Task<RefreshResult> flight, StoredToken row, CancellationToken cancellationToken)
    {
        TimeSpan patience = RefreshTiming.Max(RefreshTiming.Min((book.RemainingOf(row) ?? TimeSpan.MaxValue) / 2, LongestWaitWhileLive), TimeSpan.Zero);

        // Waits in short steps, because the store may stop responding meanwhile.
        while (!flight.IsCompleted && patience > TimeSpan.Zero && !reader.IsStoreSilent)
        {
            TimeSpan step = RefreshTiming.Min(patience, StoreSilence.Patience);
            await ((Task)flight).WaitAsync(step, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
            patience -= step;
        }

        return flight.IsCompleted;
    }

    /// <summary>Returns the row, or a newer one of the same connection that was read or saved since.</summary>
    private StoredToken LatestOf(StoredToken row) => cache.Find(row.Key) is { Row: { } known } && known.Version > row.Version ? known : row;

    /// <summary>What to ask a refresh for. More validity than a token can have must not mean a refresh for every call.</summary>
    private RefreshDemand DemandOf(StoredToken? row, OAuthProviderOptions provider, TimeSpan? minimumValidity)
    {
        if (row is null || minimumValidity is not { } asked || book.RemainingOf(row) is not { } remaining || remaining >= asked)
            return RefreshDemand.ByPlan;

        bool young = time.GetUtcNow() - row.ReceivedAt < RefreshTiming.ForcedInterval(row.Tokens.Lifetime);
        bool pointless = provider.MaximumRefreshBefore is { } ceiling && remaining > ceiling;
        return young || pointless ? RefreshDemand.ByPlan : new RefreshDemand(RejectedAccessToken: null, asked);
    }

    private AccessToken Taken(StoredToken row, OAuthProviderOptions provider, TimeSpan? minimumValidity)
    {
        if (minimumValidity is { } asked && book.RemainingOf(row) < asked)
            Log.MinimumValidityUnreachable(logger, row.Key, asked, row.Tokens.Lifetime);
        if (!book.VerdictOf(row, provider).IsLive)
            throw new TokenTemporarilyUnavailableException(row.Key, TokenFailureKind.ExpiredTokenReturned, TimeSpan.FromSeconds(1));
        return TokenOf(row, provider);
    }

    private static bool IsOtherThan(StoredToken row, AccessToken? rejected) => rejected is not null && !string.Equals(row.Tokens.AccessToken, rejected.Value, StringComparison.Ordinal);

    private bool WasForcedJustNow(StoredToken row) =>
        cache.Find(row.Key) is { ForcedAt: > CachedToken.Never and var forcedAt, Row: { } known }
        && string.Equals(known.Tokens.AccessToken, row.Tokens.AccessToken, StringComparison.Ordinal) // Otherwise another refresh has just finished: use its result.
        && time.GetElapsedTime(forcedAt) < RefreshTiming.ForcedInterval(row.Tokens.Lifetime);

    private AccessToken TokenOf(StoredToken row, OAuthProviderOptions provider)
    {
        CachedToken? entry = cache.Find(row.Key);
        if (entry is null || !ReferenceEquals(entry.Row, row))
            entry = book.Publish(row, provider);

        return entry?.Token is { } token && string.Equals(token.Value, row.Tokens.AccessToken, StringComparison.Ordinal)
            ? token
            : new AccessToken(row.Tokens.AccessToken, row.Tokens.TokenType, row.Tokens.ExpiresAt, row.Tokens.Scopes, row.Reauthorization is not null);
    }
}
