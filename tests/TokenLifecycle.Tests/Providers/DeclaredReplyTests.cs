using TokenLifecycle.Protocol;
using TokenLifecycle.TestKit;
using static TokenLifecycle.Tests.Providers.DeclaredWorld;

namespace TokenLifecycle.Tests.Providers;

/// <summary>Providers with replies of their own, each declared by configuration alone and connected, refreshed and disconnected over HTTP.</summary>
public sealed class DeclaredReplyTests
{
    [Fact]
    public async Task Slack_has_the_users_token_below_a_member_and_says_ok_false_with_200()
    {
        bool isOk = false;
        await using DeclaredWorld world = await StartAsync(
            """
            {
              "TokenRoot": "authed_user", "SuccessPath": "ok", "AcceptedTokenTypes": [ "user" ], "ScopeSeparator": ",", "Scopes": [ "users:read" ],
              "AccountIdFrom": "Reply", "AccountIdPath": "authed_user.id", "Revocation": "BearerToken", "CapturedFields": [ "team.id" ]
            }
            """,
            request => request.Line == "POST /revoke" ? new(isOk ? """{"ok":true,"revoked":true}""" : """{"ok":false,"error":"token_revoked"}""")
                : !isOk ? new("""{"ok":false,"warning":"invalid_code"}""")
                : request.Body["grant_type"] == "refresh_token"
                ? new($$"""{"ok":true,"access_token":"{{At()}}","refresh_token":"{{Canary.New("rt")}}","token_type":"user","expires_in":43200}""")
                : new($$$"""{"ok":true,"team":{"id":"T1"},"authed_user":{"id":"U1","scope":"users:read","access_token":"{{{At()}}}","refresh_token":"{{{Canary.New("rt")}}}","token_type":"user","expires_in":43200}}"""));

        (await FluentActions.Awaiting(() => world.ConnectAsync()).Should().ThrowAsync<AuthorizationFailedException>()).Which.Kind.Should().NotBe(AuthorizationFailureKind.Denied);
        isOk = true;
        TokenSet tokens = await world.ConnectAsync();
        await world.RefreshAsync();

        (tokens.AccountId, tokens.Captured["team.id"], tokens.Lifetime).Should().Be(("U1", "T1", TimeSpan.FromHours(12)));
        tokens.Scopes.Should().Equal("users:read");
        (await world.StoredAsync()).AccountId.Should().Be("U1");
        isOk = false;
        (await world.DisconnectAsync()).Should().Be(RevocationOutcome.Failed);
    }

    [Fact]
    public async Task Withings_wraps_its_replies_in_an_envelope_with_a_status()
    {
        await using DeclaredWorld world = await StartAsync(
            """
            {
              "TokenRoot": "body", "SuccessPath": "status", "SuccessValue": "0", "ScopeSeparator": ",", "Pkce": "Off", "Revocation": "None",
              "TokenParameters": { "action": "requesttoken" }, "RefreshParameters": { "action": "requesttoken" }, "AccountIdFrom": "Reply", "AccountIdPath": "body.userid",
              "ErrorRules": [ { "Path": "status", "Value": "401", "Kind": "InvalidGrant" } ]
            }
            """,
            request => request.Body["action"] != "requesttoken" ? null
                : request.Body.GetValueOrDefault("refresh_token") == "dead" ? new("""{"status":401,"body":{},"error":"XRequestID: Not provided invalid_token"}""")
                : new($$$"""{"status":0,"body":{"userid":"363","access_token":"{{{At()}}}","refresh_token":"{{{(request.Body.ContainsKey("code") ? Canary.New("rt") : "dead")}}}","expires_in":10800,"scope":"user.info,user.metrics","token_type":"Bearer"}}"""));

        TokenSet tokens = await world.ConnectAsync();
        await world.RefreshAsync();
        world.Clock.Advance(TimeSpan.FromHours(4));

        tokens.AccountId.Should().Be("363");
        tokens.Scopes.Should().Equal("user.info", "user.metrics");
        await FluentActions.Awaiting(async () => await world.RefreshAsync()).Should().ThrowAsync<ReauthorizationRequiredException>();
    }

