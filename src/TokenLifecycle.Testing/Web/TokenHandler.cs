using TokenLifecycle.Options;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing.Dialects;
using TokenLifecycle.Testing.Grants;

namespace TokenLifecycle.Testing.Web;

/// <summary>The token endpoint.</summary>
internal sealed class TokenHandler(ServerContext server)
{
    public Reply Handle(RecordedRequest request)
    {
        Parameters? body = Parameters.OfBody(request, server.Options.AcceptJsonBodies);
        lock (server.Book.Sync)
        {
            TokenResult result = Process(request, body);
            Log(request, body, result.Outcome, result);
            return result.Tokens is { } tokens ? Success(tokens, body!["grant_type"] == "authorization_code") : server.Dialect.Refuse(result.Refusal!.Value);
        }
    }

    /// <summary>Records a request that a fault answered or dropped.</summary>
    public void LogUnprocessed(RecordedRequest request) =>
        Log(request, Parameters.OfBody(request, server.Options.AcceptJsonBodies), TokenRequestOutcome.NotProcessed, result: null);

    private TokenResult Process(RecordedRequest request, Parameters? body)
    {
        if (request.Method != "POST") return TokenResult.Refused(Refusal.WrongMethod);
        if (Parameters.Parse(request.Query).HasSecrets) return TokenResult.Refused(Refusal.SecretInQuery);
        if (body is null) return TokenResult.Refused(Refusal.WrongContentType);
        if (body.HasDuplicates) return TokenResult.Refused(Refusal.MalformedRequest);
        ClientAuthenticationMethod? required = server.Options.ClientAuthentication
            ?? (server.Dialect.AcceptsBasicForTokens ? null : ClientAuthenticationMethod.Body);
        if (ClientAuthenticator.Of(request, body).Check(server, required) is { } refusal) return TokenResult.Refused(refusal);

        string[]? scopes = body["scope"] is { } scope ? server.SplitScopes(scope) : null;
        return (body["grant_type"], body["code"], body["refresh_token"]) switch
        {
            (null, _, _) => TokenResult.Refused(Refusal.MissingGrantType),
            ("authorization_code", { } code, _) => server.Book.RedeemCode(code, body["redirect_uri"], body["code_verifier"]),
            ("refresh_token", _, { } token) => server.Book.Refresh(token, scopes),
            ("client_credentials", _, _) => TokenResult.Issued(server.Book.Issue(user: null, scopes ?? [], withRefreshToken: false)),
            ("authorization_code" or "refresh_token", _, _) => TokenResult.Refused(Refusal.MalformedRequest),
            _ => TokenResult.Refused(Refusal.UnsupportedGrantType),
        };
    }

    private Reply Success(Issued tokens, bool fromCode)
    {
        (SimulatedServerOptions options, DialectProfile dialect, DateTimeOffset now) = (server.Options, server.Dialect, server.Now);
        string body = JsonText.Write(dialect.Success(new TokenReplyFacts
        {
            Tokens = tokens,
            FromCode = fromCode,
            Now = now,
            ClientId = server.ClientId,
            ExpiresIn = options.SendExpiresIn ? (long)(tokens.Access.ExpiresAt - now).TotalSeconds : null,
            ExpiresAt = options.SendExpiresAt ?? dialect.SendsExpiresAt ? tokens.Access.ExpiresAt.ToUnixTimeSeconds() : null,
            RefreshTokenExpiresIn = options.SendRefreshTokenExpiresIn ?? dialect.SendsRefreshTokenExpiresIn
                ? (long?)(tokens.Grant.StartedAt + options.RefreshTokenLifetime - now)?.TotalSeconds
                : null,
            Scope = options.SendScope ?? dialect.SendsScope ? string.Join(' ', tokens.Access.Scopes) : null,
        }));
        return Reply.Json(200, body).With("Cache-Control", "no-store").With("Pragma", "no-cache");
    }

    private void Log(RecordedRequest request, Parameters? body, TokenRequestOutcome outcome, TokenResult? result) => server.Log.Add(new TokenRequestEntry
    {
        Time = server.Now,
        GrantType = body?["grant_type"] ?? "",
        ClientAuthentication = ClientAuthenticator.Of(request, body).Seen,
        Parameters = body?.Names ?? [],
        RefreshTokenFingerprint = body?["refresh_token"] is { } token ? TokenFingerprint.Of(token) : null,
        Outcome = outcome,
        Refusal = result?.Refusal?.ToString(),
        User = result?.Grant?.User?.Name,
        Family = result?.Grant?.Family,
        Generation = result?.Grant?.Generation ?? 0,
        RevokedFamily = result?.RevokedFamily ?? false,
    });
}
