using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TokenLifecycle.Options;
using TokenLifecycle.Testing;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.AspNetCore.Tests.Callback;

/// <summary>However connecting ends, the user is told, and nothing is half connected.</summary>
public sealed class EndingTests
{
    private static readonly (string, string) Json = ("Accept", "application/json");

    [Theory]
    [InlineData("Sec-Purpose", "prefetch;prerender")]
    [InlineData("Sec-Purpose", "prefetch")]
    [InlineData("Purpose", "prefetch")]
    [InlineData("X-Moz", "prefetch")]
    public async Task H2_A_prefetch_gets_204_and_uses_nothing_up(string header, string value)
    {
        await using WebWorld world = await WebWorld.StartAsync();
        using Browser browser = await world.BrowserOfAsync("ada");
        string callback = await browser.ToCallbackAsync();

        (await browser.GetAsync(callback, (header, value))).Status.Should().Be(204);

        world.Exchanges.Should().Be(0);
        (await browser.FollowAsync(await browser.GetAsync(callback))).Text.Should().Contain("is connected");
    }

    [Fact]
    public async Task H4_A_browser_that_goes_away_does_not_stop_the_exchange()
    {
        await using WebWorld world = await WebWorld.StartAsync();
        using Browser browser = await world.BrowserOfAsync("ada");
        string callback = await browser.ToCallbackAsync();
        FaultHold held = Fault.HoldReply();
        world.Server.TokenEndpoint.FailNext(held);
        using (var socket = new TcpClient("127.0.0.1", world.Address.Port))
        {
            string request = $"GET {callback[WebWorld.Origin.Length..]} HTTP/1.1\r\nHost: app.example\r\nCookie: {string.Join("; ", browser.Cookies.Select(c => $"{c.Key}={c.Value}"))}\r\n\r\n";
            await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request));
            await held.Reached;
            socket.Client.LingerState = new LingerOption(enable: true, seconds: 0);
        }

        Task<Seen> again = browser.GetAsync(callback);
        held.Release();

        (await browser.FollowAsync(await again)).Text.Should().Contain("is connected");
        world.Exchanges.Should().Be(1);
        (await world.Tokens.GetStatusAsync(world.Key("ada"))).State.Should().Be(TokenState.Valid);
    }

    [Fact]
    public async Task H5_RV_5_A_reconnect_that_is_begun_abandoned_denied_or_fails_leaves_the_working_connection()
    {
        await using WebWorld world = await WebWorld.StartAsync();
        using Browser browser = await world.BrowserOfAsync("ada");
        await browser.ConnectAsync();
        AccessToken before = await world.Tokens.GetAccessTokenAsync(world.Key("ada"));

        await browser.ToCallbackAsync();
        world.Server.SignedInUser.Denies = true;
        Seen denied = await browser.ConnectAsync();
        world.Server.SignedInUser.Denies = false;
        world.Server.TokenEndpoint.FailNext(Fault.Status(503));
        Seen failed = await browser.ConnectAsync();

        denied.Text.Should().Contain("not granted");
        failed.Status.Should().Be(503);
        failed.Text.Should().Contain("existing connection is untouched");
        AccessToken after = await world.Tokens.RefreshAsync(world.Key("ada"));
        after.Value.Should().NotBe(before.Value, "the refresh token still works at the provider");
        world.Server.Log.Revocations.Should().BeEmpty();
    }

    [Fact]
    public async Task H6_MT_6_CVE_2023_3128_A_reconnect_as_another_account_is_refused_and_its_tokens_given_back()
    {
        await using WebWorld world = await WebWorld.StartAsync();
        using Browser browser = await world.BrowserOfAsync("ada");
        await browser.ConnectAsync();
        string account = (await world.Tokens.GetStatusAsync(world.Key("ada"))).AccountId!;
        world.Server.SignedInUser = world.Server.AddUser("somebody else");

        Seen page = await browser.ConnectAsync();

        page.Status.Should().Be(409);
        page.Text.Should().Contain("another acme account").And.Contain("untouched");
        ConnectionStatus status = await world.Tokens.GetStatusAsync(world.Key("ada"));
        (status.State, status.AccountId).Should().Be((TokenState.Valid, account));
        world.Server.Log.Revocations.Should().ContainSingle("nothing of the other account stays behind");
        (await world.Tokens.RefreshAsync(world.Key("ada"))).Should().NotBeNull();
    }

    [Fact]
    public async Task H7_A_missing_refresh_token_fails_now_and_nothing_stays_behind()
    {
        await using WebWorld world = await WebWorld.StartAsync();
        world.Server.TokenEndpoint.FailNext(Fault.Transform(body => body.Replace("\"refresh_token\"", "\"other\"", StringComparison.Ordinal)));
        using Browser browser = await world.BrowserOfAsync("ada");

        Seen page = await browser.ConnectAsync();

        page.Status.Should().Be(502);
        page.Text.Should().Contain("within the hour").And.Contain("Try again");
        (await world.Tokens.GetStatusAsync(world.Key("ada"))).State.Should().Be(TokenState.Missing);
    }

    [Fact]
    public async Task H7_Where_none_is_expected_a_connection_without_refresh_token_is_made()
    {
        await using WebWorld world = await WebWorld.StartAsync(provider: o => o.RefreshTokenRequired = false);
        world.Server.TokenEndpoint.FailNext(Fault.Transform(body => body.Replace("\"refresh_token\"", "\"other\"", StringComparison.Ordinal)));
        using Browser browser = await world.BrowserOfAsync("ada");

        (await browser.ConnectAsync()).Text.Should().Contain("is connected");
    }

    [Fact]
    public async Task H8_Fewer_scopes_than_asked_for_are_said_on_the_page_even_if_there_is_somewhere_to_go()
    {
        await using WebWorld world = await WebWorld.StartAsync(server: o => o.UserGrants = (_, asked) => asked.Take(1));
        using Browser browser = await world.BrowserOfAsync("ada");

        Seen page = await browser.ConnectAsync(query: "?returnUrl=/dashboard");

        page.Status.Should().Be(200);
        page.Text.Should().Contain("is connected").And.Contain("write").And.Contain("Grant the rest").And.Contain("href=\"/dashboard\"");
        (await world.Tokens.GetStatusAsync(world.Key("ada"))).MissingScopes.Should().Equal("write");
    }

    [Fact]
    public async Task H9_The_same_account_connected_twice_is_said_without_naming_the_other()
    {
        await using WebWorld world = await WebWorld.StartAsync();
        using Browser ada = await world.BrowserOfAsync("ada");
        using Browser bob = await world.BrowserOfAsync("bob");
        await ada.ConnectAsync();

        Seen page = await bob.ConnectAsync();

        page.Text.Should().Contain("connected in another place").And.NotContain("ada");
    }

    [Fact]
    public async Task H9_The_older_connection_of_an_account_that_is_connected_again_is_flagged_to_its_user_and_named_to_the_operator()
    {
        LogRecorder log = new();
        await using WebWorld world = await WebWorld.StartAsync(
            web: o => o.OperatorPolicy = "operator",
            services: services => services.AddLogging(b => b.AddProvider(log)).AddAuthorizationBuilder().AddPolicy("operator", policy => policy.RequireAuthenticatedUser()));
        using Browser ada = await world.BrowserOfAsync("adelaide");
        using Browser bob = await world.BrowserOfAsync("bartholomew");
        await ada.ConnectAsync();
        (await ada.GetAsync("/connections", Json)).Text.Should().Contain("\"isAccountShared\":false");
        (await ada.GetAsync("/connections/acme/connect")).Text.Should().NotContain("another place");

        await bob.ConnectAsync();

        (await ada.GetAsync("/connections", Json)).Text.Should().Contain("\"isAccountShared\":true").And.NotContain("bartholomew");
        (await ada.GetAsync("/connections/acme/connect")).Text.Should().Contain("connected in another place").And.NotContain("bartholomew");
        (string older, string newer) = (new TokenKey("acme", "adelaide").ToRedactedString(), new TokenKey("acme", "bartholomew").ToRedactedString());
        log.Lines.Should().ContainSingle(line => line.Text.Contains(older, StringComparison.Ordinal) && line.Text.Contains($"has now been connected as {newer} too", StringComparison.Ordinal));
        JsonElement overview = JsonDocument.Parse((await bob.GetAsync("/connections/overview", Json)).Text).RootElement;
        overview.GetProperty("providers")[0].GetProperty("sharingAccount").EnumerateArray().Select(mention => mention.GetProperty("userId").GetString()).Should().Equal("adelaide", "bartholomew");
    }

    [Fact]
    public async Task H9_Reconnecting_the_same_connection_flags_nothing()
    {
        await using WebWorld world = await WebWorld.StartAsync();
        using Browser ada = await world.BrowserOfAsync("ada");
        await ada.ConnectAsync();

        (await ada.ConnectAsync()).Text.Should().Contain("is connected").And.NotContain("another place");
        (await ada.GetAsync("/connections", Json)).Text.Should().Contain("\"isAccountShared\":false");
    }

    [Fact]
    [Trait("Rule", "F11")]
    public async Task A_store_that_cannot_be_read_leaves_the_code_unspent_and_the_user_can_try_again()
    {
        await using WebWorld world = await WebWorld.StartAsync();
        using Browser browser = await world.BrowserOfAsync("ada");
        string callback = await browser.ToCallbackAsync(query: "?returnUrl=/dashboard");
        world.Store.Fail("find", "save");

        Seen page = await browser.FollowAsync(await browser.GetAsync(callback));
        world.Store.Recover();

        page.Status.Should().Be(503);
        page.Text.Should().Contain("could not be saved").And.Contain("Try again");
        (await world.Tokens.GetStatusAsync(world.Key("ada"))).State.Should().Be(TokenState.Missing);
        world.Exchanges.Should().Be(0, "a store that cannot be read will not be written");
        (await browser.FollowAsync(await browser.PressAsync(page, "/connect"))).Status.Should().Be(404, "the sample return address has no page, so it was reached");
        (await world.Tokens.GetStatusAsync(world.Key("ada"))).State.Should().Be(TokenState.Valid);
    }

    [Fact]
    public async Task CB_11_CVE_2026_42206_CVE_2026_114617_A_wrong_or_missing_nonce_is_refused()
    {
        await using WebWorld world = await WebWorld.StartAsync(server: o => o.Dialect = Dialect.Google, provider: o =>
        {
            (o.Issuer, o.AccountIdFrom, o.AccountIdPath) = ("https://accounts.google.com", AccountIdSource.IdToken, "sub");
            o.Scopes = ["openid"];
            o.AdditionalAuthorizationParameters["access_type"] = "offline";
        });
        using Browser browser = await world.BrowserOfAsync("ada");
        string other = await browser.ToCallbackAsync();
        string own = await browser.ToCallbackAsync();

        Seen swapped = await browser.FollowAsync(await browser.GetAsync(Swap(own, other)));
        Seen right = await browser.ConnectAsync();

        swapped.Status.Should().BeGreaterThanOrEqualTo(400, "the code of another request is refused, by PKCE or by the nonce");
        right.Status.Should().Be(200, right.Text);
    }

    private static string Swap(string into, string from)
    {
        static string Code(string url) => url.Split('?', '&').Single(part => part.StartsWith("code=", StringComparison.Ordinal));
        return into.Replace(Code(into), Code(from), StringComparison.Ordinal);
    }
}