    [Fact]
    [Trait("Rule", "B6")]
    public async Task A_rotated_token_below_a_member_is_not_lost_with_a_reply_that_is_refused()
    {
        string rotated = Canary.New("rt");
        await using DeclaredWorld world = await StartAsync(
            """{ "TokenRoot": "data.tokens" }""",
            request => request.Body["grant_type"] == "refresh_token"
                ? new($$$"""{"x":{"tokens":{"refresh_token":"other"}},"data":{"a":[{"refresh_token":"no"}],"tokens":{"access_token":7,"refresh_token":"{{{rotated}}}"}},"refresh_token":"outer" """)
                : new($$$"""{"data":{"tokens":{"access_token":"{{{At()}}}","refresh_token":"{{{Canary.New("rt")}}}","token_type":"Bearer","expires_in":60} } }"""));
        await world.ConnectAsync();

        await FluentActions.Awaiting(async () => await world.RefreshAsync()).Should().ThrowAsync<TokenException>();

        ((await world.StoredAsync()).RefreshToken == rotated).Should().BeTrue();
    }

    [Fact]
    [Trait("Rule", "FP-16")]
    public async Task Mailchimp_means_never_by_a_lifetime_of_zero()
    {
        string access = At();
        await using DeclaredWorld world = await StartAsync(
            """
            {
              "TokenTypeRequired": false, "Pkce": "Off", "UserInfoEndpoint": "{origin}/oauth2/metadata", "AccountIdFrom": "UserInfo", "AccountIdPath": "login.login_id",
              "Revocation": "None", "UserInfoCapturedFields": [ "dc" ]
            }
            """,
            request => request.Line == "POST /token" ? new($$"""{"access_token":"{{access}}","expires_in":0,"scope":null}""") : new("""{"dc":"us6","login":{"login_id":5}}"""));

        TokenSet tokens = await world.ConnectAsync();
        world.Clock.Advance(TimeSpan.FromDays(4000));

        (tokens.ExpiresAt, tokens.AccountId, (await world.StoredAsync()).Captured["dc"]).Should().Be((null, "5", "us6"));
        ((await world.Tokens.GetAccessTokenAsync(Key)).Value == access).Should().BeTrue();
        (await world.Tokens.GetStatusAsync(Key)).State.Should().Be(TokenState.Valid);
    }

    [Fact]
    public async Task DocuSign_tells_the_base_of_its_API_after_connecting_and_a_refresh_keeps_it_beside_what_it_repeats()
    {
        await using DeclaredWorld world = await StartAsync(
            """{ "UserInfoEndpoint": "{origin}/oauth/userinfo", "UserInfoCapturedFields": [ "accounts[*].base_uri" ], "CapturedFields": [ "instance", "once" ] }""",
            request => request.Line switch
            {
                "POST /token" when request.Body.ContainsKey("code") =>
                    new($$"""{"access_token":"{{At()}}","refresh_token":"{{Canary.New("rt")}}","token_type":"Bearer","expires_in":60,"instance":"a","once":"x"}"""),
                "POST /token" => new($$"""{"access_token":"{{At()}}","token_type":"Bearer","expires_in":60,"instance":"b"}"""),
                "GET /oauth/userinfo" => new("""{"sub":"u","accounts":[{"account_id":"1","base_uri":"https://eu.docusign.example"}]}"""),
                _ => new("{}"),
            });

        await world.ConnectAsync();
        await world.RefreshAsync();

        (await world.StoredAsync()).Captured.Should().BeEquivalentTo(
            new Dictionary<string, string>(StringComparer.Ordinal) { ["instance"] = "b", ["once"] = "x", ["accounts[*].base_uri"] = "https://eu.docusign.example" });
        (await world.DisconnectAsync()).Should().Be(RevocationOutcome.Revoked);
    }

    [Fact]
    [Trait("Rule", "FP-5")]
    public async Task Linear_issues_tokens_for_ten_years_and_nothing_that_renews_them()
    {
        string access = At();
        await using DeclaredWorld world = await StartAsync(
            """{ "Revocation": "BearerToken", "ScopeSeparator": ",", "RefreshTokenRequired": false }""",
            request => request.Line == "POST /token" ? new($$"""{"access_token":"{{access}}","token_type":"Bearer","expires_in":315705599,"scope":"read write"}""") : new("{}"));

        await world.ConnectAsync();
        world.Clock.Advance(TimeSpan.FromDays(3600));

        ((await world.Tokens.GetAccessTokenAsync(Key)).Value == access).Should().BeTrue();
        (await world.DisconnectAsync()).Should().Be(RevocationOutcome.Revoked);
    }

