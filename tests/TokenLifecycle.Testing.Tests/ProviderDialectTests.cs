using System.Buffers.Text;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace TokenLifecycle.Testing.Tests;

public sealed class ProviderDialectTests
{
    private const string Athlete =
        """{"id":77,"username":null,"resource_state":2,"firstname":"ada","lastname":"","bio":null,"city":null,"state":null,"country":null,"sex":null,"premium":true,"summit":true,"created_at":"2020-01-01T00:00:00Z","updated_at":"2020-01-01T00:00:00Z","badge_type_id":1,"weight":0,"profile_medium":"https://example.invalid/medium.png","profile":"https://example.invalid/large.png","friend":null,"follower":null}""";

    [Fact]
    public async Task Strava_names_the_athlete_once_and_the_granted_scopes_in_the_callback_by_commas()
    {
        await using Talk talk = await Talk.WithAsync(Dialect.Strava);
        talk.Server.SignedInUser = talk.Server.AddUser("ada", "77");

        using HttpResponseMessage authorized = await talk.AuthorizeAsync(scope: "read,activity:read_all");
        string location = authorized.Headers.Location!.OriginalString;
        Talk.Answer code = await talk.RedeemAsync(Talk.Query(location)["code"]);
        talk.Clock.Advance(TimeSpan.FromHours(5));
        Talk.Answer refreshed = await talk.RefreshAsync(code.RefreshToken);

        location.Should().MatchRegex(@"\?state=s1&code=[^&]+&scope=read,activity:read_all$");
        code.Body.Should().Be($$"""{"token_type":"Bearer","expires_at":1767247200,"expires_in":21600,"refresh_token":"{{code.RefreshToken}}","access_token":"{{code.AccessToken}}","athlete":{{Athlete}}}""");
        refreshed.Body.Should().Be($$"""{"token_type":"Bearer","access_token":"{{refreshed.AccessToken}}","expires_at":1767265200,"expires_in":21600,"refresh_token":"{{refreshed.RefreshToken}}"}""");
        refreshed.RefreshToken.Should().NotBe(code.RefreshToken);
        (await talk.ApiAsync("/api/v3/athlete", refreshed.AccessToken)).Body.Should().Be(Athlete);
        (await talk.ApiAsync("/api/v3/athlete/activities", code.AccessToken)).Body.Should().Be("[]", "the older access token lives on");
    }

    [Fact]
    public async Task Strava_returns_the_same_pair_while_more_than_an_hour_remains()
    {
        await using Talk talk = await Talk.WithAsync(Dialect.Strava);
        TokenSet tokens = talk.Issue("read");

        talk.Clock.Advance(TimeSpan.FromMinutes(299));
        Talk.Answer early = await talk.RefreshAsync(tokens.RefreshToken!);
        talk.Clock.Advance(TimeSpan.FromMinutes(1));
        Talk.Answer late = await talk.RefreshAsync(tokens.RefreshToken!);

        (early.AccessToken, early.RefreshToken, (int)early.Json["expires_in"]!).Should().Be((tokens.AccessToken, tokens.RefreshToken!, 3660));
        (late.AccessToken == tokens.AccessToken, late.RefreshToken == tokens.RefreshToken).Should().Be((false, false));
        talk.Server.Log.RefreshRequests.Select(request => request.Outcome).Should().Equal(TokenRequestOutcome.Repeated, TokenRequestOutcome.Issued);
    }

