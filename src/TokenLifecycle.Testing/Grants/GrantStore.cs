using TokenLifecycle.Testing.Dialects;

namespace TokenLifecycle.Testing.Grants;

/// <summary>
/// Every code and token ever issued. Check, consume and issue are one step under <see cref="Sync"/>: two redemptions of one refresh token
/// never both succeed.
/// </summary>
internal sealed class GrantStore(SimulatedServerOptions options, DialectProfile dialect)
{
    private readonly Dictionary<string, CodeRecord> _codes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, AccessRecord> _access = new(StringComparer.Ordinal);
    private readonly Dictionary<string, RefreshRecord> _refresh = new(StringComparer.Ordinal);
    private readonly List<Grant> _grants = [];

    /// <summary>Held around a whole token request, its log entry included; it may be entered again.</summary>
    public Lock Sync { get; } = new();

    private DateTimeOffset Now => options.TimeProvider.GetUtcNow();

    public string NewCode(CodeRecord code)
    {
        string value = Secrets.New(dialect.CodePrefix, options.SecretMark);
        lock (Sync)
        {
            code.ExpiresAt = Now + (options.CodeLifetime ?? dialect.CodeLifetime);
            _codes.Add(value, code);
        }

        return value;
    }

    public bool HasGrant(SimulatedUser user)
    {
        lock (Sync) return _grants.Exists(grant => grant.User == user && !grant.Revoked);
    }

    public Issued Issue(SimulatedUser? user, IReadOnlyList<string> scopes, bool withRefreshToken = true, string? nonce = null)
    {
        lock (Sync)
        {
            var grant = new Grant($"family-{_grants.Count + 1}", user, scopes, Now) { Nonce = nonce };
            _grants.Add(grant);
            bool refreshable = withRefreshToken && Rotation != Rotation.NoRefreshToken;
            return new Issued(NewAccess(grant, scopes), refreshable ? NewRefresh(grant) : null);
        }
    }

    public TokenResult RedeemCode(string value, string? redirectUri, string? verifier)
    {
        lock (Sync)
        {
            if (!_codes.TryGetValue(value, out CodeRecord? code)) return TokenResult.Refused(Refusal.UnknownCode);
            if (code.UsedFor is { } grant)
                return new TokenResult(TokenRequestOutcome.ReuseDetected, grant) { Refusal = Refusal.DeadCode, RevokedFamily = Revoke(grant) };
            if (Now >= code.ExpiresAt) return TokenResult.Refused(Refusal.DeadCode);
            if (dialect.ChecksRedirectUri && redirectUri != code.RedirectUri) return TokenResult.Refused(Refusal.RedirectMismatch);
            if (dialect.ChecksPkce && !Pkce.Verifies(code.Challenge, verifier)) return TokenResult.Refused(Refusal.WrongVerifier);

            Issued tokens = Issue(code.User, code.Scopes, code.WithRefreshToken, code.Nonce);
            code.UsedFor = tokens.Grant;
            return TokenResult.Issued(tokens);
        }
    }

    public TokenResult Refresh(string value, IReadOnlyList<string>? scopes)
    {
        lock (Sync)
        {
            if (!_refresh.TryGetValue(value, out RefreshRecord? token)) return TokenResult.Refused(Refusal.UnknownRefreshToken);
            Grant grant = token.Grant;
            if (grant.Revoked)
            {
                return token.ConsumedAt is null || InGrace(token)
                    ? TokenResult.Refused(Refusal.DeadRefreshToken, grant)
                    : new TokenResult(TokenRequestOutcome.ReuseDetected, grant) { Refusal = Refusal.DeadRefreshToken };
            }

            if (HasExpired(token)) return TokenResult.Refused(Refusal.ExpiredRefreshToken, grant);
            if (scopes?.Except(grant.Scopes, StringComparer.Ordinal).Any() == true) return TokenResult.Refused(Refusal.ScopeTooWide, grant);
            scopes ??= grant.Scopes;
            if (token.ConsumedAt is not null) return Reuse(token, scopes);

            token.LastUsedAt = Now;
            if ((options.SameTokenWhileMoreThan ?? dialect.SameTokenWhileMoreThan) is { } threshold
                && grant.LatestAccess is { } latest && latest.IsLive(Now) && latest.ExpiresAt - Now > threshold)
            {
                return TokenResult.Repeated(new Issued(latest, token));
            }

            if (Rotation == Rotation.Static) return TokenResult.Issued(new Issued(NewAccess(grant, scopes), token));

            token.ConsumedAt = Now;
            return TokenResult.Issued(token.Successor = Rotate(grant, scopes));
        }
    }

