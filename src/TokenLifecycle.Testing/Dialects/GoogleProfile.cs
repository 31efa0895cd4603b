using TokenLifecycle.Testing.Grants;
using TokenLifecycle.Testing.Web;

namespace TokenLifecycle.Testing.Dialects;

internal sealed class GoogleProfile : DialectProfile
{
    private readonly IdTokenWriter _idTokens = new();

    public override string AuthorizationPath => "/o/oauth2/v2/auth";

    public override string TokenPath => "/token";

    public override string RevocationPath => "/revoke";

    public override string UserInfoPath => "/v1/userinfo";

    public override string DefaultClientId => "1234567890-simulated.apps.googleusercontent.com";

    public override string AccessTokenPrefix => "ya29.";

    public override string RefreshTokenPrefix => "1//0";

    public override string CodePrefix => "4/0";

    public override TimeSpan AccessTokenLifetime => TimeSpan.FromSeconds(3599);

    public override Rotation Rotation => Rotation.Static;

    public override bool SendsRefreshTokenExpiresIn => true;

    public override bool SendsIssuer => true;

    public override string Issuer => "https://accounts.google.com";

    public override RevocationProof RevocationProof => RevocationProof.TokenOnly;

    public override bool GivesRefreshToken(Parameters authorization, bool firstConsent) =>
        authorization["access_type"] == "offline" && (firstConsent || (authorization["prompt"] ?? "").Split(' ').Contains("consent", StringComparer.Ordinal));

    public override IEnumerable<(string Name, object? Value)> Success(TokenReplyFacts facts) =>
    [
        ("access_token", facts.AccessToken),
        ("expires_in", facts.ExpiresIn),
        ("expires_at", facts.ExpiresAt),
        ("refresh_token", facts.FromCode ? facts.RefreshToken : null),
        ("refresh_token_expires_in", facts.FromCode && facts.RefreshToken is not null ? facts.RefreshTokenExpiresIn : null),
        ("scope", facts.Scope),
        ("token_type", "Bearer"),
        ("id_token", facts.Tokens.Access.Scopes.Contains("openid", StringComparer.Ordinal) ? _idTokens.Write(Issuer, facts) : null),
    ];

    public override Reply Refuse(Refusal refusal) => refusal switch
    {
        Refusal.WrongMethod => Reply.Empty(404),
        Refusal.ExpiredRefreshToken or Refusal.DeadRefreshToken => BadRequest("invalid_grant", "Token has been expired or revoked."),
        Refusal.UnknownRefreshToken or Refusal.UnknownCode or Refusal.DeadCode => BadRequest("invalid_grant", "Bad Request"),
        Refusal.WrongVerifier => BadRequest("invalid_grant", "Invalid code verifier."),
        Refusal.UnknownClient => Reply.Json(401, JsonText.Error("invalid_client", "The OAuth client was not found.")),
        Refusal.WrongSecret or Refusal.ClientAuthenticationNotAllowed => Reply.Json(401, JsonText.Error("invalid_client", "Unauthorized")),
        Refusal.RedirectMismatch => BadRequest("redirect_uri_mismatch", "Bad Request"),
        Refusal.UnsupportedGrantType => BadRequest("unsupported_grant_type", "Invalid grant_type"),
        Refusal.ScopeTooWide => BadRequest("invalid_scope", "Bad Request"),
        _ => BadRequest("invalid_request", "Bad Request"),
    };

    public override Reply Revocation(RevocationFinding finding) => finding switch
    {
        RevocationFinding.Revoked => Reply.Json(200, "{}"),
        RevocationFinding.UnknownToken => BadRequest("invalid_token", "Token expired or revoked"),
        RevocationFinding.WrongMethod => Reply.Empty(404),
        _ => BadRequest("invalid_request", "Bad Request"),
    };

    public override IEnumerable<(string Name, string? Value)> Callback(CallbackFacts facts) =>
    [
        ("state", facts.State), ("iss", facts.Issuer), ("code", facts.Code), ("scope", string.Join(' ', facts.Scopes)), ("authuser", "0"), ("prompt", "consent"),
    ];

    public override Reply Unauthorized(bool tokenSent) => Reply
        .Json(401, """{"error":{"code":401,"message":"Request had invalid authentication credentials.","status":"UNAUTHENTICATED"}}""")
        .With("WWW-Authenticate", $"Bearer realm=\"{Issuer}/\"{(tokenSent ? ", error=\"invalid_token\"" : "")}");

    public override Reply MissingScope(string scope) => Reply
        .Json(403, """{"error":{"code":403,"message":"Request had insufficient authentication scopes.","status":"PERMISSION_DENIED"}}""")
        .With("WWW-Authenticate", $"Bearer realm=\"{Issuer}/\", error=\"insufficient_scope\", scope=\"{scope}\"");

    public override Reply? Api(string method, string path, AccessRecord token) => path == UserInfoPath && method == "GET" && token.Grant.User is { } user
        ? Reply.Json(200, JsonText.Write([("sub", user.AccountId), ("name", user.Name), ("email", $"{user.Name}@example.invalid"), ("email_verified", true)]))
        : null;

    private static Reply BadRequest(string error, string description) => Reply.Json(400, JsonText.Error(error, description));
}
