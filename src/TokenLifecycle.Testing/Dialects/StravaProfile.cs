using System.Globalization;
using System.Text.Json.Nodes;
using TokenLifecycle.Testing.Grants;
using TokenLifecycle.Testing.Web;

namespace TokenLifecycle.Testing.Dialects;

internal sealed class StravaProfile : DialectProfile
{
    private const string BadRequest = "Bad Request";
    private const string AuthorizationFailed = "Authorization Error";

    private static readonly HashSet<string> Scopes = new(StringComparer.Ordinal)
    {
        "read", "read_all", "profile:read_all", "profile:write", "activity:read", "activity:read_all", "activity:write",
    };

    public override string UserInfoPath => "/api/v3/athlete";

    public override string DefaultClientId => "12345";

    public override string AccessTokenPrefix => "a1";

    public override string RefreshTokenPrefix => "b2";

    public override string CodePrefix => "c3";

    public override TimeSpan AccessTokenLifetime => TimeSpan.FromHours(6);

    public override TimeSpan? SameTokenWhileMoreThan => TimeSpan.FromHours(1);

    public override bool ChecksPkce => false;

    public override bool ChecksRedirectUri => false;

    public override bool AcceptsBasicForTokens => false;

    public override bool AccountIdIsNumber => true;

    public override bool SendsScope => false;

    public override bool SendsExpiresAt => true;

    public override char[] ScopeSeparators => [',', ' '];

    public override RevocationProof RevocationProof => RevocationProof.Basic;

    public override bool KnowsScope(string scope) => Scopes.Contains(scope);

    public override IEnumerable<(string Name, object? Value)> Success(TokenReplyFacts facts) => facts.FromCode
        ?
        [
            ("token_type", "Bearer"),
            ("expires_at", facts.ExpiresAt),
            ("expires_in", facts.ExpiresIn),
            ("refresh_token", facts.RefreshToken),
            ("access_token", facts.AccessToken),
            ("scope", facts.Scope),
            ("athlete", Athlete(facts.Tokens.Grant.User)),
        ]
        :
        [
            ("token_type", "Bearer"),
            ("access_token", facts.AccessToken),
            ("expires_at", facts.ExpiresAt),
            ("expires_in", facts.ExpiresIn),
            ("refresh_token", facts.RefreshToken),
            ("scope", facts.Scope),
        ];

    public override Reply Refuse(Refusal refusal) => refusal switch
    {
        Refusal.WrongSecret or Refusal.MissingClient => Fault(401, AuthorizationFailed, "Application", "", "invalid"),
        Refusal.UnknownClient or Refusal.ClientAuthenticationNotAllowed or Refusal.MissingGrantType or Refusal.UnsupportedGrantType
            => Fault(400, BadRequest, "Application", "client_id", "invalid"),
        Refusal.UnknownCode or Refusal.DeadCode => Fault(400, BadRequest, "AuthorizationCode", "code", "invalid"),
        Refusal.UnknownRefreshToken or Refusal.ExpiredRefreshToken or Refusal.DeadRefreshToken
            => Fault(400, BadRequest, "RefreshToken", "refresh_token", "invalid"),
        Refusal.WrongMethod => Reply.Empty(404),
        _ => Fault(400, BadRequest, "TokenRequest", "", "invalid"),
    };

    public override Reply Revocation(RevocationFinding finding) => finding switch
    {
        RevocationFinding.Revoked or RevocationFinding.UnknownToken => Reply.Empty(200),
        RevocationFinding.BadClient => Reply.Json(401, JsonText.Write([("message", AuthorizationFailed), ("errors", new JsonArray())])),
        RevocationFinding.WrongMethod => Reply.Empty(404),
        _ => Fault(400, BadRequest, "AccessToken", "token", "missing"),
    };

    public override Reply AuthorizationError(AuthorizationFlaw flaw) => flaw switch
    {
        AuthorizationFlaw.UnknownClient => Fault(400, BadRequest, "Application", "client_id", "invalid"),
        AuthorizationFlaw.InvalidRedirectUri => Fault(400, BadRequest, "Application", "redirect_uri", "invalid"),
        AuthorizationFlaw.InvalidScope => Fault(400, BadRequest, "Authorize", "scope", "invalid"),
        _ => Fault(400, BadRequest, "Authorize", "", "invalid"),
    };

    public override IEnumerable<(string Name, string? Value)> Callback(CallbackFacts facts) =>
        [("state", facts.State), ("code", facts.Code), ("scope", string.Join(',', facts.Scopes)), ("iss", facts.Issuer)];

    public override IEnumerable<(string Name, string? Value)> FailedCallback(string error, string? state, string? issuer) =>
        [("state", state), ("error", error), ("iss", issuer)];

    public override Reply Unauthorized(bool tokenSent) => Fault(401, AuthorizationFailed, "Athlete", "access_token", "invalid");

    public override Reply MissingScope(string scope) => Fault(401, AuthorizationFailed, "AccessToken", $"{scope}_permission", "missing");

    public override Reply? Api(string method, string path, AccessRecord token) => (method, path) switch
    {
        ("GET", "/api/v3/athlete") => Reply.Json(200, Athlete(token.Grant.User)?.ToJsonString() ?? "{}"),
        ("GET", "/api/v3/athlete/activities") => token.Scopes.Any(scope => scope.StartsWith("activity:read", StringComparison.Ordinal))
            ? Reply.Json(200, "[]")
            : MissingScope("activity:read"),
        _ => null,
    };

    private static Reply Fault(int status, string message, string resource, string field, string code) =>
        Reply.Json(status, $$"""{"message":"{{message}}","errors":[{"resource":"{{resource}}","field":"{{field}}","code":"{{code}}"}]}""");

    private static JsonObject? Athlete(SimulatedUser? user) => user is null ? null : new JsonObject
    {
        ["id"] = long.Parse(user.AccountId, CultureInfo.InvariantCulture),
        ["username"] = null,
        ["resource_state"] = 2,
        ["firstname"] = user.Name,
        ["lastname"] = "",
        ["bio"] = null,
        ["city"] = null,
        ["state"] = null,
        ["country"] = null,
        ["sex"] = null,
        ["premium"] = true,
        ["summit"] = true,
        ["created_at"] = "2020-01-01T00:00:00Z",
        ["updated_at"] = "2020-01-01T00:00:00Z",
        ["badge_type_id"] = 1,
        ["weight"] = 0.0,
        ["profile_medium"] = "https://example.invalid/medium.png",
        ["profile"] = "https://example.invalid/large.png",
        ["friend"] = null,
        ["follower"] = null,
    };
}
