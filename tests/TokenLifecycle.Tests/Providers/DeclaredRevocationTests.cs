using TokenLifecycle.Testing;
using TokenLifecycle.TestKit;
using static TokenLifecycle.Tests.Providers.DeclaredWorld;

namespace TokenLifecycle.Tests.Providers;

/// <summary>Providers that revoke, or tell who the user is, in a way of their own.</summary>
public sealed class DeclaredRevocationTests
{
    [Fact]
    public async Task GitHub_revokes_by_DELETE_with_JSON_and_Basic()
    {
        string second = At();
        await using DeclaredWorld world = await StartAsync(
            """
            {
              "RevocationEndpoint": "{origin}/applications/{ClientId}/token", "RevocationMethod": "Delete", "RevocationFormat": "Json", "TokenToRevoke": "AccessToken",
              "RevocationTokenParameter": "access_token", "RevocationAuthentication": "Basic", "ParameterNames": { "revocation.token_type_hint": "" }
            }
            """,
            request => request.Line switch
            {
                "POST /token" => Pair(request.Body["grant_type"] == "refresh_token" ? second : At()),
                "DELETE /applications/app/token" when request.Basic == "app:" + Secret && request.Type == "application/json" && request.Body is { Count: 1 } && request.Body["access_token"] == second => new("", 204),
                _ => null,
            });

        await ConnectAndRefreshAsync(world);

        (await world.DisconnectAsync()).Should().Be(RevocationOutcome.Revoked);
    }

    [Fact]
    public async Task Zendesk_is_asked_for_a_lifetime_and_revokes_by_DELETE_with_the_token_itself()
    {
        await using DeclaredWorld world = await StartAsync(
            """
            {
              "TokenParameters": { "expires_in": "3600" }, "RefreshParameters": { "expires_in": "3600" },
              "RevocationEndpoint": "{origin}/api/v2/oauth/tokens/current.json", "Revocation": "BearerToken", "RevocationMethod": "Delete"
            }
            """,
            request => request.Line switch
            {
                "POST /token" when request.Body["expires_in"] == "3600" => Pair(),
                "DELETE /api/v2/oauth/tokens/current.json" when request.Authorization!.StartsWith("Bearer ", StringComparison.Ordinal) && request.Body.Count == 0 => new("", 204),
                _ => null,
            });

        await ConnectAndRefreshAsync(world);

        (await world.DisconnectAsync()).Should().Be(RevocationOutcome.Revoked);
    }

    [Fact]
    public async Task Notion_writes_everything_as_JSON()
    {
        await using DeclaredWorld world = await StartAsync(
            """
            {
              "RequestFormat": "Json", "RevocationFormat": "Json", "ClientAuthentication": "Basic", "TokenToRevoke": "AccessToken",
              "ParameterNames": { "revocation.token_type_hint": "" }
            }
            """,
            request => request.Type == "application/json" && request.Basic == "app:" + Secret ? request.Line == "POST /token" ? Pair() : request.Body.Count == 1 ? new("{}") : null : null);

        await ConnectAndRefreshAsync(world);

        (await world.DisconnectAsync()).Should().Be(RevocationOutcome.Revoked);
    }

    [Fact]
    public async Task Square_tells_dates_and_takes_the_secret_in_a_header_of_its_own()
    {
        string expires = new ManualTimeProvider().GetUtcNow().AddDays(30).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
        await using DeclaredWorld world = await StartAsync(
            """
            {
              "RequestFormat": "Json", "RevocationFormat": "Json", "TokenToRevoke": "AccessToken", "RevocationTokenParameter": "access_token", "RevocationAuthentication": "ClientHeader",
              "ParameterNames": { "revocation.token_type_hint": "" }, "SuccessPath": "success", "AccountIdFrom": "Reply", "AccountIdPath": "merchant_id"
            }
            """,
            request => request.Line switch
            {
                "POST /token" => new($$"""{"access_token":"{{At()}}","refresh_token":"{{Canary.New("rt")}}","token_type":"bearer","expires_at":"{{expires}}","merchant_id":"m1"}"""),
                "POST /revoke" when request.Authorization == "Client " + Secret && request.Body.Keys.Order(StringComparer.Ordinal).SequenceEqual(["access_token", "client_id"]) => new("""{"success":true}"""),
                _ => null,
            });

        world.Server.Now = world.Clock.GetUtcNow();
        TokenSet tokens = await world.ConnectAsync();
        await world.RefreshAsync();

        (tokens.ExpiresAt - world.Clock.GetUtcNow()).Should().BeCloseTo(TimeSpan.FromDays(30), TimeSpan.FromMinutes(10));
        (await world.DisconnectAsync()).Should().Be(RevocationOutcome.Revoked);
    }

    [Fact]
    public async Task A_revocation_that_needs_the_account_is_not_sent_without_it()
    {
        await using DeclaredWorld world = await StartAsync(
            """{ "RevocationEndpoint": "{origin}/users/{AccountId}/grants", "RevocationMethod": "Delete" }""",
            request => request.Line == "POST /token" ? Pair() : null);

        await ConnectAndRefreshAsync(world);

        (await world.DisconnectAsync()).Should().Be(RevocationOutcome.Failed);
        world.Server.Requests.Should().HaveCount(2);
    }

    [Theory]
    [InlineData("monday.com", "Json", """{ "query": "query { me {id} }" }""", "data.me.id", """{"data":{"me":{"id":"7"}}}""", "POST /me")]
    [InlineData("Todoist", "Form", """{ "sync_token": "*", "resource_types": "[\"user\"]" }""", "user.id", """{"user":{"id":"7"}}""", "POST /me")]
    [InlineData("Facebook", "Get", """{ "fields": "id" }""", "id", """{"id":"7"}""", "GET /me")]
    [InlineData("Wikimedia", "Get", "{}", "sub", """{"sub":7}""", "GET /me")]
    public async Task The_account_is_asked_for_as_the_provider_wants(string provider, string format, string parameters, string path, string reply, string line)
    {
        string access = "";
        await using DeclaredWorld world = await StartAsync(
            $$"""
            {
              "DisplayName": "{{provider}}", "UserInfoEndpoint": "{origin}/me", "UserInfoFormat": "{{format}}", "UserInfoParameters": {{parameters}}, "AccountIdFrom": "UserInfo",
              "AccountIdPath": "{{path}}"
            }
            """,
            request => request.Line == "POST /token" ? Pair(access = At())
                : request.Line == line ? request.Authorization == "Bearer " + access ? new(reply, Type: "text/html") : null
                : new("{}"));

        (await world.ConnectAsync()).AccountId.Should().Be("7");
        DeclaredRequest asked = world.Last;
        await world.RefreshAsync();

        (format == "Get" ? asked.Query : asked.Body).Should().HaveCount(parameters.Count(static c => c == ':'));
        (await world.DisconnectAsync()).Should().Be(RevocationOutcome.Revoked);
    }

    private static async Task ConnectAndRefreshAsync(DeclaredWorld world)
    {
        await world.ConnectAsync();
        await world.RefreshAsync();
    }

    private static DeclaredReply Pair(string? access = null) =>
        new($$"""{"access_token":"{{access ?? At()}}","refresh_token":"{{Canary.New("rt")}}","token_type":"Bearer","expires_in":3600}""");
}
