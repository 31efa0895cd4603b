using System.Text.Json;
using TokenLifecycle.Options;

namespace TokenLifecycle.Protocol;

/// <summary>
/// Works out when tokens expire. All of it is measured on our clock from the start of the request, so that neither a slow answer nor
/// a provider's wrong clock makes a token seem to live longer than it does (D6). The token itself is opaque and never asked (TE-10).
/// </summary>
internal sealed class TokenLifetimes
{
    private static readonly TimeSpan AccessTokenCap = TimeSpan.FromDays(365);
    private static readonly TimeSpan RefreshTokenCap = TimeSpan.FromDays(3650);

    /// <summary>The longest lifetime that a provider can mean. What is longer is a date, or in another unit.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(36500);

    /// <summary>
    /// The first lifetime in seconds that is a date since 1970 rather than a length: the year 2001, or 31 years and 8 months.
    /// </summary>
    private const long FirstDate = 1_000_000_000;

    private static readonly TimeSpan NotableSkew = TimeSpan.FromSeconds(60);

    public DateTimeOffset? ExpiresAt { get; private init; }

    public DateTimeOffset? RefreshTokenExpiresAt { get; private init; }

    public TimeSpan? ClockSkew { get; private init; }

    /// <summary>What could not be read; null if nothing.</summary>
    public string? Problem { get; private init; }

    public static TokenLifetimes Read(TokenMembers members, TokenRequest request, DateTimeOffset? serverDate)
    {
        OAuthProviderOptions options = request.Options;
        DateTimeOffset requestedAt = request.RequestedAt;
        long? told = SecondsAt(members[options.ExpiresInField], options.ExpiresInUnit);
        bool isImplausible = told is >= FirstDate;
        long? seconds = isImplausible ? null : told;
        long? endsAt = members[options.ExpiresAtField] is { } absolute ? ReplyTime.Read(absolute) : null;
        // The provider's end minus the provider's own now is a lifetime; only without its Date header is our clock used instead.
        long now = (serverDate ?? requestedAt).ToUnixTimeSeconds();
        long? fromEnd = endsAt is { } end ? Subtract(end, now) : null;
        bool canRenew = CanRenew(members, request);
        return new TokenLifetimes
        {
            ExpiresAt = (seconds ?? fromEnd) is { } lifetime ? EndOf(requestedAt, lifetime, canRenew) : null,
            RefreshTokenExpiresAt = RefreshTokenLifetime(members, options, now) is { } refresh ? requestedAt.Plus(SecondsReader.Lifetime(refresh, RefreshTokenCap)) : null,
            ClockSkew = Skew(seconds, endsAt, requestedAt, serverDate),
            Problem = isImplausible ? "The lifetime in the reply is longer than 31 years and was ignored; if it is in milliseconds, set ExpiresInUnit"
                : told is null && members[options.ExpiresInField] is not null ? "The lifetime in the reply is not a number and was ignored"
                : endsAt is null && members[options.ExpiresAtField] is not null ? "The expiry time in the reply is not a number or date and was ignored" : null,
        };
    }

    // Without anything that could renew it, a token that is over at once would be useless: zero means "never" there (FP-16), and no life is
    // too long (FP-5).
    private static DateTimeOffset? EndOf(DateTimeOffset requestedAt, long seconds, bool canRenew) =>
        canRenew ? requestedAt.Plus(SecondsReader.Lifetime(seconds, AccessTokenCap))
        : seconds <= 0 ? null
        : requestedAt.Plus(SecondsReader.Lifetime(seconds, Longest));

    private static bool CanRenew(TokenMembers members, TokenRequest request) =>
        request.Grant != OAuthGrantType.AuthorizationCode
        || request.Options.KeepRefreshTokenOnReconnect
        || request.Options.RefreshCredential == RefreshCredential.AccessToken
        || members["refresh_token"] is { } token && JsonBody.Text(token) is { Length: > 0 };

    /// <summary>
    /// Returns in how many seconds the refresh token expires: the earliest of what the response says; null if it says nothing.
    /// </summary>
    private static long? RefreshTokenLifetime(TokenMembers members, OAuthProviderOptions options, long now)
    {
        long? end = members[options.RefreshTokenExpiresAtField] is { } absolute && ReplyTime.Read(absolute) is { } at ? Subtract(at, now) : null;
        return Earliest(
            SecondsAt(members[options.RefreshTokenExpiresInField], options.ExpiresInUnit) ?? end,
            SecondsAt(members[TokenMembers.RefreshTokenTimeout], LifetimeUnit.Seconds),
            SecondsAt(members[TokenMembers.AuthorizationExpiresIn], LifetimeUnit.Seconds));
    }

    // No provider issues a refresh token that is already over: zero is how some say "never".
    private static long? Earliest(params ReadOnlySpan<long?> lifetimes)
    {
        long? earliest = null;
        foreach (long? lifetime in lifetimes)
        {
            if (lifetime > 0 && !(lifetime >= earliest))
                earliest = lifetime;
        }

        return earliest;
    }

    private static long? SecondsAt(JsonElement? member, LifetimeUnit unit) =>
        member is { } value && SecondsReader.Read(value) is { } number ? unit == LifetimeUnit.Milliseconds ? number / 1000 : number : null;

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
