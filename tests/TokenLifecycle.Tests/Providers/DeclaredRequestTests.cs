using TokenLifecycle.TestKit;
using static TokenLifecycle.Tests.Providers.DeclaredWorld;

namespace TokenLifecycle.Tests.Providers;

/// <summary>Providers with requests of their own, each declared by configuration alone and connected, refreshed and disconnected over HTTP.</summary>
public sealed class DeclaredRequestTests
{
    [Fact]
    [Trait("Rule", "FP-13")]
    public async Task TikTok_calls_the_client_id_client_key()
    {
        string refresh = Canary.New("rt");
        await using DeclaredWorld world = await StartAsync(
            """
            {
              "ScopeSeparator": ",", "Scopes": [ "user.info.basic", "video.list" ], "RefreshTokenExpiresInField": "refresh_expires_in",
              "ParameterNames": { "client_id": "client_key", "revocation.token_type_hint": "" }, "AccountIdFrom": "Reply", "AccountIdPath": "open_id"
            }
            """,
            request => request switch
            {
                _ when request.Body.ContainsKey("client_id") || request.Body.GetValueOrDefault("client_key") != "app" || request.Body["client_secret"] != Secret => null,
                { Line: "POST /token" } when request.Body["grant_type"] is "authorization_code" or "refresh_token" =>
                    new($$"""{"access_token":"{{At()}}","refresh_token":"{{refresh}}","token_type":"Bearer","expires_in":86400,"refresh_expires_in":31536000,"open_id":"u-1","scope":"user.info.basic,video.list"}"""),
                { Line: "POST /revoke" } when request.Body.ContainsKey("token") && !request.Body.ContainsKey("token_type_hint") => new("{}"),
                _ => null,
            });

        TokenSet tokens = await world.ConnectAsync();
        await world.RefreshAsync();

        world.Asked.Should().Contain("client_key", "app").And.NotContainKey("client_id");
        (tokens.AccountId, tokens.RefreshTokenExpiresAt).Should().Be(("u-1", world.Clock.GetUtcNow().AddDays(365)));
        world.Last.Body.Should().ContainKeys("grant_type", "refresh_token", "client_key", "client_secret").And.HaveCount(4);
        (await world.DisconnectAsync()).Should().Be(RevocationOutcome.Revoked);
    }

    [Theory]
    [Trait("Rule", "XP-1")]
    [Trait("Rule", "FP-9")]
    [InlineData("Form")]
    [InlineData("Json")]
    public async Task Trakt_wants_the_redirect_address_on_refresh_and_BambooHR_a_parameter_of_its_own(string format)
    {
        const string address = "https://app.example/connections/acme/callback";
        await using DeclaredWorld world = await StartAsync(
            $$"""
            {
              "RequestFormat": "{{format}}", "Placeholders": { "company": "acme & co" }, "TokenParameters": { "request": "token", "company": "{company}" },
              "RefreshParameters": { "redirect_uri": "{{address}}", "request": "token" }, "RevocationParameters": { "reason": "a=b&c" }
            }
            """,
            request => request switch
            {
                { Line: "POST /token" } when request.Body["grant_type"] == "authorization_code" && request.Body["request"] == "token" && request.Body["company"] == "acme & co" => Pair(),
                { Line: "POST /token" } when request.Body["grant_type"] == "refresh_token" && request.Body["redirect_uri"] == address && request.Body["request"] == "token" => Pair(),
                { Line: "POST /revoke" } when request.Body["reason"] == "a=b&c" => new("{}"),
                _ => null,
            });

        await world.ConnectAsync();
        await world.RefreshAsync();

        (await world.DisconnectAsync()).Should().Be(RevocationOutcome.Revoked);
        world.Server.Requests.Take(2).Should().OnlyContain(request => request.Type == (format == "Form" ? "application/x-www-form-urlencoded" : "application/json"));
    }

    [Fact]
    public async Task Keycloak_in_the_same_cluster_is_reached_over_http_by_its_name()
    {
        // On Linux this address reaches the own machine, and it counts as any other host.
        await using DeclaredWorld world = await StartAsync(
            """
            {
              "AllowHttpHosts": [ "0.0.0.0" ], "TokenEndpoint": "{any}/token", "RevocationEndpoint": "{any}/revoke", "UserInfoEndpoint": "{any}/me",
              "AccountIdFrom": "UserInfo", "AccountIdPath": "sub"
            }
            """,
            request => request.Line switch { "POST /token" => Pair(), "GET /me" => new("""{"sub":"7"}"""), _ => new("{}") });

        (await world.ConnectAsync()).AccountId.Should().Be("7");
        await world.RefreshAsync();

        (await world.StoredAsync()).Issuer.Should().StartWith("http://0.0.0.0:");
        (await world.DisconnectAsync()).Should().Be(RevocationOutcome.Revoked);
    }

