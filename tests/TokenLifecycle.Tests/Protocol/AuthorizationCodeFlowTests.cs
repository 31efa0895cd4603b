using System.Net;
using System.Security.Cryptography;
using System.Text;
using RichardSzalay.MockHttp;
using TokenLifecycle.Options;
using TokenLifecycle.Protocol;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.Protocol;

public sealed class AuthorizationCodeFlowTests : IDisposable
{
    private static readonly Uri Callback = new("https://app.example/callback");

    private readonly MockHttpMessageHandler _http = new();
    private readonly OAuthProviderOptions _options = Answers.Provider();
    private readonly BackChannel _channel;
    private readonly AuthorizationCodeFlow _flow;
    private readonly List<Dictionary<string, string>> _posts = [];

    public AuthorizationCodeFlowTests()
    {
        _channel = new BackChannel(TimeProvider.System, _http);
        _flow = new AuthorizationCodeFlow(new StaticOptions<OAuthProviderOptions>(_options), new TokenEndpoint(_channel, TimeProvider.System), new RevocationEndpoint(_channel), _channel,
            TimeProvider.System, new StaticOptions<TokenLifecycleOptions>(new TokenLifecycleOptions()));
        _options.Scopes.Add("read");
        _options.Scopes.Add("write");
    }

    public void Dispose()
    {
        _channel.Dispose();
        _http.Dispose();
    }

