using Microsoft.Extensions.Options;
using TokenLifecycle.Options;
using TokenLifecycle.Providers;
using TokenLifecycle.Storage;

namespace TokenLifecycle.State;

/// <summary>
/// Answers the questions about a row that need its provider's settings: its windows, its remaining life, its state; and publishes it.
/// </summary>
internal sealed class ConnectionEvaluator(TokenCache cache, ProviderRegistry providers, IOptionsMonitor<TokenLifecycleOptions> options, TimeProvider time)
{
    /// <summary>How much earlier than planned a row may be found due without anything being wrong.</summary>
    private static readonly TimeSpan DueSlack = TimeSpan.FromSeconds(5);

    public TokenLifecycleOptions Options => options.CurrentValue;

    public CachedToken? Publish(StoredToken row, OAuthProviderOptions provider, bool forced = false, bool received = false) =>
        cache.Publish(row, TimingOf(row.Tokens, provider), Options, forced, received);

    /// <summary>Publishes a row that has just replaced an older one, whatever version the store assigned.</summary>
    public void Restore(StoredToken row, OAuthProviderOptions provider) => cache.Restore(row, TimingOf(row.Tokens, provider), Options);

    /// <summary>Returns what this process remembers if it has seen the stored refresh token replaced; null otherwise.</summary>
    public StoredToken? FindReplacementOf(StoredToken stored) =>
        cache.Find(stored.Key) is { Row: { } remembered } && stored.WasReplacedBy(remembered) ? remembered : null;

    /// <summary>Forgets a connection that turned out to be gone from the store.</summary>
    public void Drop(StoredToken row) => cache.End(row.Key, row.Version);

    public RefreshTiming TimingOf(TokenSet tokens, OAuthProviderOptions provider) => RefreshTiming.For(Options, provider, tokens.Lifetime);

    /// <summary>How long the access token of a row lives by the stricter clock; null if unknown.</summary>
    public TimeSpan? RemainingOf(StoredToken row)
    {
        TimeSpan? remaining = row.Tokens.ExpiresAt - time.GetUtcNow();
        if (cache.Find(row.Key) is { } known && string.Equals(known.Row!.Tokens.AccessToken, row.Tokens.AccessToken, StringComparison.Ordinal)
            && cache.RemainingOf(known) is { } byBothClocks && byBothClocks < remaining)
            return byBothClocks;

        return remaining;
    }

    public static bool IsRenewable(StoredToken row, OAuthProviderOptions provider) =>
        provider.GrantType == OAuthGrantType.ClientCredentials || row.Tokens.RefreshToken is not null;

    /// <summary>Returns the fingerprint of the client settings in the form that a row stores.</summary>
    public string FingerprintOf(string provider, OAuthProviderOptions options) => providers.GateOf(provider).Client.FingerprintOf(options);

    public FreshnessVerdict VerdictOf(StoredToken? row, OAuthProviderOptions provider) =>
        row is null
            ? Freshness.Of(token: null, remaining: null, default, renewable: false)
            : Freshness.Of(Reopened(row, provider), RemainingOf(row), TimingOf(row.Tokens, provider), IsRenewable(row, provider));

    public RefreshNeed NeedOf(StoredToken row, OAuthProviderOptions provider, RefreshDemand demand) =>
        RefreshNeed.Of(Reopened(row, provider), RemainingOf(row), TimingOf(row.Tokens, provider), demand, IsRenewable(row, provider), time.GetUtcNow(), IsRefusedUnderFormerSettings(row, provider), demand.IsDue ? UntilDue(row, provider) : TimeSpan.Zero);

    /// <summary>
    /// Returns for how long a row that the store has found due is not due all the same, because its tokens are too young; zero if it is
    /// due. Tokens that this process received are as old as its own clocks show. The age of other tokens shows the clock by which the store
    /// found the row due (docs/adr/0024).
    /// </summary>
    public TimeSpan UntilDue(StoredToken row, OAuthProviderOptions provider)
    {
        if (row is not { Failure: null, Reauthorization: null, Intent.AttemptCount: 1 } || RefreshSchedule.ShortestWait(row.Tokens, TimingOf(row.Tokens, provider), row.ReceivedAt) is not { } wait)
            return TimeSpan.Zero;

        TimeSpan slack = RefreshTiming.Min(DueSlack, wait / 4);
        CachedToken? known = cache.Find(row.Key) is { } found && found.Row!.HoldsSameTokens(row) ? found : null;
        TimeSpan age = known?.AgeBy(time) ?? row.Intent.LastAt - row.ReceivedAt;
        return age < -slack || age >= wait - slack ? TimeSpan.Zero : wait - age;
    }

    /// <summary>
    /// Returns the row as if no reconnect were required, if the client settings may have been the reason and have changed since. The
    /// connection is then retried once. At least a minute passes in between, so that processes with different settings (for example, during
    /// a deployment) do not retry in alternation.
    /// </summary>
    private StoredToken Reopened(StoredToken row, OAuthProviderOptions provider) =>
        row is { Reauthorization: not null, ClientFingerprint: { Length: > 0 } refusedWith, Failure: { } failure }
        && time.GetUtcNow() - failure.At >= ClientStanding.ProbeInterval
        && !string.Equals(refusedWith, FingerprintOf(row.Key.Provider, provider), StringComparison.Ordinal)
            ? row with { Reauthorization = null, NextRefreshAt = null }
            : row;

    /// <summary>
    /// Returns whether the last attempt was refused before the operator changed the client settings, so that there is no reason to wait.
    /// </summary>
    private bool IsRefusedUnderFormerSettings(StoredToken row, OAuthProviderOptions provider) =>
        row.Failure is { } failure
        && RefreshSchedule.IsRefusal(failure.Kind, failure.HttpStatus)
        && failure.At <= providers.GateOf(row.Key.Provider).Observe(provider);
}
