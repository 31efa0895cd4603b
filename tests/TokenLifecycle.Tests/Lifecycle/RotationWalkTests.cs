using System.Text.Json.Nodes;
using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>B1, B7, B8, RF-1, RF-2, RF-13: what a refresh makes of the refresh token.</summary>
public sealed class RotationWalkTests
{
    [Theory]
    [InlineData("missing")]
    [InlineData("null")]
    [InlineData("empty")]
    public async Task B1_RF_2_A_reply_without_a_refresh_token_keeps_the_stored_one(string form)
    {
        await using World world = await World.StartAsync(server: o => o.Rotation = Rotation.Static);
        TokenSet old = await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailAlways(Edit(reply =>
        {
            if (form == "missing")
                reply.Remove("refresh_token");
            else
                reply["refresh_token"] = form == "null" ? null : "";
        }));

        await world.GetAsync();
        (await world.StoredAsync()).Tokens.RefreshToken.Should().Be(old.RefreshToken);
        world.Clock.Advance(TimeSpan.FromMinutes(61));
        await world.GetAsync();

        (await world.StoredAsync()).Tokens.RefreshToken.Should().Be(old.RefreshToken);
        world.Server.Log.RefreshRequests.Should().HaveCount(2).And.OnlyContain(request => request.RefreshTokenFingerprint == TokenFingerprint.Of(old.RefreshToken!));
    }

    [Fact]
    public async Task RF_1_All_that_belongs_together_is_replaced_in_one_save()
    {
        await using World world = await World.StartAsync();
        TokenSet old = await world.ConnectExpiredAsync();
        StoredToken before = await world.StoredAsync();
        int saves = world.Store.CountOf("save");
        world.Server.TokenEndpoint.FailNext(Edit(reply => reply["scope"] = "read write"));

        AccessToken token = await world.GetAsync();

        StoredToken after = await world.StoredAsync();
        world.Store.CountOf("save").Should().Be(saves + 1);
        after.Version.Should().BeGreaterThan(before.Version);
        after.Tokens.AccessToken.Should().Be(token.Value).And.NotBe(old.AccessToken);
        after.Tokens.RefreshToken.Should().NotBe(old.RefreshToken);
        world.Server.IsLive(after.Tokens.RefreshToken!).Should().BeTrue();
        after.Tokens.ExpiresAt.Should().Be(world.Clock.GetUtcNow() + TimeSpan.FromHours(1));
        after.Tokens.Scopes.Should().Equal("read", "write");
        after.Tokens.AccountId.Should().Be(old.AccountId);
        after.Intent.Should().BeNull();
        after.RetiredFingerprints.Should().Contain(TokenFingerprint.Of(old.RefreshToken!));
    }

    [Fact]
    public async Task B8_A_refresh_token_that_was_replaced_before_does_not_replace_a_newer_one()
    {
        await using World world = await World.StartAsync();
        TokenSet first = await world.ConnectExpiredAsync();
        await world.GetAsync();
        string second = (await world.StoredAsync()).Tokens.RefreshToken!;
        world.Clock.Advance(TimeSpan.FromMinutes(61));
        world.Server.TokenEndpoint.FailNext(Edit(reply => reply["refresh_token"] = first.RefreshToken));

        AccessToken token = await world.GetAsync();

        StoredToken row = await world.StoredAsync();
        row.Tokens.AccessToken.Should().Be(token.Value, "the access token is good");
        row.Tokens.RefreshToken.Should().Be(second);
    }

    [Fact]
    public async Task B7_The_longest_tokens_round_trip_byte_for_byte()
    {
        await using World world = await World.StartAsync(server: o => o.AccessTokenLength = 32 * 1024);
        await world.ConnectExpiredAsync();
        string longest = LongRefreshToken(8 * 1024);
        world.Server.TokenEndpoint.FailNext(Edit(reply => reply["refresh_token"] = longest));

        AccessToken token = await world.GetAsync();

        token.Value.Should().HaveLength(32 * 1024);
        world.Server.IsLive(token.Value).Should().BeTrue();
        (await world.StoredAsync()).Tokens.RefreshToken.Should().Be(longest);
    }

    [Fact]
    public async Task B7_A_longer_refresh_token_is_refused_whole_and_never_cut()
    {
        await using World world = await World.StartAsync(server: o => o.Rotation = Rotation.Static);
        TokenSet old = await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailNext(Edit(reply => reply["refresh_token"] = LongRefreshToken((8 * 1024) + 1)), times: 2);

        await world.UnavailableAsync(TokenFailureKind.ProtocolError);

        (await world.StoredAsync()).Tokens.RefreshToken.Should().Be(old.RefreshToken);
    }

    [Fact]
    public async Task B7_A_longer_access_token_is_refused_whole_and_its_refresh_token_is_kept()
    {
        await using World world = await World.StartAsync(server: o => o.AccessTokenLength = (32 * 1024) + 1);
        TokenSet connected = world.Server.IssueTokens(world.User, "read");
        await world.Tokens.SaveAsync(world.Key, new TokenSet
        {
            AccessToken = Canary.New("access"),
            RefreshToken = connected.RefreshToken,
            ExpiresAt = world.Clock.GetUtcNow(),
        });

        await world.UnavailableAsync(TokenFailureKind.ProtocolError);

        string kept = (await world.StoredAsync()).Tokens.RefreshToken!;
        kept.Should().NotBe(connected.RefreshToken);
        world.Server.IsLive(kept).Should().BeTrue();
    }

    [Fact]
    public async Task RF_13_A_refresh_never_names_a_scope()
    {
        await using World world = await World.StartAsync(provider: o => o.Scopes = ["read", "write"]);
        await world.ConnectExpiredAsync();

        await world.GetAsync();

        world.Server.Log.RefreshRequests.Should().ContainSingle().Which.Parameters.Should().BeEquivalentTo("grant_type", "refresh_token", "client_id", "client_secret");
    }

    private static string LongRefreshToken(int length) => Canary.New("refresh").PadRight(length, 'x');

    private static Fault Edit(Action<JsonObject> change) => Fault.Transform(body =>
    {
        JsonObject reply = JsonNode.Parse(body)!.AsObject();
        change(reply);
        return reply.ToJsonString();
    });
}
