using Microsoft.Extensions.Options;
using TokenLifecycle.Options;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Lifecycle;

/// <summary>Answers the questions about a row that need its provider's settings: its windows, its remaining life, its state; and publishes it.</summary>
internal sealed class RowBook(TokenCache cache, ProviderDirectory providers, IOptionsMonitor<TokenLifecycleOptions> options, TimeProvider time)
{
    public TokenLifecycleOptions Options => options.CurrentValue;

    public CachedToken? Publish(StoredToken row, OAuthProviderOptions provider, bool forced = false) =>
        cache.Publish(row, TimingOf(row.Tokens, provider), Options, forced);

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
        provider.Grant == ConnectionGrant.ClientCredentials || row.Tokens.RefreshToken is not null;

    public FreshnessVerdict VerdictOf(StoredToken? row, OAuthProviderOptions provider) =>
        row is null
            ? Freshness.Of(token: null, remaining: null, default, renewable: false)
            : Freshness.Of(row, RemainingOf(row), TimingOf(row.Tokens, provider), IsRenewable(row, provider));

    public RefreshNeed NeedOf(StoredToken row, OAuthProviderOptions provider, RefreshDemand demand) =>
        RefreshNeed.Of(row, RemainingOf(row), TimingOf(row.Tokens, provider), demand, IsRenewable(row, provider), time.GetUtcNow(), IsRefusedUnderFormerSettings(row, provider));

    /// <summary>Whether the last attempt was refused before the operator changed the client settings: then nothing is left to wait for.</summary>
    private bool IsRefusedUnderFormerSettings(StoredToken row, OAuthProviderOptions provider) =>
        row.Failure is { } failure
        && RefreshPlan.IsRefusal(failure.Kind, failure.HttpStatus)
        && failure.At <= providers.GateOf(row.Key.Provider).Observe(provider);
}
