using System.Globalization;
using TokenLifecycle.Testing.Grants;
using TokenLifecycle.Testing.Web;

namespace TokenLifecycle.Testing.Dialects;

internal sealed class TrainingPeaksProfile : DialectProfile
{
    /// <summary>Addresses that return a list, empty here, to a caller with the scope.</summary>
    private static readonly (string Path, string Scope)[] Lists =
        [("/v2/workouts/", "workouts:read"), ("/v2/metrics/", "metrics:read"), ("/v1/coach/athletes", "coach:athletes")];

    public override string AuthorizationPath => "/OAuth/Authorize";

    public override string RevocationPath => "/oauth/deauthorize";

    public override string UserInfoPath => "/v1/athlete/profile";

    public override string DefaultClientId => "simulated-app";

    public override string AccessTokenPrefix => "gAAAA!";

    public override string RefreshTokenPrefix => "i7ne!IAAA";

    public override string CodePrefix => "tp!";

    public override TimeSpan AccessTokenLifetime => TimeSpan.FromSeconds(600);

    public override TimeSpan CodeLifetime => TimeSpan.FromMinutes(60);

    public override bool ChecksPkce => false;

    public override bool AccountIdIsNumber => true;

    public override StringComparison PathComparison => StringComparison.OrdinalIgnoreCase;

    public override RevocationProof RevocationProof => RevocationProof.Bearer;

    public override IEnumerable<(string Name, object? Value)> Success(TokenReplyFacts facts) =>
    [
        ("access_token", facts.AccessToken),
        ("token_type", "bearer"),
        ("expires_in", facts.ExpiresIn),
        ("expires_at", facts.ExpiresAt),
        ("refresh_token", facts.RefreshToken),
        ("refresh_token_expires_in", facts.RefreshTokenExpiresIn),
        ("scope", facts.Scope),
    ];

    public override Reply Refuse(Refusal refusal) => refusal switch
    {
        Refusal.WrongContentType => Reply.Html(400, "<!DOCTYPE html><title>Runtime Error</title><h1>Runtime Error</h1>"),
        Refusal.MissingClient => Reply.Empty(400),
        Refusal.WrongMethod => Reply.Empty(405).With("Allow", "POST"),
        Refusal.DeadRefreshToken => Reply.Json(400, JsonText.Error("invalid_grant", "The authorization was withdrawn.")),
        _ => Reply.Json(400, JsonText.Error("invalid_request", "The request is invalid.")),
    };

    public override Reply Revocation(RevocationFinding finding) => finding switch
    {
        RevocationFinding.Revoked => Reply.Empty(200),
        RevocationFinding.WrongMethod => Refuse(Refusal.WrongMethod),
        _ => Reply.Empty(401),
    };

    public override Reply Unauthorized(bool tokenSent) => Reply.Empty(401);

    public override Reply MissingScope(string scope) => Reply.Empty(403);

    public override Reply? Api(string method, string path, AccessRecord token)
    {
        if (method == "GET" && Lists.FirstOrDefault(list => path.StartsWith(list.Path, PathComparison)) is { Scope: { } scope })
            return token.Scopes.Contains(scope, StringComparer.Ordinal) ? Reply.Json(200, "[]") : MissingScope(scope);

        bool isProfile = path.Equals("/v1/athlete/profile", PathComparison);
        bool isCoachProfile = path.Equals("/v1/coach/profile", PathComparison);
        if (method != "GET" || !(isProfile || isCoachProfile) || token.Grant.User is not { } user) return null;

        long id = long.Parse(user.AccountId, CultureInfo.InvariantCulture);
        if (isCoachProfile) return user.IsCoach ? Reply.Json(200, JsonText.Write([("CoachId", id)])) : Reply.Empty(403);
        return user.IsCoach
            ? Reply.Json(400, $"[\"{id} is not a valid athlete\"]")
            : Reply.Json(200, JsonText.Write([("Id", id), ("FirstName", user.Name), ("LastName", ""), ("Email", $"{user.Name}@example.invalid"), ("IsPremium", true)]));
    }
}