    [Fact]
    [Trait("Rule", "XP-1")]
    public async Task Auth0_wants_an_audience_for_client_credentials_and_another_provider_a_grant_type_of_its_own()
    {
        await using DeclaredWorld world = await StartAsync(
            """
            {
              "GrantType": "ClientCredentials", "ParameterNames": { "grant_type": "" }, "Scopes": [ "read" ],
              "TokenParameters": { "audience": "https://api.example/", "grant_type": "password_realm" }
            }
            """,
            request => request.Body.Count == 5 && request.Body["audience"] == "https://api.example/" && request.Body["grant_type"] == "password_realm" && request.Body["scope"] == "read"
                ? new($$"""{"access_token":"{{At()}}","token_type":"Bearer","expires_in":3600}""") : null);

        (await world.Tokens.GetAccessTokenAsync(TokenKey.ForApplication("acme"))).Value.Should().Contain(Canary.Mark);
        world.Clock.Advance(TimeSpan.FromHours(2));
        await world.Tokens.GetAccessTokenAsync(TokenKey.ForApplication("acme"));

        world.Server.Requests.Should().HaveCount(2);
    }

    [Fact]
    public async Task Basecamp_has_a_type_instead_of_a_grant_type_and_names_no_token_type()
    {
        await using DeclaredWorld world = await StartAsync(
            """
            {
              "TokenTypeRequired": false, "ParameterNames": { "grant_type": "", "response_type": "" }, "AdditionalAuthorizationParameters": { "type": "web_server" },
              "TokenParameters": { "type": "web_server" }, "RefreshParameters": { "type": "refresh" }, "Revocation": "None", "Pkce": "Off"
            }
            """,
            request => !request.Body.ContainsKey("grant_type") && request.Body["type"] == (request.Body.ContainsKey("code") ? "web_server" : "refresh")
                ? new($$"""{"access_token":"{{At()}}","refresh_token":"{{Canary.New("rt")}}","expires_in":1209600}""")
                : null);

        await world.ConnectAsync();
        await world.RefreshAsync();

        world.Asked.Keys.Should().BeEquivalentTo("client_id", "redirect_uri", "state", "type");
        world.Server.Requests.Should().HaveCount(2);
        (await world.DisconnectAsync()).Should().Be(RevocationOutcome.NotSupported);
    }

    [Fact]
    public async Task EBay_has_a_name_for_the_redirect_address_and_a_token_type_of_its_own()
    {
        await using DeclaredWorld world = await StartAsync(
            """
            {
              "ClientAuthentication": "Basic", "RedirectUriName": "Acme-Acme-App-abcdef", "AcceptedTokenTypes": [ "User Access Token" ],
              "Pkce": "Off", "Revocation": "None", "Rotation": "Static"
            }
            """,
            request => request.Basic != "app:" + Secret ? null
                : request.Body["grant_type"] == "refresh_token" ? new($$"""{"access_token":"v^1.1#i^1#{{At()}}","token_type":"User Access Token","expires_in":7200}""")
                : request.Body["redirect_uri"] != "Acme-Acme-App-abcdef" ? null
                : new($$"""{"access_token":"v^1.1#i^1#{{At()}}","token_type":"User Access Token","expires_in":7200,"refresh_token":"v^1.1#{{Canary.New("rt")}}","refresh_token_expires_in":47304000}"""));

        TokenSet connected = await world.ConnectAsync();
        await world.RefreshAsync();

        world.Asked["redirect_uri"].Should().Be("Acme-Acme-App-abcdef");
        TokenSet stored = await world.StoredAsync();
        (stored.RefreshToken == connected.RefreshToken, stored.TokenType).Should().Be((true, "Bearer"));
    }

