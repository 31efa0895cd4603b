using TokenLifecycle.Testing;
using TokenLifecycle.TestKit;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.Http;

public sealed class TokenCharacterTests
{
    public static TheoryData<string> Bad => ["\r", "\n", "\0", "é", ",", " ", "\"", "\\", "%2B", "\u007f", "\u2028"];

    [Theory]
    [MemberData(nameof(Bad))]
    public async Task AT_8_A_token_that_could_not_stand_in_the_header_is_refused_without_being_named(string character)
    {
        await using World world = await HttpWorld.StartAsync();
        TokenSet good = await world.ConnectAsync();
        Func<Task> saving = () => world.Tokens.SaveAsync(world.Key, new TokenSet { AccessToken = $"{Canary.New("at")}{character}x", RefreshToken = Canary.New("rt") });

        (await saving.Should().ThrowAsync<ArgumentException>()).Which.ToString().Should().NotContain(Canary.Mark);
        (await world.StoredAsync()).Tokens.AccessToken.Should().Be(good.AccessToken);
    }

    [Theory]
    [InlineData("\\r\\n")]
    [InlineData("é")]
    [InlineData(",")]
    public async Task AT_8_A_refresh_that_brings_such_a_token_is_refused_and_nothing_is_sent_to_the_API(string character)
    {
        await using World world = await HttpWorld.StartAsync();
        await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailAlways(Fault.Transform(body => body.Replace("\"access_token\":\"", $"\"access_token\":\"{character}", StringComparison.Ordinal)));
        Func<Task> sending = () => world.Api().SendAsync(world.Request());

        (await sending.Should().ThrowAsync<TokenTemporarilyUnavailableException>()).Which.Kind.Should().Be(TokenFailureKind.ProtocolError);
        world.ApiRequests().Should().BeEmpty();
    }
}
