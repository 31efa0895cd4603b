using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Testing;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.AspNetCore.Tests.Endpoints;

/// <summary>Who may do what, and what they see.</summary>
public sealed class AccessTests
{
    private static readonly (string, string) Json = ("Accept", "application/json");

    public static TheoryData<string, string> All => new()
    {
        { "GET", "/connections" },
        { "GET", "/connections/acme/connect" },
        { "POST", "/connections/acme/connect" },
        { "GET", "/connections/acme/callback?code=a&state=b" },
        { "GET", "/connections/acme/result?attempt=" + "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
        { "POST", "/connections/acme/disconnect" },
        { "POST", "/connections/acme/refresh" },
        { "GET", "/connections/overview" },
    };

    [Theory]
    [MemberData(nameof(All))]
    public async Task EP_2_Incident_A_Nobody_gets_in_without_signing_in(string method, string path)
    {
        await using WebWorld world = await WebWorld.StartAsync(web: o => o.OperatorPolicy = "operator", services: Operator);
        using var browser = new Browser(world.Address, WebWorld.Origin);

        Seen seen = await browser.SendAsync(new HttpMethod(method), path, content: null, [Json]);

        (seen.Status == 401 || (seen.Status == 302 && seen.Location!.Contains("/Account/Login", StringComparison.Ordinal))).Should().BeTrue($"{seen.Status} {seen.Location}");
        world.Exchanges.Should().Be(0);
    }

    [Theory]
    [InlineData("/connections/acme/connect")]
    [InlineData("/connections/acme/disconnect")]
    [InlineData("/connections/acme/refresh")]
    public async Task EP_1_CVE_2015_9284_A_post_from_elsewhere_changes_nothing(string path)
    {
        await using WebWorld world = await WebWorld.StartAsync();
        using Browser browser = await world.BrowserOfAsync("ada");
        await browser.ConnectAsync();
        int before = world.Server.Log.Requests.Count;

        Seen crossSite = await browser.PostAsync(path, [new("returnUrl", "/")], ("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site"));
        Seen get = await browser.GetAsync(path);

        crossSite.Status.Should().Be(400);
        get.Status.Should().BeOneOf(200, 405);
        world.Server.Log.Requests.Should().HaveCount(before);
        (await world.Tokens.GetStatusAsync(world.Key("ada"))).State.Should().Be(TokenState.Valid);
    }

    [Fact]
    public async Task EP_2_What_is_somebody_elses_looks_like_what_does_not_exist()
    {
        await using WebWorld world = await WebWorld.StartAsync();
        using Browser ada = await world.BrowserOfAsync("ada");
        using Browser bob = await world.BrowserOfAsync("bob");
        string result = (await ada.GetAsync(await ada.ToCallbackAsync())).Location!;
        await bob.StartAsync();

        Seen foreign = await bob.GetAsync(result, Json);
        Seen missing = await bob.GetAsync(result[..^43] + new string('x', 43), Json);
        Seen unknownProvider = await bob.GetAsync("/connections/nowhere/connect", Json);

        foreign.Status.Should().Be(404);
        (missing.Status, missing.Text).Should().Be((foreign.Status, foreign.Text));
        (unknownProvider.Status, unknownProvider.Text).Should().Be((foreign.Status, foreign.Text));
        Seen list = await bob.GetAsync("/connections", Json);
        list.Text.Should().Contain("\"state\":\"Missing\"").And.NotContain("ada");
    }

    [Fact]
    public async Task EP_5_CVE_2025_48947_CVE_2025_64762_Every_answer_forbids_caching_framing_and_sniffing()
    {
        await using WebWorld world = await WebWorld.StartAsync(web: o => o.OperatorPolicy = "operator", services: Operator);
        using Browser browser = await world.BrowserOfAsync("ada");
        Seen page = await browser.GetAsync("/connections/acme/connect");
        string callback = await browser.ToCallbackAsync();
        Seen[] all =
        [
            page,
            await browser.GetAsync("/connections"),
            await browser.PressAsync(page, "/connect"),
            await browser.PostAsync("/connections/acme/connect", []),
            await browser.GetAsync("/connections/nowhere/connect"),
            await browser.GetAsync("/connections/acme/callback?state=x"),
            await browser.GetAsync(callback, ("Sec-Purpose", "prefetch")),
            await browser.GetAsync(callback),
            await browser.GetAsync((await browser.GetAsync(callback)).Location!),
            await browser.PressAsync(await browser.GetAsync("/connections/acme/connect"), "/disconnect"),
            await browser.GetAsync("/connections/acme/connect?returnUrl=//evil.example"),
        ];

        foreach (Seen seen in all)
        {
            seen.Headers["Cache-Control"].Should().Contain("no-store");
            seen.Headers["X-Content-Type-Options"].Should().Be("nosniff");
            seen.Headers["Referrer-Policy"].Should().Be("no-referrer");
            seen.Headers["Content-Security-Policy"].Should().Contain("default-src 'none'").And.Contain("frame-ancestors 'none'").And.NotContain("unsafe");
            seen.Text.Should().NotContain("<script").And.NotContain(" style=").And.NotContain("onclick");
        }
    }

    [Fact]
    public async Task EP_6_The_status_tells_everything_but_secrets()
    {
        await using WebWorld world = await WebWorld.StartAsync();
        using Browser browser = await world.BrowserOfAsync("ada");
        await browser.ConnectAsync();
        world.Server.TokenEndpoint.FailNext(Fault.Status(503));
        world.Clock.Advance(TimeSpan.FromMinutes(61));
        Func<Task> refresh = () => world.Tokens.RefreshAsync(world.Key("ada"));
        await refresh.Should().ThrowAsync<TokenTemporarilyUnavailableException>();

        Seen seen = await browser.GetAsync("/connections", Json);

        CanaryWatch.Inspect(seen.Text);
        JsonElement one = JsonDocument.Parse(seen.Text).RootElement.GetProperty("connections")[0];
        one.GetProperty("state").GetString().Should().Be("Expired");
        one.GetProperty("secondsLeft").GetInt64().Should().Be(0);
        one.GetProperty("accountId").GetString().Should().NotBeEmpty();
        one.GetProperty("reconnectUrl").GetString().Should().Be("/connections/acme/connect");
        one.GetProperty("grantedScopes").GetArrayLength().Should().Be(2);
        one.GetProperty("lastFailure").GetProperty("kind").GetString().Should().Be("ProviderUnavailable");
        one.GetProperty("guidance").GetProperty("action").GetString().Should().Be("retry");
    }

    [Fact]
    public async Task Incident_A_A_page_load_refreshes_what_has_ended_and_leaves_alone_what_is_fresh()
    {
        await using WebWorld world = await WebWorld.StartAsync(app: a => a.MapGet("/form", (Microsoft.AspNetCore.Antiforgery.IAntiforgery antiforgery, HttpContext context) => antiforgery.GetAndStoreTokens(context).RequestToken!));
        using Browser browser = await world.BrowserOfAsync("ada");
        await browser.ConnectAsync();
        string token = (await browser.GetAsync("/form")).Text;

        Seen fresh = await browser.PostAsync("/connections/acme/refresh", [], Json, ("RequestVerificationToken", token));
        int afterFresh = world.Server.Log.RefreshRequests.Count;
        world.Clock.Advance(TimeSpan.FromHours(2));
        Seen ended = await browser.PostAsync("/connections/acme/refresh", [], Json, ("RequestVerificationToken", token));
        world.Server.RevokeGrant(world.Server.SignedInUser);
        world.Clock.Advance(TimeSpan.FromHours(2));
        Seen dead = await browser.PostAsync("/connections/acme/refresh", [], Json, ("RequestVerificationToken", token));

        (fresh.Status, afterFresh).Should().Be((200, 0));
        ended.Text.Should().Contain("\"state\":\"Valid\"");
        world.Server.Log.RefreshRequests.Count.Should().BeGreaterThan(afterFresh);
        dead.Status.Should().Be(401);
        dead.Headers["Content-Type"].Should().Be("application/problem+json");
        dead.Text.Should().Contain("\"needs_reauth\":true").And.Contain("\"reason\":\"GrantRejected\"").And.Contain("\"reconnect_url\":\"/connections/acme/connect\"");
    }

    [Fact]
    public async Task Incident_A_A_refresh_that_fails_leads_back_to_the_page_that_asked_for_it()
    {
        await using WebWorld world = await WebWorld.StartAsync(app: a => a.MapGet("/form", (Microsoft.AspNetCore.Antiforgery.IAntiforgery antiforgery, HttpContext context) => antiforgery.GetAndStoreTokens(context).RequestToken!));
        using Browser browser = await world.BrowserOfAsync("ada");
        await browser.ConnectAsync();
        string token = (await browser.GetAsync("/form")).Text;
        world.Server.TokenEndpoint.FailAlways(Fault.Status(503));
        world.Clock.Advance(TimeSpan.FromHours(2));

        Seen back = await browser.PostAsync("/connections/acme/refresh", [KeyValuePair.Create("returnUrl", "/training")], ("RequestVerificationToken", token));
        Seen told = await browser.PostAsync("/connections/acme/refresh", [], ("RequestVerificationToken", token));

        (back.Status, back.Location).Should().Be((303, "/training"));
        (told.Status, told.Location).Should().Be((503, null), "there is no page that would tell");
    }

    [Fact]
    public async Task RV_1_Disconnect_revokes_at_the_provider_deletes_and_may_be_pressed_twice()
    {
        await using WebWorld world = await WebWorld.StartAsync();
        using Browser browser = await world.BrowserOfAsync("ada");
        await browser.ConnectAsync();
        Seen page = await browser.GetAsync("/connections/acme/connect");

        Seen done = await browser.PressAsync(page, "/disconnect");
        Seen twice = await browser.PressAsync(page, "/disconnect");

        done.Text.Should().Contain("has confirmed that access is withdrawn");
        twice.Status.Should().Be(200);
        world.Server.Log.Revocations.Should().ContainSingle();
        (await world.Tokens.GetStatusAsync(world.Key("ada"))).State.Should().Be(TokenState.Missing);
    }

    [Fact]
    public async Task The_operator_sees_all_connections_and_others_do_not()
    {
        await using WebWorld world = await WebWorld.StartAsync(web: o => o.OperatorPolicy = "operator", services: Operator);
        foreach (string user in (string[])["ada", "bob"])
        {
            using Browser one = await world.BrowserOfAsync(user);
            await one.ConnectAsync();
        }

        using Browser root = await world.BrowserOfAsync("root");
        using Browser ada = await world.BrowserOfAsync("ada");
        world.Clock.Advance(TimeSpan.FromHours(2));
        Seen seen = await root.GetAsync("/connections/overview", Json);
        Seen refused = await ada.GetAsync("/connections/overview", Json);

        JsonElement acme = JsonDocument.Parse(seen.Text).RootElement.GetProperty("providers")[0];
        (acme.GetProperty("total").GetInt32(), acme.GetProperty("states").GetProperty("Expired").GetInt32()).Should().Be((2, 2));
        acme.GetProperty("expiringSoon").GetArrayLength().Should().Be(2);
        refused.Status.Should().BeOneOf(302, 403);
        refused.Text.Should().BeEmpty();
    }

    [Fact]
    public async Task Without_a_policy_there_is_no_overview()
    {
        await using WebWorld world = await WebWorld.StartAsync();
        using Browser browser = await world.BrowserOfAsync("ada");

        (await browser.GetAsync("/connections/overview")).Status.Should().Be(404);
    }

    [Fact]
    public async Task F11_A_store_that_is_down_is_503_on_every_page_and_never_an_error_of_the_user()
    {
        await using WebWorld world = await WebWorld.StartAsync();
        using Browser browser = await world.BrowserOfAsync("ada");
        Seen page = await browser.GetAsync("/connections/acme/connect");
        world.Store.Fail("find", "save", "list", "delete", "account");

        Seen[] all =
        [
            await browser.GetAsync("/connections", Json),
            await browser.GetAsync("/connections/acme/connect"),
            await browser.PressAsync(page with { Text = page.Text.Replace("/connect\"", "/disconnect\"", StringComparison.Ordinal) }, "/disconnect"),
        ];

        all.Should().OnlyContain(seen => seen.Status == 503);
        all[1].Text.Should().NotContain("Exception").And.NotContain("The store is down.");
    }

    private static void Operator(IServiceCollection services) =>
        services.AddAuthorizationBuilder().AddPolicy("operator", policy => policy.RequireAssertion(c => c.User.FindFirst(System.Security.Claims.ClaimTypes.NameIdentifier)?.Value == "root"));
}
