using TokenLifecycle.Diagnostics;
using TokenLifecycle.State;

namespace TokenLifecycle.Connections;

/// <summary>
/// The API as apps see it: returns cached tokens, and counts and traces the calls that <see cref="TokenManager"/> handles.
/// </summary>
internal sealed class MeasuredTokenManager(TokenManager manager, TokenCache cache, TokenMetrics metrics, TimeProvider time) : ITokenManager
{
    private const string Warm = "warm";
    private const string Cold = "cold";

    public ValueTask<AccessToken> GetAccessTokenAsync(TokenKey key, CancellationToken cancellationToken = default) =>
        cache.TryGetWarm(key, out CachedToken entry)
            ? HandOut(key, entry)
            : MeasureAsync(key, Cold, manager.GetAccessTokenAsync, cancellationToken);

    public ValueTask<AccessToken> GetAccessTokenAsync(TokenKey key, TimeSpan minimumValidity, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(minimumValidity, TimeSpan.Zero);
        return cache.TryGetWarm(key, out CachedToken entry) && (cache.RemainingOf(entry) is not { } remaining || remaining >= minimumValidity)
            ? HandOut(key, entry)
            : GetAsync(key, minimumValidity, cancellationToken);
    }

    public Task<AccessToken> RefreshAsync(TokenKey key, AccessToken? rejected = null, CancellationToken cancellationToken = default) =>
        MeasureAsync(key, TelemetryNames.Of(RefreshReason.Forced), async (whose, cancel) => await manager.RefreshAsync(whose, rejected, cancel).ConfigureAwait(false), cancellationToken).AsTask();

    public Task SaveAsync(TokenKey key, TokenSet tokens, CancellationToken cancellationToken = default) => manager.SaveAsync(key, tokens, cancellationToken);

    public Task<RevocationOutcome> DisconnectAsync(TokenKey key, CancellationToken cancellationToken = default) => manager.DisconnectAsync(key, cancellationToken);

    public Task<ConnectionStatus> GetStatusAsync(TokenKey key, CancellationToken cancellationToken = default) => manager.GetStatusAsync(key, cancellationToken);

    /// <summary>A separate method, because what a closure captures is allocated where its method begins.</summary>
    private ValueTask<AccessToken> GetAsync(TokenKey key, TimeSpan minimumValidity, CancellationToken cancellationToken) =>
        MeasureAsync(key, Cold, (whose, cancel) => manager.GetAccessTokenAsync(whose, minimumValidity, cancel), cancellationToken);

    /// <summary>No I/O, no lock, no allocation.</summary>
    private ValueTask<AccessToken> HandOut(TokenKey key, CachedToken entry)
    {
        if (metrics.WatchesHandOuts)
            metrics.HandedOut(key.Provider, Warm, cache.RemainingOf(entry));
        return new ValueTask<AccessToken>(entry.Token!);
    }

    /// <summary>Skipped while nothing listens: it would be one more asynchronous method around those that read the token.</summary>
    private ValueTask<AccessToken> MeasureAsync(TokenKey key, string success, Func<TokenKey, CancellationToken, ValueTask<AccessToken>> get, CancellationToken cancellationToken) =>
        metrics.WatchesHandOuts || TokenTracing.IsWatched ? WatchAsync(key, success, get, cancellationToken) : get(key, cancellationToken);

    private async ValueTask<AccessToken> WatchAsync(TokenKey key, string success, Func<TokenKey, CancellationToken, ValueTask<AccessToken>> get, CancellationToken cancellationToken)
    {
        using TokenSpan activity = TokenTracing.StartGet();
        (string Outcome, string? ErrorType) ended = (success, null);
        string provider = key.Provider;
        AccessToken? token = null;
        try
        {
            token = await get(key, cancellationToken).ConfigureAwait(false);
            return token;
        }
        catch (Exception failure)
        {
            ended = OutcomeOf(failure);
            if (failure is ProviderConfigurationException { Reason: ProviderConfigurationReason.UnknownProvider })
                provider = TelemetryNames.OtherProvider;
            throw;
        }
        finally
        {
            activity.SetTag(TokenLifecycleDiagnostics.ProviderTag, provider);
            activity.Ended(ended.Outcome, ended.ErrorType);
            if (token is null)
                metrics.Requested(provider, ended.Outcome);
            else
                metrics.HandedOut(provider, success, token.ExpiresAt - time.GetUtcNow());
        }
    }

    private static (string Outcome, string? ErrorType) OutcomeOf(Exception failure) => failure switch
    {
        ReauthorizationRequiredException user => ("reauthorization_required", TelemetryNames.Of(user.Reason)),
        TokenTemporarilyUnavailableException later => ("unavailable", TelemetryNames.Of(later.Kind)),
        ProviderConfigurationException settings => ("misconfigured", TelemetryNames.Of(settings.Reason)),
        OperationCanceledException => ("canceled", null),
        _ => ("failed", failure.GetType().FullName),
    };
}
