using System.Globalization;

namespace TokenLifecycle.Simulation;

/// <summary>What the server answers.</summary>
internal sealed record ServerAnswer(int Status, string Body, Rotation? Rotation = null, TokenExchange? Exchange = null, int? RetryAfter = null, string MediaType = "application/json");

/// <summary>
/// A strict authorization server: a refresh token works once, and its reuse ends the whole grant, after a grace that may be zero. Its own log is the oracle.
/// </summary>
internal sealed class AuthorizationServer(Scheduler scheduler, Trace trace, TimeSpan lifetime, IReadOnlyDictionary<string, TimeSpan> grace)
{
    private readonly Dictionary<string, Grant> _byRefreshToken = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Grant> _byAccessToken = new(StringComparer.Ordinal);
    private readonly List<Grant> _grants = [];

    public TimeSpan Lifetime => lifetime;

    public IReadOnlyList<Grant> Grants => _grants;

    /// <summary>Called when a refresh token comes that is spent, before the grant ends.</summary>
    public Action<Grant, Rotation, TokenExchange>? Reused { get; set; }

    /// <summary>Called at each refresh request.</summary>
    public Action<Grant, TokenExchange>? Asked { get; set; }

    public Grant? OfRefreshToken(string? token) => token is null ? null : _byRefreshToken.GetValueOrDefault(token);

    public Grant? OfAccessToken(string token) => _byAccessToken.GetValueOrDefault(token);

    public static int NumberOf(string token) => int.Parse(token.AsSpan(token.LastIndexOf('.') + 1), CultureInfo.InvariantCulture);

    public Grant Connect(TokenKey key, bool isOdd)
    {
        var grant = new Grant(_grants.Count + 1, key, isOdd) { RefreshedAt = scheduler.Now };
        _grants.Add(grant);
        _byRefreshToken[grant.RefreshToken(0)] = grant;
        _byAccessToken[grant.AccessToken(0)] = grant;
        trace.Line(scheduler.Now, "server", $"{key.UserId} grants {grant} at {key.Provider}{(isOdd ? " (an odd one)" : "")}");
        return grant;
    }

    /// <summary>Whether a refresh token would be taken now.</summary>
    public bool IsLive(string? refreshToken)
    {
        if (OfRefreshToken(refreshToken) is not { End: null } grant)
            return false;
        int number = NumberOf(refreshToken!);
        return number == grant.Current || (number == grant.Current - 1 && IsInGrace(grant, grant.Rotations[number]));
    }

    public void End(Grant grant, GrantEnd how)
    {
        if (grant.End is not null)
            return;
        grant.End = how;
        trace.Line(scheduler.Now, "server", $"{grant} has ended: {how}");
    }

    public ServerAnswer Refresh(string refreshToken, TokenExchange exchange)
    {
        if (OfRefreshToken(refreshToken) is not { } grant)
            return Refused(400, "invalid_grant");

        Asked?.Invoke(grant, exchange);
        if (grant.IsOdd)
            return Refused(401, "invalid_client");
        int number = NumberOf(refreshToken);
        if (grant.End is not null)
        {
            trace.Line(scheduler.Now, "server", $"{exchange.Life} presents {refreshToken}: the grant has ended");
            return Refused(400, "invalid_grant");
        }

        if (number < grant.Current)
        {
            Rotation rotation = grant.Rotations[number];
            if (number == grant.Current - 1 && IsInGrace(grant, rotation))
            {
                trace.Line(scheduler.Now, "server", $"{exchange.Life} presents {refreshToken} again within the grace");
                rotation.Exchanges.Add(exchange);
                return Tokens(grant, rotation, exchange);
            }

            trace.Line(scheduler.Now, "server", $"{exchange.Life} presents {refreshToken} AGAIN, which {rotation.Exchanges[0].Life} spent at {Seconds(rotation.At)}");
            Reused?.Invoke(grant, rotation, exchange);
            End(grant, GrantEnd.Reused);
            return Refused(400, "invalid_grant");
        }

        var rotated = new Rotation(grant, number, exchange, scheduler.Now);
        grant.Rotations.Add(rotated);
        grant.Current = number + 1;
        _byRefreshToken[grant.RefreshToken(grant.Current)] = grant;
        trace.Line(scheduler.Now, "server", $"{exchange.Life} presents {refreshToken}: replaced by .{grant.Current}");
        return Tokens(grant, rotated, exchange);
    }

    public ServerAnswer Revoke(string token)
    {
        if ((OfRefreshToken(token) ?? OfAccessToken(token)) is { } grant)
            End(grant, GrantEnd.Disconnected);
        return new ServerAnswer(200, "");
    }

    public TokenSet NewTokens(Grant grant, DateTimeOffset now) => new()
    {
        AccessToken = grant.AccessToken(0),
        RefreshToken = grant.RefreshToken(0),
        IssuedAt = now,
        ExpiresAt = now + lifetime,
        AccountId = grant.Key.UserId,
    };

    private ServerAnswer Tokens(Grant grant, Rotation rotation, TokenExchange exchange)
    {
        string access = grant.NextAccessToken(rotation.To);
        grant.RefreshedAt = scheduler.Now;
        _byAccessToken[access] = grant;
        int seconds = (int)lifetime.TotalSeconds;
        return new ServerAnswer(200, $$"""{"access_token":"{{access}}","token_type":"Bearer","expires_in":{{seconds}},"refresh_token":"{{grant.RefreshToken(rotation.To)}}"}""", rotation, exchange);
    }

    private bool IsInGrace(Grant grant, Rotation rotation) => scheduler.Now - rotation.At < grace[grant.Key.Provider].Ticks;

    private static ServerAnswer Refused(int status, string code) => new(status, $$"""{"error":"{{code}}"}""");

    private static string Seconds(long ticks) => (ticks / (double)TimeSpan.TicksPerSecond).ToString("0.000", CultureInfo.InvariantCulture);
}
