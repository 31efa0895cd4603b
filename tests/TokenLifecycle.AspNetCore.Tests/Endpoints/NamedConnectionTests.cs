using Microsoft.AspNetCore.Builder;

namespace TokenLifecycle.AspNetCore.Tests.Endpoints;

/// <summary>Every link to reconnect leads to the connection that it is about.</summary>
[Trait("Rule", "FS-17")]
public sealed class NamedConnectionTests
{
    private static readonly (string, string) Json = ("Accept", "application/json");

    [Fact]
    public async Task Reconnecting_by_a_link_repairs_the_connection_and_makes_no_other()
    {
        await using WebWorld world = await WebWorld.StartAsync(app: a => a.MapGet("/call", static async (string connection, ITokenManager tokens, Microsoft.AspNetCore.Http.HttpContext context) =>
            await tokens.GetAccessTokenAsync(new TokenKey(WebWorld.Acme, context.User.Identity!.IsAuthenticated ? context.User.FindFirst(System.Security.Claims.ClaimTypes.NameIdentifier)!.Value : "", connection)) is not null ? "ok" : ""));
        using Browser ada = await world.BrowserOfAsync("ada");
        using Browser bob = await world.BrowserOfAsync("bob");
        Seen adas = await ada.GetAsync("/call?connection=coach%20%26%20co", Json);
        Seen bobs = await bob.GetAsync("/call?connection=club", Json);

        const string coach = "/connections/acme/connect?connection=coach%20%26%20co";
        adas.Status.Should().Be(401, adas.Text);
        System.Text.Json.JsonDocument.Parse(adas.Text).RootElement.GetProperty("reconnect_url").GetString().Should().Be(coach);
        System.Text.Json.JsonDocument.Parse(bobs.Text).RootElement.GetProperty("reconnect_url").GetString().Should().Be("/connections/acme/connect?connection=club");
        (await ada.GetAsync("/call?connection=coach%20%26%20co", ("Sec-Fetch-Mode", "navigate"))).Location.Should().StartWith(coach + "&returnUrl=%2Fcall");
        (await world.Tokens.GetStatusAsync(new TokenKey(WebWorld.Acme, "ada", "coach & co"))).ReconnectPath.Should().Be(coach);
        foreach ((Browser browser, string link) in ((Browser, string)[])[(ada, coach), (bob, "/connections/acme/connect?connection=club")])
        {
            Seen start = await browser.PressAsync(await browser.GetAsync(link), "/connect");
            (await browser.FollowAsync(await browser.GetAsync((await browser.GetAsync(start.Location!)).Location!))).Text.Should().Contain("is connected");
        }

        System.Text.Json.JsonDocument.Parse((await ada.GetAsync("/connections", Json)).Text).RootElement.GetProperty("connections")[0].GetProperty("reconnectUrl").GetString().Should().Be(coach);
        (await world.Store.ListAsync(WebWorld.Acme, after: null, 10, CancellationToken.None)).Select(row => row.Key.Connection).Should().BeEquivalentTo("coach & co", "club");
    }

    [Fact]
    public async Task Who_has_to_sign_in_first_comes_back_to_the_connection()
    {
        await using WebWorld world = await WebWorld.StartAsync();
        using Browser ada = await world.BrowserOfAsync("ada");
        string callback = await ada.ToCallbackAsync(query: "?connection=coach&returnUrl=/training");
        ada.Cookies.Remove(".AspNetCore.cookie");

        Seen page = await ada.GetAsync(callback);

        page.Status.Should().Be(401);
        page.Text.Should().Contain("href=\"/connections/acme/connect?connection=coach&amp;returnUrl=%2Ftraining\"");
    }

    [Theory]
    [InlineData("/a", "default", "/a")]
    [InlineData("/a", "coach", "/a?connection=coach")]
    [InlineData("/a?x=1", "coach", "/a?x=1&connection=coach")]
    [InlineData("/a#part", "a&b", "/a?connection=a%26b#part")]
    [InlineData("/a?connection=coach", "coach", "/a?connection=coach")]
    [InlineData(null, "coach", null)]
    public void The_connection_is_added_once(string? path, string connection, string? expected) =>
        new ReauthorizationRequiredException(new TokenKey("acme", "ada", connection), ReauthorizationReason.GrantRejected, path).ReconnectPath.Should().Be(expected);
}
