using TokenLifecycle.Testing.Grants;
using TokenLifecycle.Testing.Web;

namespace TokenLifecycle.Testing.Dialects;

internal sealed class Rfc6749Profile : DialectProfile
{
    public override string UserInfoPath => "/api/me";

    public override IEnumerable<(string Name, object? Value)> Success(TokenReplyFacts facts) =>
    [
        ("access_token", facts.AccessToken),
        ("token_type", "Bearer"),
        ("expires_in", facts.ExpiresIn),
        ("expires_at", facts.ExpiresAt),
        ("refresh_token", facts.RefreshToken),
        ("refresh_token_expires_in", facts.RefreshTokenExpiresIn),
        ("scope", facts.Scope),
    ];

    public override Reply Refuse(Refusal refusal) => refusal switch
    {
        Refusal.WrongMethod => Reply.Json(405, JsonText.Error("invalid_request", "Use POST.")).With("Allow", "POST"),
        Refusal.WrongContentType => BadRequest("invalid_request", "The body must be a form."),
        Refusal.SecretInQuery => BadRequest("invalid_request", "Secrets do not belong into the query."),
        Refusal.SeveralClientAuthentications => BadRequest("invalid_request", "Authenticate the client in one way only."),
        Refusal.MissingClient or Refusal.UnknownClient or Refusal.WrongSecret or Refusal.ClientAuthenticationNotAllowed =>
            Reply.Json(401, JsonText.Error("invalid_client", "Client authentication failed.")).With("WWW-Authenticate", "Basic realm=\"simulated\""),
        Refusal.UnsupportedGrantType => BadRequest("unsupported_grant_type"),
        Refusal.ScopeTooWide => BadRequest("invalid_scope"),
        Refusal.RedirectMismatch => BadRequest("invalid_grant", "The redirect_uri does not match."),
        Refusal.WrongVerifier => BadRequest("invalid_grant", "The code_verifier does not match."),
        Refusal.UnknownCode or Refusal.DeadCode => BadRequest("invalid_grant", "The code is invalid, expired or used."),
        Refusal.UnknownRefreshToken or Refusal.ExpiredRefreshToken or Refusal.DeadRefreshToken =>
            BadRequest("invalid_grant", "The refresh token is invalid, expired or revoked."),
        _ => BadRequest("invalid_request"),
    };

    public override Reply Revocation(RevocationFinding finding) => finding switch
    {
        RevocationFinding.Revoked or RevocationFinding.UnknownToken => Reply.Empty(200),
        RevocationFinding.BadClient => Refuse(Refusal.WrongSecret),
        RevocationFinding.WrongMethod => Refuse(Refusal.WrongMethod),
        _ => BadRequest("invalid_request"),
    };

    public override Reply Unauthorized(bool tokenSent) => tokenSent
        ? Reply.Json(401, JsonText.Error("invalid_token")).With("WWW-Authenticate", "Bearer realm=\"simulated\", error=\"invalid_token\"")
        : Reply.Empty(401).With("WWW-Authenticate", "Bearer realm=\"simulated\"");

    public override Reply MissingScope(string scope) => Reply.Json(403, JsonText.Error("insufficient_scope"))
        .With("WWW-Authenticate", $"Bearer realm=\"simulated\", error=\"insufficient_scope\", scope=\"{scope}\"");

    public override Reply? Api(string method, string path, AccessRecord token) => path == UserInfoPath && method == "GET"
        ? Reply.Json(200, JsonText.Write([("id", token.Grant.User?.AccountId), ("name", token.Grant.User?.Name)]))
        : null;

    private static Reply BadRequest(string error, string? description = null) => Reply.Json(400, JsonText.Error(error, description));
}