    [Theory]
    [Trait("Rule", "FP-7")]
    [Trait("Rule", "FP-15")]
    [InlineData("Harvest", 201, "application/json", "{0}")]
    [InlineData("JSON labeled as a page", 200, "text/html", "{0}")]
    [InlineData("a byte order mark", 200, "application/json", "\uFEFF{0}")]
    public async Task A_reply_is_read_whatever_its_status_and_label(string provider, int status, string type, string frame)
    {
        await using DeclaredWorld world = await StartAsync(
            $$"""{ "DisplayName": "{{provider}}" }""",
            request => request.Line != "POST /token" ? new("{}") : new(
                frame.Replace("{0}", $$"""{"access_token":"{{At()}}","refresh_token":"{{Canary.New("rt")}}","token_type":"bearer","expires_in":1209600}""", StringComparison.Ordinal), status, type));

        TokenSet tokens = await world.ConnectAsync();
        await world.RefreshAsync();

        tokens.Lifetime.Should().Be(TimeSpan.FromDays(14));
        (await world.DisconnectAsync()).Should().Be(RevocationOutcome.Revoked);
    }

    [Fact]
    [Trait("Rule", "FP-15")]
    public async Task GitHub_answers_with_a_form_if_the_Accept_header_gets_lost()
    {
        bool isDead = false;
        await using DeclaredWorld world = await StartAsync(
            """{ "ErrorRules": [ { "Path": "error", "Value": "bad_refresh_token", "Kind": "InvalidGrant" } ] }""",
            _ => new(
                isDead ? "error=bad_refresh_token&error_description=The+refresh+token+passed+is+incorrect+or+expired.&error_uri=https%3A%2F%2Fdocs.github.com"
                    : $"access_token={At()}&expires_in=28800&refresh_token={Canary.New("rt")}&refresh_token_expires_in=15897600&scope=&token_type=bearer",
                Type: "application/x-www-form-urlencoded; charset=utf-8"));

        TokenSet tokens = await world.ConnectAsync();
        await world.RefreshAsync();

        (tokens.Lifetime, tokens.RefreshTokenExpiresAt).Should().Be((TimeSpan.FromHours(8), world.Clock.GetUtcNow().AddSeconds(15897600)));
        isDead = true;
        world.Clock.Advance(TimeSpan.FromHours(9));
        tokens.Scopes.Should().BeEmpty();
        await FluentActions.Awaiting(async () => await world.RefreshAsync()).Should().ThrowAsync<ReauthorizationRequiredException>();
    }

    [Theory]
    [Trait("Rule", "FP-17")]
    [InlineData("Ghost", "\"ExpiresInUnit\": \"Milliseconds\"", "\"expires_in\":3600000", 3600)]
    [InlineData("Braintree", "\"TokenRoot\": \"credentials\"", "\"expires_at\":\"2026-01-01T02:00:00Z\"", 7200)]
    [InlineData("milliseconds since 1970", "\"DisplayName\": \"x\"", "\"expires_at\":1767232800000", 7200)]
    [InlineData("a date as lifetime", "\"DefaultLifetime\": \"00:30:00\"", "\"expires_in\":1767229200", 1800)]
    public async Task A_lifetime_in_another_form_is_read_or_ignored(string provider, string setting, string member, int seconds)
    {
        DateTimeOffset start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        await using DeclaredWorld world = await StartAsync(
            $$"""{ {{setting}} }""",
            request => request.Line != "POST /token" ? new("{}") : provider == "Braintree"
                ? new($$$"""{"credentials":{"access_token":"{{{At()}}}","refresh_token":"{{{Canary.New("rt")}}}","token_type":"bearer",{{{member}}}}}""")
                : new($$"""{"access_token":"{{At()}}","refresh_token":"{{Canary.New("rt")}}","token_type":"bearer",{{member}}}"""));
        world.Server.Now = start;
        world.Clock.Advance(start - world.Clock.GetUtcNow());

        await world.ConnectAsync();
        (await world.StoredAsync()).Lifetime.Should().Be(TimeSpan.FromSeconds(seconds));
        await world.RefreshAsync();

        (await world.StoredAsync()).Lifetime.Should().Be(TimeSpan.FromSeconds(seconds));
        (await world.DisconnectAsync()).Should().Be(RevocationOutcome.Revoked);
    }