    [Fact]
    public void AR_1_AR_2_The_address_asks_for_a_code_with_an_s256_challenge()
    {
        _options.AuthorizationEndpoint = "https://idp.example/authorize?tenant=a%20b";
        _options.AdditionalAuthorizationParameters["prompt"] = "consent";
        foreach (string own in (string[])["response_type", "redirect_uri", "state", "code_challenge_method", "client_id", "request_uri", "scope"])
            _options.AdditionalAuthorizationParameters[own] = "evil";

        AuthorizationRequest request = _flow.CreateRequest("acme", Callback);

        Dictionary<string, string> query = Query(request.Url);
        query.Should().BeEquivalentTo(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["tenant"] = "a b",
            ["response_type"] = "code",
            ["client_id"] = "app",
            ["redirect_uri"] = "https://app.example/callback",
            ["scope"] = "read write",
            ["state"] = request.State,
            ["code_challenge"] = Challenge(request.CodeVerifier!),
            ["code_challenge_method"] = "S256",
            ["prompt"] = "consent",
        });
        request.Url.GetLeftPart(UriPartial.Path).Should().Be("https://idp.example/authorize");
        (request.Provider, request.RedirectUri).Should().Be(("acme", Callback));
        request.Scopes.Should().Equal("read", "write");
    }

    [Fact]
    public void AR_3_AR_6_State_and_verifier_are_random_unreserved_and_never_repeat()
    {
        AuthorizationRequest[] requests = [.. Enumerable.Range(0, 10_000).Select(_ => _flow.CreateRequest("acme", Callback))];

        requests.SelectMany(r => new[] { r.State, r.CodeVerifier! }).Should().OnlyHaveUniqueItems();
        requests.Should().OnlyContain(r => r.State.Length == 43 && r.CodeVerifier!.Length == 43);
        requests.SelectMany(r => r.State + r.CodeVerifier).Distinct().Should().OnlyContain(c => char.IsAsciiLetterOrDigit(c) || c == '-' || c == '_');
    }

    [Fact]
    public void AR_7_Scopes_and_separator_follow_the_settings()
    {
        _options.Pkce = PkceMode.Off;
        _options.ScopeSeparator = ",";
        AuthorizationRequest comma = _flow.CreateRequest("acme", Callback, ["a", "b"]);
        _options.ScopeSeparator = "";
        AuthorizationRequest none = _flow.CreateRequest("acme", Callback, ["a", "b"]);

        Query(comma.Url)["scope"].Should().Be("a,b");
        Query(comma.Url).Keys.Should().NotContain(k => k.StartsWith("code_challenge", StringComparison.Ordinal));
        comma.CodeVerifier.Should().BeNull();
        Query(none.Url).Should().NotContainKey("scope");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("http://idp.example/authorize")]
    [InlineData("javascript:alert(1)")]
    public void DS_2_A_provider_without_a_proper_authorization_endpoint_is_the_operators_to_mend(string? endpoint)
    {
        _options.AuthorizationEndpoint = endpoint;

        _flow.Invoking(f => f.CreateRequest("acme", Callback)).Should().Throw<ProviderConfigurationException>().WithMessage("*AuthorizationEndpoint*");
    }

    [Fact]
    public async Task The_code_is_exchanged_with_verifier_and_the_same_redirect_address()
    {
        TokenEndpointAnswers("""{"access_token":"{at}","token_type":"Bearer","expires_in":3600,"refresh_token":"{rt}"}""");
        AuthorizationRequest request = _flow.CreateRequest("acme", new Uri("https://app.example"));
        string code = Canary.New("code");

        TokenSet tokens = await _flow.ExchangeAsync(request, Response(request, code));

        _posts.Should().ContainSingle().Which.Should().BeEquivalentTo(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["grant_type"] = "authorization_code",
            ["code"] = code,
            ["redirect_uri"] = "https://app.example",
            ["code_verifier"] = request.CodeVerifier!,
            ["client_id"] = "app",
            ["client_secret"] = _options.ClientSecret!,
        });
        Query(request.Url)["redirect_uri"].Should().Be("https://app.example");
        tokens.RefreshToken.Should().Contain(Canary.Mark);
        tokens.Issuer.Should().Be("https://idp.example");
        tokens.Scopes.Should().Equal("read", "write");
        tokens.Lifetime.Should().Be(TimeSpan.FromHours(1));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("wrong")]
    public async Task CB_1_A_missing_or_altered_state_is_refused_with_zero_token_calls(string? state)
    {
        TokenEndpointAnswers(Wire.Success());
        AuthorizationRequest request = _flow.CreateRequest("acme", Callback);

        foreach (string? given in (string?[])[state, request.State + "x", request.State[..^1], request.State.ToUpperInvariant()])
            await FailsAsync(request, new AuthorizationResponse { Code = Canary.New("code"), State = given }, AuthorizationFailureKind.StateMismatch);

        _posts.Should().BeEmpty();
    }

    [Fact]
    public async Task CB_1_A_forged_error_does_not_get_past_the_state_either()
    {
        AuthorizationRequest request = _flow.CreateRequest("acme", Callback);

        await FailsAsync(request, new AuthorizationResponse { Error = "access_denied", State = "x" }, AuthorizationFailureKind.StateMismatch);
    }

    [Theory]
    [InlineData("https://IDP.example")]
    [InlineData("https://idp.example/")]
    [InlineData("https://idp.example:443")]
    [InlineData("https://user@idp.example")]
    [InlineData("")]
    public async Task CB_5_Another_issuer_is_refused_also_on_an_error(string issuer)
    {
        TokenEndpointAnswers(Wire.Success());
        _options.Issuer = "https://idp.example";
        AuthorizationRequest request = _flow.CreateRequest("acme", Callback);

        await FailsAsync(request, new AuthorizationResponse { State = request.State, Code = Canary.New("code"), Issuer = issuer }, AuthorizationFailureKind.InvalidResponse);
        await FailsAsync(request, new AuthorizationResponse { State = request.State, Error = "access_denied", Issuer = issuer }, AuthorizationFailureKind.InvalidResponse);

        _posts.Should().BeEmpty();
    }

    [Fact]
    public async Task CB_5_The_right_issuer_or_none_passes()
    {
        TokenEndpointAnswers(Wire.Success());
        _options.Issuer = "https://idp.example";
        foreach (string? issuer in (string?[])["https://idp.example", null])
        {
            AuthorizationRequest request = _flow.CreateRequest("acme", Callback);
            await _flow.ExchangeAsync(request, new AuthorizationResponse { State = request.State, Code = Canary.New("code"), Issuer = issuer });
        }

        _posts.Should().HaveCount(2);
    }

    [Theory]
    [InlineData("access_denied", AuthorizationFailureKind.Denied)]
    [InlineData("user_cancelled_login", AuthorizationFailureKind.Denied)]
    [InlineData("admin_policy_enforced", AuthorizationFailureKind.Denied)]
    [InlineData("invalid_scope", AuthorizationFailureKind.ClientRejected)]
    [InlineData("unauthorized_client", AuthorizationFailureKind.ClientRejected)]
    [InlineData("server_error", AuthorizationFailureKind.Temporary)]
    [InlineData("temporarily_unavailable", AuthorizationFailureKind.Temporary)]
    public async Task CB_7_An_error_in_the_callback_makes_no_token_call(string error, AuthorizationFailureKind kind)
    {
        TokenEndpointAnswers(Wire.Success());
        AuthorizationRequest request = _flow.CreateRequest("acme", Callback);

        AuthorizationFailedException e = await FailsAsync(request, new AuthorizationResponse { State = request.State, Error = error }, kind);

        e.ErrorCode.Should().Be(error);
        _posts.Should().BeEmpty();
    }

    [Fact]
    public async Task CB_8_A_callback_without_code_and_error_is_invalid()
    {
        AuthorizationRequest request = _flow.CreateRequest("acme", Callback);

        await FailsAsync(request, new AuthorizationResponse { State = request.State }, AuthorizationFailureKind.InvalidResponse);
    }

    [Theory]
    [InlineData(400, """{"error":"invalid_grant"}""", AuthorizationFailureKind.CodeRejected)]
    [InlineData(200, """{"error":"invalid_grant"}""", AuthorizationFailureKind.CodeRejected)]
    [InlineData(418, """{"error":"strange"}""", AuthorizationFailureKind.CodeRejected)]
    [InlineData(401, """{"error":"invalid_client"}""", AuthorizationFailureKind.ClientRejected)]
    [InlineData(400, """{"error":"invalid_request"}""", AuthorizationFailureKind.ClientRejected)]
    [InlineData(400, """{"error":"consent_required"}""", AuthorizationFailureKind.Denied)]
    [InlineData(429, "", AuthorizationFailureKind.Temporary)]
    [InlineData(503, "", AuthorizationFailureKind.Temporary)]
    [InlineData(403, "<html>", AuthorizationFailureKind.Temporary)]
    [InlineData(200, "{}", AuthorizationFailureKind.InvalidResponse)]
    [InlineData(307, "", AuthorizationFailureKind.InvalidResponse)]
    public async Task TE_5_A_failed_exchange_says_who_can_mend_it_and_the_code_is_spent(int status, string body, AuthorizationFailureKind kind)
    {
        TokenEndpointAnswers(body, (HttpStatusCode)status);
        AuthorizationRequest request = _flow.CreateRequest("acme", Callback);
        AuthorizationResponse response = Response(request, Canary.New("code"));

        await FailsAsync(request, response, kind);
        await FailsAsync(request, response, AuthorizationFailureKind.InvalidResponse);

        _posts.Should().ContainSingle();
    }

    [Fact]
    public async Task TE_5_CB_4_Fifty_callbacks_at_once_send_the_code_once()
    {
        TokenEndpointAnswers(Wire.Success());
        AuthorizationRequest request = _flow.CreateRequest("acme", Callback);
        AuthorizationResponse response = Response(request, Canary.New("code"));

        Task<TokenSet>[] tries = [.. Enumerable.Range(0, 50).Select(_ => Task.Run(() => _flow.ExchangeAsync(request, response)))];
        await FluentActions.Awaiting(() => Task.WhenAll(tries)).Should().ThrowAsync<AuthorizationFailedException>();

        tries.Count(t => t.IsCompletedSuccessfully).Should().Be(1);
        _posts.Should().ContainSingle();
    }

    [Fact]
    public async Task RF_7_A_code_that_surely_was_not_sent_may_be_tried_again()
    {
        int calls = 0;
        _http.When(HttpMethod.Post, "*").Respond(async request =>
        {
            if (++calls == 1)
                throw new HttpRequestException(HttpRequestError.ConnectionError);
            await request.Content!.CopyToAsync(Stream.Null);
            return Json(Wire.Success());
        });
        AuthorizationRequest request = _flow.CreateRequest("acme", Callback);
        AuthorizationResponse response = Response(request, Canary.New("code"));

        await FailsAsync(request, response, AuthorizationFailureKind.Temporary);

        (await _flow.ExchangeAsync(request, response)).AccessToken.Should().Contain(Canary.Mark);
    }

    [Fact]
    [Trait("Rule", "RF-5")]
    [Trait("Rule", "FR-8")]
    public async Task Who_cancels_after_the_code_was_sent_gets_what_it_brought()
    {
        var sent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var finished = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var handler = new LambdaHandler(async (request, cancellation) =>
        {
            sent.SetResult();
            await release.Task;
            finished.SetResult(cancellation.IsCancellationRequested);
            return Json(Wire.Success());
        });
        using var channel = new BackChannel(TimeProvider.System, handler);
        var flow = new AuthorizationCodeFlow(new StaticOptions<OAuthProviderOptions>(_options), new TokenEndpoint(channel, TimeProvider.System), new RevocationEndpoint(channel), channel,
            TimeProvider.System, new StaticOptions<TokenLifecycleOptions>(new TokenLifecycleOptions()));
        AuthorizationRequest request = flow.CreateRequest("acme", Callback);
        using var caller = new CancellationTokenSource();
        Task<TokenSet> exchange = flow.ExchangeAsync(request, Response(request, Canary.New("code")), caller.Token);
        await sent.Task;

        await caller.CancelAsync();
        exchange.IsCompleted.Should().BeFalse();
        release.SetResult();

        (await finished.Task).Should().BeFalse();
        (await exchange).RefreshToken.Should().NotBeNull("it exists nowhere else");
    }

    [Theory]
    [InlineData(false, "read", null, "read")]
    [InlineData(false, null, "a", "read write")]
    [InlineData(false, "", null, "")]
    [InlineData(true, "reply", "read,activity:read_all", "read activity:read_all")]
    [InlineData(true, "reply", null, "reply")]
    [InlineData(true, "reply", "", "")]
    [InlineData(true, null, null, "read write")]
    public async Task TE_9_Granted_scopes_come_from_the_first_source_that_tells_them(bool callbackFirst, string? reply, string? callback, string expected)
    {
        if (callbackFirst)
        {
            _options.GrantedScopesFrom.Add(GrantedScopesSource.Callback);
            _options.GrantedScopesFrom.Add(GrantedScopesSource.Reply);
        }

        TokenEndpointAnswers($$"""{"access_token":"{at}","token_type":"Bearer"{{(reply is null ? "" : $",\"scope\":\"{reply}\"")}}}""");
        AuthorizationRequest request = _flow.CreateRequest("acme", Callback);

        TokenSet tokens = await _flow.ExchangeAsync(request, new AuthorizationResponse { State = request.State, Code = Canary.New("code"), Scope = callback });

        tokens.Scopes.Should().Equal(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory]
    [InlineData(AccountIdSource.None, null)]
    [InlineData(AccountIdSource.Reply, "1")]
    [InlineData(AccountIdSource.Callback, "2")]
    [InlineData(AccountIdSource.IdToken, "3")]
    [InlineData(AccountIdSource.UserInfo, "4")]
    public async Task MT_6_The_account_id_comes_from_where_the_provider_tells_it(AccountIdSource source, string? expected)
    {
        (_options.AccountIdFrom, _options.AccountIdPath, _options.UserInfoEndpoint) = (source, "id", "https://api.example/me");
        string accessToken = Canary.New("at");
        string idToken = IdToken("""{"iss":"https://idp.example","aud":"app","id":"3"}""");
        TokenEndpointAnswers($$"""{"access_token":"{{accessToken}}","token_type":"Bearer","id":1,"id_token":"{{idToken}}"}""");
        _http.When(HttpMethod.Get, "https://api.example/me").WithHeaders("Authorization", "Bearer " + accessToken).Respond("application/json", """{"id":4}""");
        AuthorizationRequest request = _flow.CreateRequest("acme", Callback);
        var response = new AuthorizationResponse
        {
            State = request.State, Code = Canary.New("code"), Parameters = new Dictionary<string, string>(StringComparer.Ordinal) { ["id"] = "2" },
        };

        (await _flow.ExchangeAsync(request, response)).AccountId.Should().Be(expected);
    }

    [Theory]
    [InlineData(500, "application/json", """{"id":4}""")]
    [InlineData(302, "application/json", """{"id":4}""")]
    [InlineData(200, "text/html", "<html>4</html>")]
    [InlineData(200, "application/json", "<html>")]
    [InlineData(200, "application/json", """["not an athlete"]""")]
    public async Task MT_6_A_failed_user_info_call_costs_the_account_id_and_not_the_connection(int status, string type, string body)
    {
        (_options.AccountIdFrom, _options.AccountIdPath, _options.UserInfoEndpoint) = (AccountIdSource.UserInfo, "id", "https://api.example/me");
        TokenEndpointAnswers(Wire.Success());
        _http.When(HttpMethod.Get, "https://api.example/me").Respond((HttpStatusCode)status, type, body);
        AuthorizationRequest request = _flow.CreateRequest("acme", Callback);

        TokenSet tokens = await _flow.ExchangeAsync(request, Response(request, Canary.New("code")));

        tokens.AccountId.Should().BeNull();
        tokens.AccessToken.Should().Contain(Canary.Mark);
    }

    [Fact]
    public async Task TE_1_The_access_token_does_not_go_to_a_user_info_address_without_tls()
    {
        (_options.AccountIdFrom, _options.AccountIdPath, _options.UserInfoEndpoint) = (AccountIdSource.UserInfo, "id", "http://api.example/me");
        TokenEndpointAnswers(Wire.Success());
        MockedRequest info = _http.When(HttpMethod.Get, "*").Respond("application/json", """{"id":4}""");
        AuthorizationRequest request = _flow.CreateRequest("acme", Callback);

        (await _flow.ExchangeAsync(request, Response(request, Canary.New("code")))).AccountId.Should().BeNull();

        _http.GetMatchCount(info).Should().Be(0);
    }

    [Theory]
    [InlineData("""{"iss":"https://idp.example","aud":"app","sub":"7"}""", true)]
    [InlineData("""{"iss":"https://idp.example","aud":["x","app"],"azp":"app","sub":"7"}""", true)]
    [InlineData("""{"iss":"https://idp.example/","aud":"app","sub":"7"}""", false)]
    [InlineData("""{"iss":"https://idp.example","iss":"https://evil","aud":"app","sub":"7"}""", false)]
    [InlineData("""{"aud":"app","sub":"7"}""", false)]
    [InlineData("""{"iss":"https://idp.example","aud":"other","sub":"7"}""", false)]
    [InlineData("""{"iss":"https://idp.example","aud":["other"],"sub":"7"}""", false)]
    [InlineData("""{"iss":"https://idp.example","sub":"7"}""", false)]
    [InlineData("""{"iss":"https://idp.example","aud":["x","app"],"azp":"x","sub":"7"}""", false)]
    [InlineData("[]", false)]
    [InlineData("garbage", false)]
    public async Task CB_11_An_id_token_of_another_issuer_or_for_another_client_is_refused(string claims, bool taken)
    {
        (_options.AccountIdFrom, _options.AccountIdPath, _options.Issuer) = (AccountIdSource.IdToken, "sub", "https://idp.example");
        TokenEndpointAnswers($$"""{"access_token":"{at}","token_type":"Bearer","id_token":"{{IdToken(claims)}}"}""");
        AuthorizationRequest request = _flow.CreateRequest("acme", Callback);

        if (taken)
            (await _flow.ExchangeAsync(request, Response(request, Canary.New("code")))).AccountId.Should().Be("7");
        else
            await FailsAsync(request, Response(request, Canary.New("code")), AuthorizationFailureKind.InvalidResponse);
    }

    [Theory]
    [InlineData("a.b")]
    [InlineData("a.!!.c")]
    [InlineData("a.b.c.d")]
    [InlineData("")]
    public async Task CB_11_What_is_no_id_token_is_refused(string idToken)
    {
        (_options.AccountIdFrom, _options.AccountIdPath) = (AccountIdSource.IdToken, "sub");
        TokenEndpointAnswers($$"""{"access_token":"{at}","token_type":"Bearer","id_token":"{{idToken}}"}""");
        AuthorizationRequest request = _flow.CreateRequest("acme", Callback);

        await FailsAsync(request, Response(request, Canary.New("code")), AuthorizationFailureKind.InvalidResponse);
    }

    public static TheoryData<string, string, string> WrongIdTokens => new()
    {
        { "no nonce", "RS256", """{"iss":"https://idp.example","aud":"app","sub":"7","iat":NOW,"exp":LATER}""" },
        { "another nonce", "RS256", """{"iss":"https://idp.example","aud":"app","sub":"7","iat":NOW,"exp":LATER,"nonce":"other"}""" },
        { "no nonce, and says that it need not", "RS256", """{"iss":"https://idp.example","aud":"app","sub":"7","iat":NOW,"exp":LATER,"nonce_supported":false}""" },
        { "unsigned", "none", """{"iss":"https://idp.example","aud":"app","sub":"7","iat":NOW,"exp":LATER,"nonce":"NONCE"}""" },
        { "an unknown algorithm", "XX1", """{"iss":"https://idp.example","aud":"app","sub":"7","iat":NOW,"exp":LATER,"nonce":"NONCE"}""" },
        { "another issuer", "RS256", """{"iss":"https://IDP.example","aud":"app","sub":"7","iat":NOW,"exp":LATER,"nonce":"NONCE"}""" },
        { "another audience", "RS256", """{"iss":"https://idp.example","aud":"other","sub":"7","iat":NOW,"exp":LATER,"nonce":"NONCE"}""" },
        { "no audience", "RS256", """{"iss":"https://idp.example","sub":"7","iat":NOW,"exp":LATER,"nonce":"NONCE"}""" },
        { "a second audience and no party", "RS256", """{"iss":"https://idp.example","aud":["app","other"],"sub":"7","iat":NOW,"exp":LATER,"nonce":"NONCE"}""" },
        { "another party", "RS256", """{"iss":"https://idp.example","aud":"app","azp":"other","sub":"7","iat":NOW,"exp":LATER,"nonce":"NONCE"}""" },
        { "ended", "RS256", """{"iss":"https://idp.example","aud":"app","sub":"7","iat":NOW,"exp":1600000000,"nonce":"NONCE"}""" },
        { "no end", "RS256", """{"iss":"https://idp.example","aud":"app","sub":"7","iat":NOW,"nonce":"NONCE"}""" },
        { "no time of issue", "RS256", """{"iss":"https://idp.example","aud":"app","sub":"7","exp":LATER,"nonce":"NONCE"}""" },
        { "issued a week ago", "RS256", """{"iss":"https://idp.example","aud":"app","sub":"7","iat":1600000000,"exp":LATER,"nonce":"NONCE"}""" },
        { "issued tomorrow", "RS256", """{"iss":"https://idp.example","aud":"app","sub":"7","iat":LATER,"exp":LATER,"nonce":"NONCE"}""" },
        { "no subject", "RS256", """{"iss":"https://idp.example","aud":"app","iat":NOW,"exp":LATER,"nonce":"NONCE"}""" },
    };

    [Theory]
    [MemberData(nameof(WrongIdTokens))]
    public async Task CB_11_CVE_2026_42206_CVE_2026_114617_A_wrong_id_token_is_refused_before_any_token_is_used(string name, string algorithm, string claims)
    {
        AuthorizationRequest request = OpenIdRequest(algorithm, claims);

        (await FailsAsync(request, Response(request, Canary.New("code")), AuthorizationFailureKind.InvalidResponse)).Message.Should().Contain("ID token", name);
    }

    [Theory]
    [InlineData("""{"iss":"https://idp.example","aud":"app","sub":"7","iat":NOW,"exp":LATER,"nonce":"NONCE"}""")]
    [InlineData("""{"iss":"https://idp.example","aud":["app","other"],"azp":"app","sub":"7","iat":NOW,"exp":LATER,"nonce":"NONCE"}""")]
    public async Task CB_11_A_right_id_token_is_taken(string claims)
    {
        AuthorizationRequest request = OpenIdRequest("ES256", claims);

        (await _flow.ExchangeAsync(request, Response(request, Canary.New("code")))).AccountId.Should().Be("7");
        Query(request.Url)["nonce"].Should().Be(request.Nonce).And.HaveLength(43);
    }

    [Fact]
    public async Task CB_11_A_reply_without_the_id_token_that_was_asked_for_is_refused()
    {
        _options.Scopes.Add("openid");
        TokenEndpointAnswers("""{"access_token":"{at}","token_type":"Bearer"}""");
        AuthorizationRequest request = _flow.CreateRequest("acme", Callback);

        await FailsAsync(request, Response(request, Canary.New("code")), AuthorizationFailureKind.InvalidResponse);
    }

    [Fact]
    public async Task LG_3_A_provider_that_echoes_the_code_does_not_get_it_into_the_exception()
    {
        AuthorizationRequest request = _flow.CreateRequest("acme", Callback);
        string code = Canary.New("code");
        TokenEndpointAnswers($$"""{"error":"{{code}}","error_description":"{{request.CodeVerifier}}"}""", HttpStatusCode.BadRequest);

        AuthorizationFailedException e = await FailsAsync(request, Response(request, code), AuthorizationFailureKind.CodeRejected);

        e.ErrorCode.Should().BeNull();
        e.ToString().Should().NotContain(request.CodeVerifier).And.NotContain(request.State);
    }

    private async Task<AuthorizationFailedException> FailsAsync(AuthorizationRequest request, AuthorizationResponse response, AuthorizationFailureKind kind)
    {
        AuthorizationFailedException e = (await _flow.Awaiting(f => f.ExchangeAsync(request, response)).Should().ThrowAsync<AuthorizationFailedException>()).Which;
        e.Kind.Should().Be(kind);
        e.Provider.Should().Be("acme");
        e.ToString().Should().NotContain(Canary.Mark);
        return e;
    }

    private static AuthorizationResponse Response(AuthorizationRequest request, string code) =>
        AuthorizationResponse.Parse($"?code={Uri.EscapeDataString(code)}&state={request.State}");

    private void TokenEndpointAnswers(string body, HttpStatusCode status = HttpStatusCode.OK) =>
        _http.When(HttpMethod.Post, "https://idp.example/token").Respond(async request =>
        {
            string form = await request.Content!.ReadAsStringAsync();
            lock (_posts)
                _posts.Add(new RawRequest("", [], form).Form);
            return Json(Answers.Fill(body), status);
        });

    private static HttpResponseMessage Json(string body, HttpStatusCode status = HttpStatusCode.OK) =>
        new(status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };

    private static Dictionary<string, string> Query(Uri url) => new RawRequest("", [], url.Query[1..]).Form;

    private static string Challenge(string verifier) => Base64Url(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)));

    private AuthorizationRequest OpenIdRequest(string algorithm, string claims)
    {
        _options.Scopes.Add("openid");
        (_options.AccountIdFrom, _options.AccountIdPath, _options.Issuer) = (AccountIdSource.IdToken, "sub", "https://idp.example");
        AuthorizationRequest request = _flow.CreateRequest("acme", Callback);
        long now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        string written = claims.Replace("NONCE", request.Nonce, StringComparison.Ordinal).Replace("NOW", $"{now}", StringComparison.Ordinal).Replace("LATER", $"{now + 3600}", StringComparison.Ordinal);
        string token = $"{Base64Url(Encoding.UTF8.GetBytes($$"""{"alg":"{{algorithm}}"}"""))}.{Base64Url(Encoding.UTF8.GetBytes(written))}.x";
        TokenEndpointAnswers($$"""{"access_token":"{at}","token_type":"Bearer","id_token":"{{token}}"}""");
        return request;
    }

    private static string IdToken(string claims) => $"{Base64Url("{}"u8)}.{Base64Url(Encoding.UTF8.GetBytes(claims))}.x";

    private static string Base64Url(ReadOnlySpan<byte> bytes) => Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    private sealed class LambdaHandler(Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> send) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => send(request, cancellationToken);
    }
}