    [Fact]
    public async Task Strava_words_its_errors_as_faults()
    {
        await using Talk talk = await Talk.WithAsync(Dialect.Strava);
        TokenSet tokens = talk.Issue("read");
        (string, string) id = ("client_id", talk.Server.ClientId);
        Uri endpoint = talk.Server.TokenEndpoint.Address;

        Talk.Answer refresh = await talk.RefreshAsync("nonsense");
        Talk.Answer code = await talk.RedeemAsync("nonsense");
        Talk.Answer client = await talk.PostAsync(endpoint, ("client_id", "999"), ("client_secret", "x"), ("grant_type", "refresh_token"));
        Talk.Answer secret = await talk.PostAsync(endpoint, id, ("client_secret", "x"), ("grant_type", "refresh_token"), ("refresh_token", "x"));
        Talk.Answer api = await talk.ApiAsync("/api/v3/athlete", "nonsense");
        Talk.Answer scope = await talk.ApiAsync("/api/v3/athlete/activities", tokens.AccessToken);
        Talk.Answer badScope = await Talk.Answer.OfAsync(await talk.AuthorizeAsync(scope: "invented"));

        Check(refresh, 400, """{"message":"Bad Request","errors":[{"resource":"RefreshToken","field":"refresh_token","code":"invalid"}]}""");
        Check(code, 400, """{"message":"Bad Request","errors":[{"resource":"AuthorizationCode","field":"code","code":"invalid"}]}""");
        Check(client, 400, """{"message":"Bad Request","errors":[{"resource":"Application","field":"client_id","code":"invalid"}]}""");
        Check(secret, 401, """{"message":"Authorization Error","errors":[{"resource":"Application","field":"","code":"invalid"}]}""");
        Check(api, 401, """{"message":"Authorization Error","errors":[{"resource":"Athlete","field":"access_token","code":"invalid"}]}""");
        Check(scope, 401, """{"message":"Authorization Error","errors":[{"resource":"AccessToken","field":"activity:read_permission","code":"missing"}]}""");
        Check(badScope, 400, """{"message":"Bad Request","errors":[{"resource":"Authorize","field":"scope","code":"invalid"}]}""");
    }

    [Fact]
    public async Task Strava_revokes_with_basic_authentication_only()
    {
        await using Talk talk = await Talk.WithAsync(Dialect.Strava);
        TokenSet tokens = talk.Issue("read");
        Uri endpoint = talk.Server.RevocationEndpoint.Address;
        string basic = Talk.Basic(talk.Server.ClientId, talk.Server.ClientSecret);

        Talk.Answer inBody = await talk.PostAsync(
            endpoint, ("token", tokens.RefreshToken!), ("client_id", talk.Server.ClientId), ("client_secret", talk.Server.ClientSecret));
        Talk.Answer missing = await talk.SendAsync(endpoint, basic);
        Talk.Answer revoked = await talk.SendAsync(endpoint, basic, ("token", tokens.RefreshToken!));

        Check(inBody, 401, """{"message":"Authorization Error","errors":[]}""");
        missing.Status.Should().Be(400);
        Check(revoked, 200, "");
        talk.Server.IsLive(tokens.AccessToken).Should().BeFalse();
        endpoint.AbsolutePath.Should().Be("/oauth/revoke");
    }

    [Fact]
    public async Task TrainingPeaks_speaks_lower_case_bearer_and_awkward_tokens()
    {
        await using Talk talk = await Talk.WithAsync(Dialect.TrainingPeaks);
        talk.Server.SignedInUser = talk.Server.AddUser("ada", "77");

        Dictionary<string, string> callback = await talk.CallbackAsync(scope: "athlete:profile workouts:read");
        Talk.Answer code = await talk.RedeemAsync(callback["code"]);
        Talk.Answer refreshed = await talk.SendAsync(
            new Uri(talk.Server.Address, "/OAuth/Token"),
            Talk.Basic(talk.Server.ClientId, talk.Server.ClientSecret),
            ("grant_type", "refresh_token"),
            ("refresh_token", code.RefreshToken));

        callback.Keys.Should().Equal("code", "state");
        code.Body.Should().Be($$"""{"access_token":"{{code.AccessToken}}","token_type":"bearer","expires_in":600,"refresh_token":"{{code.RefreshToken}}","scope":"athlete:profile workouts:read"}""");
        (code.AccessToken + "/" + code.RefreshToken).Should().MatchRegex("^gAAAA!.*/i7ne!IAAA.*$");
        refreshed.Status.Should().Be(200);
        (await talk.ApiAsync("/v1/athlete/profile", refreshed.AccessToken)).Body.Should()
            .Be("""{"Id":77,"FirstName":"ada","LastName":"","Email":"ada@example.invalid","IsPremium":true}""");
    }