    [Fact]
    [Trait("Rule", "RX-1")]
    [Trait("Rule", "RX-3")]
    public async Task The_draft_on_the_expiry_of_refresh_tokens_is_read_by_default()
    {
        await using DeclaredWorld world = await StartAsync(
            """{ "DisplayName": "a provider of the draft" }""",
            request => request.Line != "POST /token" ? new("{}") : request.Body.ContainsKey("code")
                ? new($$"""{"access_token":"{{At()}}","refresh_token":"{{Canary.New("rt")}}","token_type":"bearer","expires_in":60,"refresh_token_timeout":1000,"authorization_expires_in":5000}""")
                : new($$"""{"access_token":"{{At()}}","token_type":"bearer","expires_in":60,"refresh_token_timeout":1000,"authorization_expires_in":900}"""));

        TokenSet tokens = await world.ConnectAsync();
        tokens.RefreshTokenExpiresAt.Should().Be(world.Clock.GetUtcNow().AddSeconds(1000));
        await world.RefreshAsync();

        TokenSet stored = await world.StoredAsync();
        (stored.RefreshToken == tokens.RefreshToken, stored.RefreshTokenExpiresAt).Should().Be((true, world.Clock.GetUtcNow().AddSeconds(900)));
        (await world.DisconnectAsync()).Should().Be(RevocationOutcome.Revoked);
    }

    [Fact]
    [Trait("Rule", "FP-1")]
    public async Task Google_reports_scopes_under_other_names_and_some_scopes_are_never_reported()
    {
        await using DeclaredWorld world = await StartAsync(
            """
            {
              "Scopes": [ "offline_access", "email", "files", "quiet" ], "ScopeAliases": { "email": "https://www.googleapis.com/auth/userinfo.email" },
              "UnreportedScopes": [ "quiet" ]
            }
            """,
            request => request.Line != "POST /token" ? new("{}")
                : new($$"""{"access_token":"{{At()}}","refresh_token":"{{Canary.New("rt")}}","token_type":"bearer","expires_in":60,"scope":"https://www.googleapis.com/auth/userinfo.email"}"""));

        await world.ConnectAsync();
        await world.RefreshAsync();

        (await world.Tokens.GetStatusAsync(Key)).MissingScopes.Should().Equal("files");
        (await world.DisconnectAsync()).Should().Be(RevocationOutcome.Revoked);
    }

    [Theory]
    [InlineData("LinkedIn", "OptionalNonce", true)]
    [InlineData("PayPal", "Optional", false)]
    public async Task An_ID_token_without_nonce_or_none_at_all_is_accepted_where_the_provider_is_known_for_it(string provider, string check, bool sendsIdToken)
    {
        DateTimeOffset now = default;
        await using DeclaredWorld world = await StartAsync(
            $$"""{ "DisplayName": "{{provider}}", "Scopes": [ "openid" ], "IdTokenCheck": "{{check}}" }""",
            request =>
            {
                if (request.Line != "POST /token")
                    return new("{}");
                string idToken = sendsIdToken && request.Body.ContainsKey("code") ? $",\"id_token\":\"{IdToken(now)}\"" : "";
                return new($$"""{"access_token":"{{At()}}","refresh_token":"{{Canary.New("rt")}}","token_type":"bearer","expires_in":60{{idToken}}}""");
            });
        now = world.Clock.GetUtcNow();

        await world.ConnectAsync();
        await world.RefreshAsync();

        world.Asked.Should().ContainKey("nonce");
        (await world.DisconnectAsync()).Should().Be(RevocationOutcome.Revoked);
    }

    private static string IdToken(DateTimeOffset now)
    {
        static string Part(string json) => System.Buffers.Text.Base64Url.EncodeToString(System.Text.Encoding.UTF8.GetBytes(json));
        long issued = now.ToUnixTimeSeconds();
        return Part("""{"alg":"RS256"}""") + "." + Part($$"""{"sub":"1","aud":"app","iat":{{issued}},"exp":{{issued + 600}}}""") + ".AAAA";
    }
}