    [Fact]
    public async Task Stripe_apps_authenticate_with_the_secret_as_user_name()
    {
        await using DeclaredWorld world = await StartAsync(
            """
            {
              "ClientAuthentication": "BasicSecretAsUserName", "AccountIdFrom": "Reply", "AccountIdPath": "stripe_user_id",
              "RevocationAuthentication": "BasicSecretAsUserName", "ParameterNames": { "revocation.token": "", "revocation.token_type_hint": "" },
              "RevocationParameters": { "stripe_user_id": "{AccountId}" }
            }
            """,
            request => request.Basic != Secret + ":" ? null : request.Line switch
            {
                "POST /token" when !request.Body.ContainsKey("client_id") => new($$"""{"access_token":"{{At()}}","refresh_token":"{{Canary.New("rt")}}","token_type":"bearer","stripe_user_id":"acct_1","expires_in":3600}"""),
                "POST /revoke" when request.Body is { Count: 2 } body && body["client_id"] == "app" && body["stripe_user_id"] == "acct_1" => new("""{"stripe_user_id":"acct_1"}"""),
                _ => null,
            });

        await world.ConnectAsync();
        await world.RefreshAsync();

        (await world.DisconnectAsync()).Should().Be(RevocationOutcome.Revoked);
    }

    [Fact]
    public async Task Reddit_authenticates_an_installed_app_by_its_id_alone()
    {
        await using DeclaredWorld world = await StartAsync(
            """{ "ClientAuthentication": "BasicWithoutSecret", "ClientSecret": "" }""",
            request => request.Basic == "app:" && !request.Body.ContainsKey("client_id") ? request.Line == "POST /token" ? Pair() : new("", 204) : null);

        await world.ConnectAsync();
        await world.RefreshAsync();

        (await world.DisconnectAsync()).Should().Be(RevocationOutcome.Revoked);
    }

    [Fact]
    [Trait("Rule", "FP-11")]
    public async Task Epic_Games_does_not_decode_id_and_secret_and_another_provider_wants_the_body_on_refresh()
    {
        const string odd = "a+b/c=:d%";
        await using DeclaredWorld world = await StartAsync(
            $$"""{ "ClientAuthentication": "BasicUnencoded", "ClientSecret": "{{odd}}", "RefreshAuthentication": "Body" }""",
            request => request.Body.GetValueOrDefault("grant_type") == "refresh_token"
                ? request is { Authorization: null } && request.Body["client_secret"] == odd ? Pair() : null
                : request.Basic != "app:" + odd ? null : request.Line == "POST /token" ? Pair() : new("{}"));

        await world.ConnectAsync();
        await world.RefreshAsync();

        (await world.DisconnectAsync()).Should().Be(RevocationOutcome.Revoked);
    }

    [Fact]
    public async Task Facebook_prolongs_by_the_access_token_itself()
    {
        string first = At(), second = At();
        await using DeclaredWorld world = await StartAsync(
            """
            {
              "RefreshCredential": "AccessToken", "RefreshGrantType": "fb_exchange_token", "ParameterNames": { "refresh.refresh_token": "fb_exchange_token" },
              "RefreshFormat": "Query", "RevocationEndpoint": "{origin}/v22.0/me/permissions", "Revocation": "BearerToken", "RevocationMethod": "Delete",
              "RefreshBefore": "7.00:00:00", "SuccessPath": "success"
            }
            """,
            request => request switch
            {
                { Line: "POST /token" } when request.Body["grant_type"] == "authorization_code" => new($$"""{"access_token":"{{first}}","token_type":"bearer","expires_in":3600}"""),
                { Line: "GET /token" } when request.Query["grant_type"] == "fb_exchange_token" && request.Query["fb_exchange_token"] == first && request.Query["client_secret"] == Secret =>
                    new($$"""{"access_token":"{{second}}","token_type":"bearer","expires_in":5184000}"""),
                { Line: "DELETE /v22.0/me/permissions" } when request.Authorization == "Bearer " + second => new("""{"success":true}"""),
                _ => null,
            });

        await world.ConnectAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(40));
        AccessToken token = await world.RefreshAsync();

