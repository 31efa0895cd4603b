using System.Buffers.Text;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using TokenLifecycle.Options;

namespace TokenLifecycle.Testing.Tests;

public sealed class Rfc6749Tests
{
    private const string Verifier = "verifier-cAnArY-verifier-verifier-verifier-verifier";

    private static string Challenge => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier)));

    [Fact]
    public async Task A_whole_conversation_answers_as_the_standard_says()
    {
        await using Talk talk = await Talk.WithAsync();

        Dictionary<string, string> callback = await talk.CallbackAsync($"&code_challenge={Challenge}&code_challenge_method=S256", "read write");
        Talk.Answer code = await talk.RedeemAsync(callback["code"], ("code_verifier", Verifier));
        Talk.Answer refreshed = await talk.RefreshAsync(code.RefreshToken);

        callback.Keys.Should().Equal("code", "state");
        callback["state"].Should().Be("s1");
        code.Body.Should().Be($$"""{"access_token":"{{code.AccessToken}}","token_type":"Bearer","expires_in":3600,"refresh_token":"{{code.RefreshToken}}","scope":"read write"}""");
        code.Response.Headers.CacheControl!.NoStore.Should().BeTrue();
        refreshed.Body.Should().Be($$"""{"access_token":"{{refreshed.AccessToken}}","token_type":"Bearer","expires_in":3600,"refresh_token":"{{refreshed.RefreshToken}}","scope":"read write"}""");
        (await talk.ApiAsync("/api/me", refreshed.AccessToken)).Body.Should().Be("""{"id":"1000","name":"user"}""");
        (await talk.ApiAsync("/api/echo", refreshed.AccessToken)).Body.Should().Be("""{"user":"user","method":"GET","length":0}""");
    }

    [Theory]
    [InlineData("code_verifier", "another-verifier-that-does-not-fit-the-challenge")]
    [InlineData(null, null)]
    public async Task A_verifier_that_does_not_fit_its_challenge_is_refused(string? name, string? value)
    {
        await using Talk talk = await Talk.WithAsync();
        Dictionary<string, string> callback = await talk.CallbackAsync($"&code_challenge={Challenge}&code_challenge_method=S256");

        Talk.Answer answer = await talk.RedeemAsync(callback["code"], name is null ? [] : [(name, value!)]);

        answer.Status.Should().Be(400);
        answer.Body.Should().Be("""{"error":"invalid_grant","error_description":"The code_verifier does not match."}""");
    }

    [Fact]
    public async Task A_verifier_without_a_challenge_is_refused()
    {
        await using Talk talk = await Talk.WithAsync();
        Dictionary<string, string> callback = await talk.CallbackAsync();

        (await talk.RedeemAsync(callback["code"], ("code_verifier", Verifier))).Status.Should().Be(400);
    }

    [Fact]
    public async Task A_plain_challenge_is_refused()
    {
        await using Talk talk = await Talk.WithAsync();

        (await talk.CallbackAsync("&code_challenge=abc&code_challenge_method=plain"))["error"].Should().Be("invalid_request");
    }

    [Fact]
    public async Task A_code_used_twice_is_refused_and_what_it_issued_is_revoked()
    {
        await using Talk talk = await Talk.WithAsync();
        string code = (await talk.CallbackAsync())["code"];
        Talk.Answer first = await talk.RedeemAsync(code);

        Talk.Answer second = await talk.RedeemAsync(code);

        second.Status.Should().Be(400);
        talk.Server.IsLive(first.RefreshToken).Should().BeFalse();
        talk.Server.IsLive(first.AccessToken).Should().BeFalse();
        talk.Server.Log.FamiliesRevoked.Should().Be(1);
    }

    [Fact]
    public async Task A_code_ends_when_its_time_is_over()
    {
        await using Talk talk = await Talk.WithAsync();
        string code = (await talk.CallbackAsync())["code"];

        talk.Clock.Advance(TimeSpan.FromMinutes(1));

        (await talk.RedeemAsync(code)).Status.Should().Be(400);
    }

    [Fact]
    public async Task Another_redirect_address_at_the_exchange_is_refused()
    {
        await using Talk talk = await Talk.WithAsync();
        string code = (await talk.CallbackAsync())["code"];

        Talk.Answer answer = await talk.TokenAsync(("grant_type", "authorization_code"), ("code", code), ("redirect_uri", Talk.RedirectUri + "/"));

        answer.Body.Should().Be("""{"error":"invalid_grant","error_description":"The redirect_uri does not match."}""");
    }

    [Theory]
    [InlineData("client", "secret")]
    [InlineData("client:1", "s:ec+ret% é&=?")]
    [InlineData("é+% :", "+")]
    public async Task Basic_and_body_authentication_take_the_same_awkward_characters(string id, string secret)
    {
        await using Talk talk = await Talk.WithAsync(configure: options => (options.ClientId, options.ClientSecret) = (id, secret));

        Talk.Answer basic = await talk.SendAsync(talk.Server.TokenEndpoint.Address, Talk.Basic(id, secret), ("grant_type", "client_credentials"));
        Talk.Answer body = await talk.TokenAsync(("grant_type", "client_credentials"));

        basic.Status.Should().Be(200);
        body.Status.Should().Be(200);
        talk.Server.Log.TokenRequests.Select(request => request.ClientAuthentication).Should().Equal("basic", "body");
    }

    [Fact]
    public async Task Basic_credentials_that_were_not_form_encoded_first_are_refused()
    {
        await using Talk talk = await Talk.WithAsync(configure: options => (options.ClientId, options.ClientSecret) = ("client", "a+b%25c"));
        string raw = "Basic " + Convert.ToBase64String("client:a+b%25c"u8);

        Talk.Answer answer = await talk.SendAsync(talk.Server.TokenEndpoint.Address, raw, ("grant_type", "client_credentials"));

        answer.Status.Should().Be(401);
        answer.Body.Should().Be("""{"error":"invalid_client","error_description":"Client authentication failed."}""");
        answer.Response.Headers.WwwAuthenticate.Single().Scheme.Should().Be("Basic");
    }

    [Theory]
    [InlineData("Basic !!!")]
    [InlineData("Basic bm9jb2xvbg==")]
    [InlineData("Basic /////w==")]
    public async Task Basic_credentials_that_cannot_be_read_are_refused(string header)
    {
        await using Talk talk = await Talk.WithAsync();

        (await talk.SendAsync(talk.Server.TokenEndpoint.Address, header, ("grant_type", "client_credentials"))).Status.Should().Be(401);
    }

    [Fact]
    public async Task Two_client_authentications_at_once_are_refused()
    {
        await using Talk talk = await Talk.WithAsync();

        Talk.Answer answer = await talk.SendAsync(
            talk.Server.TokenEndpoint.Address,
            Talk.Basic(talk.Server.ClientId, talk.Server.ClientSecret),
            ("grant_type", "client_credentials"),
            ("client_secret", talk.Server.ClientSecret));

        answer.Status.Should().Be(400);
        answer.Json["error"]!.ToString().Should().Be("invalid_request");
    }

    [Theory]
    [InlineData(ClientAuthenticationMethod.Body, 200, 401)]
    [InlineData(ClientAuthenticationMethod.Basic, 401, 200)]
    public async Task Only_the_required_client_authentication_is_taken(ClientAuthenticationMethod required, int body, int basic)
    {
        await using Talk talk = await Talk.WithAsync(configure: options => options.ClientAuthentication = required);

        (await talk.TokenAsync(("grant_type", "client_credentials"))).Status.Should().Be(body);
        (await talk.SendAsync(
            talk.Server.TokenEndpoint.Address,
            Talk.Basic(talk.Server.ClientId, talk.Server.ClientSecret),
            ("grant_type", "client_credentials"))).Status.Should().Be(basic);
    }

    [Fact]
    public async Task A_public_client_names_itself_and_has_no_secret()
    {
        await using Talk talk = await Talk.WithAsync(configure: options => options.ClientSecret = "");
        string token = talk.Issue().RefreshToken!;
        (string, string)[] form = [("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", talk.Server.ClientId)];

        (await talk.PostAsync(talk.Server.TokenEndpoint.Address, [.. form, ("client_secret", "x")])).Status.Should().Be(401);
        (await talk.PostAsync(talk.Server.TokenEndpoint.Address, form)).Status.Should().Be(200);
    }

    [Fact]
    public async Task A_changed_client_secret_counts_at_once()
    {
        await using Talk talk = await Talk.WithAsync();
        string former = talk.Server.ClientSecret;

        talk.Server.ChangeClientSecret().Should().NotBe(former);

        (await talk.PostAsync(
            talk.Server.TokenEndpoint.Address,
            ("grant_type", "client_credentials"),
            ("client_id", talk.Server.ClientId),
            ("client_secret", former))).Status.Should().Be(401);
        (await talk.TokenAsync(("grant_type", "client_credentials"))).Status.Should().Be(200);
    }

    [Fact]
    public async Task Client_credentials_bring_no_refresh_token()
    {
        await using Talk talk = await Talk.WithAsync();

        Talk.Answer answer = await talk.TokenAsync(("grant_type", "client_credentials"), ("scope", "a b"));

        answer.Body.Should().Be($$"""{"access_token":"{{answer.AccessToken}}","token_type":"Bearer","expires_in":3600,"scope":"a b"}""");
    }

    [Fact]
    public async Task What_is_not_a_well_formed_token_request_is_refused()
    {
        await using Talk talk = await Talk.WithAsync();
        Uri endpoint = talk.Server.TokenEndpoint.Address;
        using var json = new StringContent("{}", MediaTypeHeaderValue.Parse("application/json"));

        using HttpResponseMessage get = await talk.Http.GetAsync(endpoint);
        using HttpResponseMessage asJson = await talk.Http.PostAsync(endpoint, json);
        Talk.Answer duplicate = await talk.TokenAsync(("grant_type", "client_credentials"), ("grant_type", "client_credentials"));
        Talk.Answer inQuery = await talk.PostAsync(new Uri(endpoint, "?client_secret=x"), ("grant_type", "client_credentials"));
        Talk.Answer unknownGrant = await talk.TokenAsync(("grant_type", "password"));
        Talk.Answer nobody = await talk.PostAsync(endpoint, ("grant_type", "client_credentials"));

        ((int)get.StatusCode, (int)asJson.StatusCode).Should().Be((405, 400));
        duplicate.Json["error"]!.ToString().Should().Be("invalid_request");
        inQuery.Json["error"]!.ToString().Should().Be("invalid_request");
        unknownGrant.Json["error"]!.ToString().Should().Be("unsupported_grant_type");
        nobody.Status.Should().Be(401);
    }

    [Fact]
    public async Task A_json_body_is_taken_when_the_options_say_so()
    {
        await using Talk talk = await Talk.WithAsync(configure: options => options.AcceptJsonBodies = true);
        using var json = new StringContent(
            $$"""{"grant_type":"client_credentials","client_id":"{{talk.Server.ClientId}}","client_secret":"{{talk.Server.ClientSecret}}"}""",
            MediaTypeHeaderValue.Parse("application/json"));

        using HttpResponseMessage response = await talk.Http.PostAsync(talk.Server.TokenEndpoint.Address, json);

        ((int)response.StatusCode).Should().Be(200);
    }

    [Fact]
    public async Task Revoking_ends_the_whole_grant_and_an_unknown_token_is_no_error()
    {
        await using Talk talk = await Talk.WithAsync();
        TokenSet tokens = talk.Issue();
        (string, string)[] client = [("client_id", talk.Server.ClientId), ("client_secret", talk.Server.ClientSecret)];
        Uri endpoint = talk.Server.RevocationEndpoint.Address;

        Talk.Answer nobody = await talk.PostAsync(endpoint, ("token", tokens.RefreshToken!));
        Talk.Answer unknown = await talk.PostAsync(endpoint, [("token", "nonsense"), .. client]);
        Talk.Answer missing = await talk.PostAsync(endpoint, client);
        bool before = talk.Server.IsLive(tokens.RefreshToken!);
        Talk.Answer revoked = await talk.PostAsync(endpoint, [("token", tokens.RefreshToken!), .. client]);

        (nobody.Status, unknown.Status, missing.Status, revoked.Status).Should().Be((401, 200, 400, 200));
        (before, talk.Server.IsLive(tokens.RefreshToken!), talk.Server.IsLive(tokens.AccessToken)).Should().Be((true, false, false));
        talk.Server.Log.Revocations.Should().HaveCount(4).And.ContainSingle(entry => entry.Family != null);
    }

    [Fact]
    public async Task The_reply_leaves_out_or_adds_what_the_options_say()
    {
        await using Talk talk = await Talk.WithAsync(configure: options =>
        {
            (options.SendScope, options.SendExpiresIn, options.SendExpiresAt, options.SendIssuer) = (false, false, true, true);
            (options.SendRefreshTokenExpiresIn, options.RefreshTokenLifetime) = (true, TimeSpan.FromDays(1));
            options.AccessTokenLength = 32_768;
        });

        Dictionary<string, string> callback = await talk.CallbackAsync();
        Talk.Answer answer = await talk.RedeemAsync(callback["code"]);

        callback["iss"].Should().Be(talk.Server.Address.GetLeftPart(UriPartial.Authority));
        answer.AccessToken.Should().HaveLength(32_768);
        answer.Body.Should().Be($$"""{"access_token":"{{answer.AccessToken}}","token_type":"Bearer","expires_at":1767229200,"refresh_token":"{{answer.RefreshToken}}","refresh_token_expires_in":86400}""");
        (await talk.ApiAsync("/api/me", answer.AccessToken)).Status.Should().Be(200);
    }

    [Fact]
    public async Task The_api_refuses_dead_tokens_and_missing_scopes_as_RFC_6750_says()
    {
        await using Talk talk = await Talk.WithAsync();
        TokenSet tokens = talk.Issue("read");

        Talk.Answer none = await talk.ApiAsync("/api/me", null);
        Talk.Answer forbidden = await talk.ApiAsync("/api/forbidden?scope=write", tokens.AccessToken);
        Talk.Answer inQuery = await talk.ApiAsync("/api/me?access_token=x", tokens.AccessToken);
        talk.Server.RevokeAccessTokens(talk.Server.SignedInUser);
        Talk.Answer dead = await talk.ApiAsync("/api/me", tokens.AccessToken);

        none.Response.Headers.WwwAuthenticate.ToString().Should().Be("Bearer realm=\"simulated\"");
        forbidden.Status.Should().Be(403);
        forbidden.Response.Headers.WwwAuthenticate.ToString().Should().Contain("error=\"insufficient_scope\", scope=\"write\"");
        inQuery.Status.Should().Be(400);
        dead.Status.Should().Be(401);
        dead.Response.Headers.WwwAuthenticate.ToString().Should().Contain("error=\"invalid_token\"");
        talk.Server.IsLive(tokens.RefreshToken!).Should().BeTrue();
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(303)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task The_api_redirects_anywhere_for_tests_of_a_handler(int status)
    {
        await using Talk talk = await Talk.WithAsync();

        Talk.Answer answer = await talk.ApiAsync($"/api/redirect?status={status}&to=https%3A%2F%2Fevil.example%2Fx", null);

        answer.Status.Should().Be(status);
        answer.Response.Headers.Location!.OriginalString.Should().Be("https://evil.example/x");
    }
}
