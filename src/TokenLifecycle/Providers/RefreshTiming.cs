using TokenLifecycle.Options;

namespace TokenLifecycle.Providers;

/// <summary>The windows of one token, each capped so that a short-lived token is still used before it is replaced (D4).</summary>
/// <param name="RefreshBefore">Within this time before its expiry the token is served while one refresh is in progress.</param>
/// <param name="MinimumValidity">With less than this left the caller waits for the refresh.</param>
internal readonly record struct RefreshTiming(TimeSpan RefreshBefore, TimeSpan MinimumValidity)
{
    /// <summary>A second demand for a new token within this time gets the current one (E4).</summary>
    public static readonly TimeSpan ForcedRefreshInterval = TimeSpan.FromSeconds(60);

    /// <summary>However short its life, a token is not replaced by plan before it is this old (D4).</summary>
    private static readonly TimeSpan LeastUse = TimeSpan.FromSeconds(1);

    public static RefreshTiming For(TokenLifecycleOptions options, OAuthProviderOptions provider, TimeSpan? lifetime)
    {
        TimeSpan before = provider.RefreshBefore ?? options.RefreshBefore;
        before = Max(before, provider.MinimumRefreshBefore);
        if (provider.MaximumRefreshBefore is { } ceiling)
            before = Min(before, ceiling);

        TimeSpan minimum = options.MinimumValidity;
        if (lifetime is { } life)
        {
            before = Min(before, Min(life / 2, Max(life - LeastUse, TimeSpan.Zero)));
            minimum = Min(minimum, life / 4);
        }

        return new RefreshTiming(before, Min(minimum, before));
    }

    /// <summary>How long after a forced refresh another one is pointless: a minute, or half the life of a shorter-lived token.</summary>
    public static TimeSpan ForcedInterval(TimeSpan? lifetime) => lifetime is { } life ? Min(ForcedRefreshInterval, life / 2) : ForcedRefreshInterval;

    public static TimeSpan Min(TimeSpan left, TimeSpan right) => left < right ? left : right;

    public static TimeSpan Max(TimeSpan left, TimeSpan right) => left > right ? left : right;
}