    [Fact]
    public async Task TrainingPeaks_answers_a_coach_by_the_coach_profile_only()
    {
        await using Talk talk = await Talk.WithAsync(Dialect.TrainingPeaks);
        SimulatedUser coach = talk.Server.AddUser("coach", "88");
        coach.IsCoach = true;
        string token = talk.Server.IssueTokens(coach, "coach:athletes").AccessToken;

        (await talk.ApiAsync("/v1/coach/profile", token)).Body.Should().Be("""{"CoachId":88}""");
        (await talk.ApiAsync("/v1/athlete/profile", token)).Body.Should().Be("""["88 is not a valid athlete"]""");
    }

    [Theory]
    [InlineData("/v2/workouts/2026-11-01/2026-11-08", "workouts:read")]
    [InlineData("/v2/metrics/2026-11-01/2026-11-08", "metrics:read")]
    [InlineData("/v1/coach/athletes", "coach:athletes")]
    public async Task TrainingPeaks_lists_nothing_to_whoever_has_the_scope_and_refuses_others(string path, string scope)
    {
        await using Talk talk = await Talk.WithAsync(Dialect.TrainingPeaks);
        SimulatedUser user = talk.Server.SignedInUser;

        (await talk.ApiAsync(path, talk.Server.IssueTokens(user, scope).AccessToken)).Body.Should().Be("[]");
        (await talk.ApiAsync(path, talk.Server.IssueTokens(user, "events:read").AccessToken)).Status.Should().Be(403);
        (await talk.ApiAsync(path, accessToken: null)).Status.Should().Be(401);
    }

    [Fact]
    public async Task TrainingPeaks_calls_nearly_everything_an_invalid_request()
    {
        await using Talk talk = await Talk.WithAsync(Dialect.TrainingPeaks);
        TokenSet tokens = talk.Issue("athlete:profile");
        Uri endpoint = talk.Server.TokenEndpoint.Address;
        using var json = new StringContent("{}", MediaTypeHeaderValue.Parse("application/json"));
        const string Invalid = """{"error":"invalid_request","error_description":"The request is invalid."}""";

        Check(await talk.RedeemAsync("nonsense"), 400, Invalid);
        Check(await talk.RefreshAsync("nonsense"), 400, Invalid);
        Check(await talk.PostAsync(endpoint, ("client_id", talk.Server.ClientId), ("client_secret", "x"), ("grant_type", "refresh_token")), 400, Invalid);
        Check(await talk.PostAsync(endpoint, ("grant_type", "refresh_token")), 400, "");
        (await talk.Http.PostAsync(endpoint, json)).Content.Headers.ContentType!.MediaType.Should().Be("text/html");
        talk.Server.RevokeGrant(talk.Server.SignedInUser);
        (await talk.RefreshAsync(tokens.RefreshToken!)).Json["error"]!.ToString().Should().Be("invalid_grant");
    }

    [Fact]
    public async Task TrainingPeaks_deauthorizes_by_the_access_token()
    {
        await using Talk talk = await Talk.WithAsync(Dialect.TrainingPeaks);
        TokenSet tokens = talk.Issue("athlete:profile");
        Uri endpoint = talk.Server.RevocationEndpoint.Address;

        Check(await talk.SendAsync(endpoint, "Bearer nonsense"), 401, "");
        Check(await talk.SendAsync(endpoint, "Bearer " + tokens.AccessToken), 200, "");

        talk.Server.IsLive(tokens.RefreshToken!).Should().BeFalse();
        talk.Server.Log.Revocations.Select(entry => entry.Accepted).Should().Equal(false, true);
    }

