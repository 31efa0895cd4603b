using System.Text.Json.Nodes;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>B6, law 4: an answer that is no good, but holds the only refresh token that still works.</summary>
[Trait("Rule", "Law 4")]
public sealed class SalvageWalkTests
{
    public static TheoryData<string, Func<string, string>> Bodies => new()
    {
        { "no access token", Edit(reply => reply.Remove("access_token")) },
        { "access token is a number", Edit(reply => reply["access_token"] = 5) },
        { "access token is empty", Edit(reply => reply["access_token"] = "") },
        { "access token with a line break", Edit(reply => reply["access_token"] = "a\r\nb") },
        { "member twice", body => body.Insert(1, "\"token_type\":\"Bearer\",") },
        { "wrong token type", Edit(reply => reply["token_type"] = "mac") },
        { "an error beside it", Edit(reply => reply["error"] = "server_error") },
        { "trailing bytes", body => body + "}" },
        { "cut off behind the refresh token", body =>
        {
            JsonObject reply = JsonNode.Parse(body)!.AsObject();
            return $$"""{"refresh_token":"{{reply["refresh_token"]}}","access_tok""";
        }
        },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task B6_The_refresh_token_of_a_refused_answer_is_saved_and_works_next_time(string name, Func<string, string> change)
    {
        await using World world = await World.StartAsync();
        TokenSet old = await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailNext(Fault.Transform(change));

        await world.UnavailableAsync(TokenFailureKind.ProtocolError);

        string salvaged = (await world.StoredAsync()).Tokens.RefreshToken!;
        salvaged.Should().NotBe(old.RefreshToken, name);
        world.Server.IsLive(salvaged).Should().BeTrue();
        (await world.StoredAsync()).Tokens.AccessToken.Should().Be(old.AccessToken);
        world.Clock.Advance(TimeSpan.FromSeconds(2));
        AccessToken token = await world.GetAsync();
        world.Server.IsLive(token.Value).Should().BeTrue();
        world.Server.Log.ReusedRefreshTokens.Should().Be(0);
    }

    [Fact]
    public async Task B6_While_the_old_access_token_lives_it_is_served_after_such_an_answer()
    {
        await using World world = await World.StartAsync();
        TokenSet old = await world.ConnectAsync();
        world.Clock.Advance(TimeSpan.FromSeconds(3590));
        world.Server.TokenEndpoint.FailNext(Fault.Transform(Edit(reply => reply.Remove("access_token"))));

        (await world.GetAsync()).Value.Should().Be(old.AccessToken);

        world.Server.IsLive((await world.StoredAsync()).Tokens.RefreshToken!).Should().BeTrue();
    }

    [Fact]
    public async Task B6_If_the_store_fails_too_the_salvaged_refresh_token_is_kept_and_saved_later()
    {
        await using World world = await World.StartAsync();
        TokenSet old = await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailNext(Fault.Transform(Edit(reply => reply.Remove("access_token"))));
        world.Store.Fail("save");
        await world.UnavailableAsync(TokenFailureKind.ProtocolError);
        (await world.StoredAsync()).Tokens.RefreshToken.Should().Be(old.RefreshToken);
        await world.Clock.WaitForTimersAsync(1);
        world.Store.Recover();
        world.Clock.Advance(TimeSpan.FromSeconds(2));

        AccessToken token = await world.GetAsync();

        world.Server.IsLive(token.Value).Should().BeTrue();
        world.Server.Log.ReusedRefreshTokens.Should().Be(0);
        world.Posts().Should().HaveCount(2);
    }

    private static Func<string, string> Edit(Action<JsonObject> change) => body =>
    {
        JsonObject reply = JsonNode.Parse(body)!.AsObject();
        change(reply);
        return reply.ToJsonString();
    };
}
