using TokenLifecycle.Testing;

namespace TokenLifecycle.Providers.Tests;

/// <summary>Faults of real providers that a preset's facts prevent.</summary>
public sealed class KnownFaultTests
{
    private readonly ManualTimeProvider _clock = new();

    [Theory]
    [Trait("Rule", "FP-1")]
    [InlineData("google", "openid email profile", "https://www.googleapis.com/auth/userinfo.email openid https://www.googleapis.com/auth/userinfo.profile", "")]
    [InlineData("google", "openid email profile", "https://www.googleapis.com/auth/userinfo.email openid", "profile")]
    [InlineData("microsoft", "openid offline_access https://graph.microsoft.com/Mail.Read", "Mail.Read User.Read", "")]
    [InlineData("microsoft", "openid offline_access User.Read", "https://graph.microsoft.com/User.Read", "")]
    [InlineData("microsoft", "openid offline_access https://graph.microsoft.com/Mail.Send", "User.Read", "https://graph.microsoft.com/Mail.Send")]
    public async Task A_scope_that_comes_back_under_another_name_is_not_missing(string provider, string asked, string granted, string missing)
    {
        Dialect dialect = Dialect.Read(provider);
        dialect = dialect with { CodeReply = With(dialect.CodeReply, "scope", granted) };
        await using DialectServer server = await DialectServer.StartAsync(dialect, _clock);
        await using DialectWorld world = DialectWorld.Create(server, provider, _clock, o => o.Scopes = asked.Split(' '));

        await world.ConnectAsync();

        server.Violations.Should().BeEmpty();
        (await world.Tokens.GetStatusAsync(world.Key)).MissingScopes.Should().Equal(missing.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    [Trait("Rule", "FP-2")]
    public async Task A_Salesforce_refresh_in_progress_ends_no_connection()
    {
        await using DialectServer server = await DialectServer.StartAsync(Dialect.Read("salesforce"), _clock);
        await using DialectWorld world = DialectWorld.Create(server, "salesforce", _clock);
        await world.ConnectAsync();
        server.Tokens.Error = server.Dialect.Errors.Single(static error => error.Body?.GetRawText().Contains("already being processed", StringComparison.Ordinal) == true);

        await world.Invoking(static w => w.RefreshAsync()).Should().ThrowAsync<TokenTemporarilyUnavailableException>();
        server.Tokens.Error = null;

        (await world.RefreshAsync()).Value.Should().Be(server.Tokens.Access);
        server.Violations.Should().BeEmpty();
    }

    [Theory]
    [Trait("Rule", "FP-3")]
    [InlineData("atlassian", 403, "refresh_token is invalid")]
    [InlineData("exact-online", 401, "Old refresh token used.")]
    public async Task An_unauthorized_client_that_means_one_refresh_token_concerns_one_connection(string provider, int status, string description)
    {
        await using DialectServer server = await DialectServer.StartAsync(Dialect.Read(provider), _clock);
        await using DialectWorld world = DialectWorld.Create(server, provider, _clock);
        var (first, other) = (new TokenKey(provider, "bob"), new TokenKey(provider, "cleo"));
        await world.ConnectAsync(first);
        await world.RefreshAsync(first);
        await world.ConnectAsync();
        ErrorPart refusal = Error(status, $$"""{"error":"unauthorized_client","error_description":"{{description}}"}""");

        server.Tokens.Error = refusal;
        await world.Invoking(static w => w.RefreshAsync()).Should().ThrowAsync<TokenTemporarilyUnavailableException>("it could be the client as well");
        server.Tokens.Error = null;
        (await world.RefreshAsync(first)).Value.Should().Be(server.Tokens.Access, "the provider is not shut for the others");
        server.Tokens.Error = refusal;
        await world.Invoking(static w => w.RefreshAsync()).Should().ThrowAsync<ReauthorizationRequiredException>("another connection has been refreshed since");
        server.Tokens.Error = null;
        await world.ConnectAsync(other);
        (await world.RefreshAsync(other)).Value.Should().Be(server.Tokens.Access);
        server.Violations.Should().BeEmpty();
    }

    [Fact]
    [Trait("Rule", "FP-4")]
    public async Task A_Home_Connect_limit_of_half_a_day_concerns_one_account_and_is_kept()
    {
        await using DialectServer server = await DialectServer.StartAsync(Dialect.Parse(HomeConnect), _clock);
        await using DialectWorld world = DialectWorld.Create(server, "home-connect", _clock);
        var other = new TokenKey("home-connect", "bob");
        await world.ConnectAsync();
        await world.ConnectAsync(other);
        server.Tokens.Error = Error(429, """{"error":{"key":"429","description":"The rate limit is reached."}}""") with { RetryAfter = 40159 };
        await world.Invoking(static w => w.RefreshAsync()).Should().ThrowAsync<TokenTemporarilyUnavailableException>();
        server.Tokens.Error = null;

        (await world.RefreshAsync(other)).Value.Should().Be(server.Tokens.Access, "the limit is of the first account");
        int requests = server.Tokens.Requests;
        _clock.Advance(TimeSpan.FromHours(10));
        await world.Awaiting(static w => w.Tokens.GetAccessTokenAsync(w.Key).AsTask()).Should().ThrowAsync<TokenTemporarilyUnavailableException>();
        server.Tokens.Requests.Should().Be(requests, "nothing is sent before Retry-After");

        _clock.Advance(TimeSpan.FromHours(2));
        (await world.Tokens.GetAccessTokenAsync(world.Key)).Value.Should().Be(server.Tokens.Access);
        server.Violations.Should().BeEmpty();
    }

    [Fact]
    public async Task Too_many_Wahoo_tokens_end_no_connection_and_disconnecting_frees_them()
    {
        await using DialectServer server = await DialectServer.StartAsync(Dialect.Parse(Wahoo), _clock);
        await using DialectWorld world = DialectWorld.Create(server, "wahoo", _clock);
        await world.ConnectAsync();
        server.Tokens.Error = Error(400, """{"error":"Too many unrevoked access tokens exist for this app and user."}""");
        for (int day = 0; day < 4; day++)
        {
            _clock.Advance(TimeSpan.FromDays(1));
            await world.Awaiting(static w => w.Tokens.GetAccessTokenAsync(w.Key).AsTask()).Should().ThrowAsync<TokenTemporarilyUnavailableException>();
        }

        server.Tokens.Error = null;
        _clock.Advance(TimeSpan.FromDays(1));
        (await world.Tokens.GetAccessTokenAsync(world.Key)).Value.Should().Be(server.Tokens.Access);
        (await world.Tokens.DisconnectAsync(world.Key)).Should().Be(RevocationOutcome.Revoked);
        server.Violations.Should().BeEmpty();
    }

    [Fact]
    [Trait("Rule", "FP-9")]
    public async Task A_Trakt_refresh_repeats_the_redirect_address()
    {
        await using DialectServer server = await DialectServer.StartAsync(Dialect.Parse(Trakt), _clock);
        await using DialectWorld world = DialectWorld.Create(server, "trakt", _clock);
        await world.ConnectAsync();

        (await world.RefreshAsync()).Value.Should().Be(server.Tokens.Access);

        server.Violations.Should().BeEmpty();
    }

    private static ErrorPart Error(int status, string body) => new("refresh", status, System.Text.Json.JsonDocument.Parse(body).RootElement, "");

    private static System.Text.Json.JsonElement With(System.Text.Json.JsonElement reply, string name, string value)
    {
        System.Text.Json.Nodes.JsonNode node = System.Text.Json.Nodes.JsonNode.Parse(reply.GetRawText())!;
        node[name] = value;
        return System.Text.Json.JsonDocument.Parse(node.ToJsonString()).RootElement;
    }

    private const string HomeConnect = """
        {
          "source": "https://api-docs.home-connect.com/authorization/", "basis": "survey", "method": "HomeConnect",
          "authorize": { "url": "https://api.home-connect.com/security/oauth/authorize", "pkce": true, "scope": "none" },
          "token": { "url": "https://api.home-connect.com/security/oauth/token", "auth": "body", "format": "form" },
          "codeReply": { "access_token": "$access", "refresh_token": "$refresh", "token_type": "Bearer", "expires_in": 86400, "id_token": "x" },
          "refreshReply": { "access_token": "$access", "refresh_token": "$refresh", "token_type": "Bearer", "expires_in": 86400 }
        }
        """;

    private const string Wahoo = """
        {
          "source": "https://cloud-api.wahooligan.com/", "basis": "survey", "method": "Wahoo",
          "authorize": { "url": "https://api.wahooligan.com/oauth/authorize", "pkce": true, "scope": "space", "contains": ["user_read", "offline_data"] },
          "token": { "url": "https://api.wahooligan.com/oauth/token", "auth": "body", "format": "form" },
          "codeReply": { "access_token": "$access", "refresh_token": "$refresh", "token_type": "Bearer", "expires_in": 7199, "scope": "user_read offline_data" },
          "refreshReply": { "access_token": "$access", "refresh_token": "$refresh", "token_type": "Bearer", "expires_in": 7199, "scope": "user_read offline_data" },
          "account": "60462", "userInfo": { "url": "https://api.wahooligan.com/v1/user", "body": { "id": 60462 } },
          "revocation": { "url": "https://api.wahooligan.com/v1/permissions", "auth": "bearer", "token": "access", "method": "DELETE" }
        }
        """;

    private const string Trakt = """
        {
          "source": "https://trakt.docs.apiary.io/#reference/authentication-oauth", "basis": "survey", "method": "Trakt",
          "placeholders": { "redirectUri": "https://app.example/connections/callback" },
          "authorize": { "url": "https://trakt.tv/oauth/authorize", "pkce": true, "scope": "none" },
          "token": {
            "url": "https://api.trakt.tv/oauth/token", "auth": "body", "format": "form",
            "refreshFields": { "redirect_uri": "https://app.example/connections/callback" }
          },
          "codeReply": { "access_token": "$access", "refresh_token": "$refresh", "token_type": "bearer", "expires_in": 7200, "scope": "public", "created_at": 1487889741 },
          "refreshReply": { "access_token": "$access", "refresh_token": "$refresh", "token_type": "bearer", "expires_in": 7200, "scope": "public", "created_at": 1487889741 }
        }
        """;
}