        (token.Value == second).Should().BeTrue();
        TokenSet stored = await world.StoredAsync();
        (stored.ExpiresAt, stored.RefreshTokenExpiresAt).Should().Be((world.Clock.GetUtcNow().AddDays(60), world.Clock.GetUtcNow().AddDays(60)));
        (await world.DisconnectAsync()).Should().Be(RevocationOutcome.Revoked);
    }

    [Fact]
    public async Task Instagram_refreshes_at_another_origin_which_is_named()
    {
        string first = At(), second = At();
        await using DeclaredServer graph = await DeclaredServer.StartAsync(request => request.Line == "GET /refresh_access_token" && request.Query["access_token"] == first
            && request.Query["grant_type"] == "ig_refresh_token" ? new($$"""{"access_token":"{{second}}","token_type":"bearer","expires_in":5184000}""") : null);
        await using DeclaredWorld world = await StartAsync(
            $$"""
            {
              "RefreshEndpoint": "{{graph.Origin}}/refresh_access_token", "PreviousTokenEndpointOrigins": [ "{origin}" ], "RefreshCredential": "AccessToken", "RefreshGrantType": "ig_refresh_token",
              "ParameterNames": { "refresh.refresh_token": "access_token" }, "RefreshFormat": "Query", "Revocation": "None"
            }
            """,
            request => request.Line == "POST /token" ? new($$"""{"access_token":"{{first}}","token_type":"bearer","expires_in":3600}""") : null);

        await world.ConnectAsync();

        ((await world.RefreshAsync()).Value == second).Should().BeTrue();
    }

    [Fact]
    public async Task Apollo_has_its_authorize_page_behind_a_fragment()
    {
        await using DeclaredWorld world = await StartAsync(
            """{ "AuthorizationEndpoint": "{origin}/#/oauth/authorize", "Scopes": [ "read user", "b" ] }""".Replace("read user", "read:user", StringComparison.Ordinal),
            request => request.Line == "POST /token" ? Pair() : new("{}"));

        await world.ConnectAsync();
        await world.RefreshAsync();

        world.AskedAt!.OriginalString.Should().StartWith($"{world.Server.Origin}/#/oauth/authorize?response_type=code&client_id=app&");
        (await world.DisconnectAsync()).Should().Be(RevocationOutcome.Revoked);
    }

    [Fact]
    [Trait("Rule", "FP-13")]
    [Trait("Rule", "FP-19")]
    public async Task Amazon_returns_the_code_under_another_name_and_Follow_Up_Boss_has_its_own_response_type()
    {
        await using DeclaredWorld world = await StartAsync(
            """
            {
              "CallbackCodeParameter": "spapi_oauth_code", "ResponseType": "auth_code", "Scopes": [ "a", "b" ],
              "ParameterNames": { "authorization.client_id": "application_id", "token.redirect_uri": "" }
            }
            """,
            request => request.Line != "POST /token" ? new("{}") : request.Body.ContainsKey("refresh_token") || (request.Body["code"] == "c1" && !request.Body.ContainsKey("redirect_uri")) ? Pair() : null);

        await world.ConnectAsync("spapi_oauth_code");
        await world.RefreshAsync();

        world.Asked.Should().Contain("application_id", "app").And.Contain("response_type", "auth_code");
        world.AskedAt!.OriginalString.Should().Contain("scope=a%20b");
        world.Server.Requests[0].Body.Should().Contain("client_id", "app");
        (await world.DisconnectAsync()).Should().Be(RevocationOutcome.Revoked);
    }

    [Fact]
    [Trait("Rule", "FP-10")]
    public async Task MyAnimeList_supports_the_plain_code_challenge_only()
    {
        await using DeclaredWorld world = await StartAsync("""{ "Pkce": "Plain" }""", request => request.Line == "POST /token" ? Pair() : new("{}"));

        await world.ConnectAsync();
        await world.RefreshAsync();

        world.Asked["code_challenge_method"].Should().Be("plain");
        (world.Server.Requests[0].Body["code_verifier"] == world.Asked["code_challenge"]).Should().BeTrue();
        (await world.DisconnectAsync()).Should().Be(RevocationOutcome.Revoked);
    }

    [Fact]
    [Trait("Rule", "XP-4")]
    public async Task A_value_that_the_provider_echoes_as_an_error_code_is_not_kept()
    {
        string value = Canary.New("extra");
        bool isEchoing = false;
        await using DeclaredWorld world = await StartAsync(
            $$"""{ "RefreshParameters": { "device_secret": "{{value}}" }, "UserInfoParameters": { "key": "{{value}}" } }""",
            request => isEchoing ? new($$"""{"error":"{{request.Body["device_secret"]}}"}""", 400) : Pair());
        await world.ConnectAsync();
        isEchoing = true;
        world.Clock.Advance(TimeSpan.FromHours(2));

        string message = (await FluentActions.Awaiting(async () => await world.RefreshAsync()).Should().ThrowAsync<TokenException>()).Which.ToString();

        ConnectionStatus status = await world.Tokens.GetStatusAsync(Key);
        status.LastFailure!.ErrorCode.Should().BeNull();
        message.Should().NotContain(Canary.Mark);
    }

    private static DeclaredReply Pair() => new($$"""{"access_token":"{{At()}}","refresh_token":"{{Canary.New("rt")}}","token_type":"Bearer","expires_in":3600}""");
}
