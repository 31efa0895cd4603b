using TokenLifecycle.Options;

namespace TokenLifecycle.Protocol;

/// <summary>
/// Computes when tokens expire. All of it is measured on our clock from the start of the request, so that neither a slow answer nor
/// a provider's wrong clock makes a token seem to live longer than it does (D6). The token itself is opaque and never asked (TE-10).
/// </summary>
internal sealed class TokenLifetimes
{
    private static readonly TimeSpan AccessTokenCap = TimeSpan.FromDays(365);
    private static readonly TimeSpan RefreshTokenCap = TimeSpan.FromDays(3650);
    private static readonly TimeSpan NotableSkew = TimeSpan.FromSeconds(60);

    public DateTimeOffset? ExpiresAt { get; private init; }

    public DateTimeOffset? RefreshTokenExpiresAt { get; private init; }

    public TimeSpan? ClockSkew { get; private init; }

    /// <summary>What could not be read; null if nothing.</summary>
    public string? Problem { get; private init; }

    public static TokenLifetimes Read(TokenMembers members, OAuthProviderOptions options, DateTimeOffset requestedAt, DateTimeOffset? serverDate)
    {
        long? seconds = members[options.ExpiresInField] is { } relative ? SecondsReader.Read(relative) : null;
        long? endsAt = members[options.ExpiresAtField] is { } absolute ? SecondsReader.Read(absolute) : null;
        // The provider's expiry minus the provider's current time is a lifetime; only without its Date header is our clock used.
        long? fromEnd = endsAt is { } end ? Subtract(end, (serverDate ?? requestedAt).ToUnixTimeSeconds()) : null;
        long? refresh = members[options.RefreshTokenExpiresInField] is { } value ? SecondsReader.Read(value) : null;
        return new TokenLifetimes
        {
            ExpiresAt = (seconds ?? fromEnd) is { } lifetime ? requestedAt.Plus(SecondsReader.Lifetime(lifetime, AccessTokenCap)) : null,
            // No provider issues a refresh token that is already expired: zero is how some say "never expires".
            RefreshTokenExpiresAt = refresh > 0 ? requestedAt.Plus(SecondsReader.Lifetime(refresh.Value, RefreshTokenCap)) : null,
            ClockSkew = Skew(seconds, endsAt, requestedAt, serverDate),
            Problem = seconds is null && members[options.ExpiresInField] is not null ? "The lifetime in the reply is not a number and was ignored"
                : endsAt is null && members[options.ExpiresAtField] is not null ? "The expiry time in the reply is not a number and was ignored" : null,
        };
    }

    private static TimeSpan? Skew(long? seconds, long? endsAt, DateTimeOffset requestedAt, DateTimeOffset? serverDate)
    {
        long? theirNow = seconds is { } lifetime && endsAt is { } end ? Subtract(end, lifetime) : serverDate?.ToUnixTimeSeconds();
        if (theirNow is not { } now)
            return null;
        long ahead = Subtract(now, requestedAt.ToUnixTimeSeconds());
        if (Math.Abs((decimal)ahead) <= (decimal)NotableSkew.TotalSeconds)
            return null;
        long century = (long)TimeSpan.FromDays(36500).TotalSeconds;
        return TimeSpan.FromSeconds(Math.Clamp(ahead, -century, century));
    }

    // Saturates: both sides are the provider's numbers.
    private static long Subtract(long a, long b) => (long)Int128.Clamp((Int128)a - b, long.MinValue, long.MaxValue);
}