    public AccessRecord? FindLiveAccess(string value)
    {
        lock (Sync) return _access.TryGetValue(value, out AccessRecord? token) && token.IsLive(Now) ? token : null;
    }

    public bool IsLive(string value)
    {
        lock (Sync)
        {
            return FindLiveAccess(value) is not null
                || (_refresh.TryGetValue(value, out RefreshRecord? token) && token.ConsumedAt is null && !token.Grant.Revoked && !HasExpired(token));
        }
    }

    /// <summary>Ends the grant that a refresh or access token belongs to.</summary>
    /// <returns>The grant; <see langword="null"/> if the token is unknown or its grant was revoked.</returns>
    public Grant? RevokeByToken(string value)
    {
        lock (Sync)
        {
            Grant? grant = _refresh.GetValueOrDefault(value)?.Grant ?? _access.GetValueOrDefault(value)?.Grant;
            return grant is not null && Revoke(grant) ? grant : null;
        }
    }

    public void Revoke(SimulatedUser user)
    {
        lock (Sync)
        {
            foreach (Grant grant in _grants.Where(grant => grant.User == user)) Revoke(grant);
        }
    }

    public void RevokeAccessTokens(SimulatedUser user)
    {
        lock (Sync)
        {
            foreach (AccessRecord token in _access.Values.Where(token => token.Grant.User == user)) token.Revoked = true;
        }
    }

    private Rotation Rotation => options.Rotation ?? dialect.Rotation;

    private static bool Revoke(Grant grant)
    {
        bool lived = !grant.Revoked;
        grant.Revoked = true;
        return lived;
    }

    private TokenResult Reuse(RefreshRecord token, IReadOnlyList<string> scopes)
    {
        if (InGrace(token))
        {
            return options.GraceReply == GraceReply.SamePair
                ? TokenResult.Repeated(token.Successor!)
                : TokenResult.Issued(Rotate(token.Grant, scopes));
        }

        return new TokenResult(TokenRequestOutcome.ReuseDetected, token.Grant) { Refusal = Refusal.DeadRefreshToken, RevokedFamily = Revoke(token.Grant) };
    }

    private bool InGrace(RefreshRecord token) => options.ReuseGrace > TimeSpan.Zero && Now - token.ConsumedAt <= options.ReuseGrace;

    private Issued Rotate(Grant grant, IReadOnlyList<string> scopes)
    {
        grant.Generation++;
        return new Issued(NewAccess(grant, scopes), NewRefresh(grant));
    }

    private bool HasExpired(RefreshRecord token) =>
        (options.RefreshTokenIdleLifetime is { } idle && Now - token.LastUsedAt >= idle)
        || (options.RefreshTokenLifetime is { } whole && Now - token.Grant.StartedAt >= whole);

    private AccessRecord NewAccess(Grant grant, IReadOnlyList<string> scopes)
    {
        string value = Secrets.New(dialect.AccessTokenPrefix, options.SecretMark, options.AccessTokenLength);
        var token = new AccessRecord(value, grant, scopes, Now + (options.AccessTokenLifetime ?? dialect.AccessTokenLifetime));
        _access.Add(value, token);
        return grant.LatestAccess = token;
    }

    private RefreshRecord NewRefresh(Grant grant)
    {
        var token = new RefreshRecord(Secrets.New(dialect.RefreshTokenPrefix, options.SecretMark), grant, Now);
        _refresh.Add(token.Value, token);
        return token;
    }
}