    [Fact]
    public async Task Google_gives_a_refresh_token_and_an_id_token_at_the_exchange_and_no_refresh_token_later()
    {
        await using Talk talk = await Talk.WithAsync(Dialect.Google, options => options.RefreshTokenLifetime = TimeSpan.FromDays(7));
        talk.Server.SignedInUser = talk.Server.AddUser("ada", "113456789012345678901");

        Dictionary<string, string> callback = await talk.CallbackAsync("&access_type=offline&nonce=n1", "openid x");
        Talk.Answer code = await talk.RedeemAsync(callback["code"]);
        Talk.Answer refreshed = await talk.RefreshAsync(code.RefreshToken);

        callback.Keys.Should().Equal("state", "iss", "code", "scope", "authuser", "prompt");
        (callback["iss"], callback["scope"]).Should().Be(("https://accounts.google.com", "openid x"));
        callback["code"].Should().Contain("/");
        code.Body.Should().Be($$"""{"access_token":"{{code.AccessToken}}","expires_in":3599,"refresh_token":"{{code.RefreshToken}}","refresh_token_expires_in":604800,"scope":"openid x","token_type":"Bearer","id_token":"{{code.Json["id_token"]}}"}""");
        refreshed.Body.Should().Be($$"""{"access_token":"{{refreshed.AccessToken}}","expires_in":3599,"scope":"openid x","token_type":"Bearer","id_token":"{{refreshed.Json["id_token"]}}"}""");
        IdToken(code).Should().Be($$"""{"iss":"https://accounts.google.com","azp":"{{talk.Server.ClientId}}","aud":"{{talk.Server.ClientId}}","sub":"113456789012345678901","nonce":"n1","iat":1767225600,"exp":1767229200}""");
        (await talk.ApiAsync("/v1/userinfo", code.AccessToken)).Json["sub"]!.ToString().Should().Be("113456789012345678901");
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("&access_type=offline", false)]
    [InlineData("&access_type=offline&prompt=consent", true)]
    public async Task Google_gives_a_second_refresh_token_only_for_a_new_consent(string more, bool given)
    {
        await using Talk talk = await Talk.WithAsync(Dialect.Google);
        talk.Issue("openid");

        Talk.Answer answer = await talk.RedeemAsync((await talk.CallbackAsync(more))["code"]);

        (answer.Json["refresh_token"] is not null).Should().Be(given);
    }

    [Fact]
    public async Task Google_words_its_errors_in_its_own_way_and_revokes_without_a_client()
    {
        await using Talk talk = await Talk.WithAsync(Dialect.Google);
        TokenSet tokens = talk.Issue("openid");
        Uri endpoint = talk.Server.RevocationEndpoint.Address;

        Talk.Answer revoked = await talk.PostAsync(endpoint, ("token", tokens.AccessToken));

        revoked.Status.Should().Be(200);
        Check(await talk.PostAsync(endpoint, ("token", tokens.AccessToken)), 400, """{"error":"invalid_token","error_description":"Token expired or revoked"}""");
        Check(await talk.RefreshAsync(tokens.RefreshToken!), 400, """{"error":"invalid_grant","error_description":"Token has been expired or revoked."}""");
        Check(await talk.RefreshAsync("nonsense"), 400, """{"error":"invalid_grant","error_description":"Bad Request"}""");
        Check(
            await talk.PostAsync(talk.Server.TokenEndpoint.Address, ("client_id", talk.Server.ClientId), ("client_secret", "x"), ("grant_type", "refresh_token")),
            401,
            """{"error":"invalid_client","error_description":"Unauthorized"}""");
    }

    private static void Check(Talk.Answer answer, int status, string body) => (answer.Status, answer.Body).Should().Be((status, body));

    private static string IdToken(Talk.Answer answer) =>
        JsonNode.Parse(Base64Url.DecodeFromChars(((string)answer.Json["id_token"]!).Split('.')[1]))!.ToJsonString();
}
