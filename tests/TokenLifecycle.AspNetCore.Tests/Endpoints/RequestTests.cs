using System.Text;
using System.Web;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Storage;

namespace TokenLifecycle.AspNetCore.Tests.Endpoints;

/// <summary>How connecting begins.</summary>
public sealed class RequestTests
{
    [Fact]
    public async Task AR_1_AR_2_AR_7_The_provider_is_asked_for_a_code_with_s256_and_what_the_caller_adds_goes_nowhere()
    {
        await using WebWorld world = await WebWorld.StartAsync();
        using Browser browser = await world.BrowserOfAsync("ada");

        Seen start = await browser.PressAsync(
            await browser.GetAsync("/connections/acme/connect?scope=admin&prompt=none&redirect_uri=https://evil.example&request_uri=x&response_mode=fragment"), "/connect",
            ("scope", "admin"), ("prompt", "none"), ("redirect_uri", "https://evil.example"), ("request_uri", "x"), ("response_mode", "fragment"));

        var query = HttpUtility.ParseQueryString(new Uri(start.Location!).Query);
        query.AllKeys.Should().BeEquivalentTo("response_type", "client_id", "redirect_uri", "state", "scope", "code_challenge", "code_challenge_method");
        (query["response_type"], query["code_challenge_method"], query["scope"]).Should().Be(("code", "S256", "read write"));
    }

    [Fact]
    public async Task AR_5_The_redirect_address_comes_from_the_settings_whatever_the_headers_say()
    {
        await using WebWorld world = await WebWorld.StartAsync(web: o => o.PublicPathBase = "/app");
        using Browser browser = await world.BrowserOfAsync("ada");
        (string, string)[] hostile = [("Host", "evil.example"), ("X-Forwarded-Host", "evil.example"), ("X-Forwarded-Proto", "http"), ("X-Forwarded-Prefix", "/evil"), ("Forwarded", "host=evil.example")];
        Seen page = await browser.GetAsync("/connections/acme/connect", hostile);
        page.Text.Should().Contain("action=\"/app/connections/acme/connect\"").And.NotContain("evil");

        string token = page.Text.Split("name=\"__RequestVerificationToken\" value=\"")[1].Split('"')[0];
        Seen start = await browser.PostAsync("/connections/acme/connect", [new("__RequestVerificationToken", token)], hostile);

        HttpUtility.ParseQueryString(new Uri(start.Location!).Query)["redirect_uri"].Should().Be("https://app.example/app/connections/acme/callback");
    }

    [Fact]
    public async Task AR_5_The_token_request_repeats_the_address_to_the_letter()
    {
        await using WebWorld world = await WebWorld.StartAsync(server: o => o.RedirectUris.Add("https://app.example/connections/acme/callback"));
        using Browser browser = await world.BrowserOfAsync("ada");

        (await browser.ConnectAsync()).Text.Should().Contain("is connected");

        world.Server.Log.Requests.Single(r => r.Body.Contains("authorization_code", StringComparison.Ordinal)).Body
            .Should().Contain("redirect_uri=https%3A%2F%2Fapp.example%2Fconnections%2Facme%2Fcallback");
    }

    [Fact]
    public async Task AR_3_AR_6_CVE_2026_84312_CVE_2020_7692_A_state_is_opaque_and_never_repeats()
    {
        await using WebWorld world = await WebWorld.StartAsync();
        using Browser browser = await world.BrowserOfAsync("user-marked-4711");
        Seen page = await browser.GetAsync("/connections/acme/connect?returnUrl=/page-marked-4711");
        var states = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < 200; i++)
        {
            var query = HttpUtility.ParseQueryString(new Uri((await browser.PressAsync(page, "/connect")).Location!).Query);
            states.Add(query["state"]!).Should().BeTrue();
            query["code_challenge"].Should().HaveLength(43);
        }

        states.Should().OnlyContain(state => state.Length == 43);
        states.Select(state => Encoding.Latin1.GetString(Convert.FromBase64String(state.Replace('-', '+').Replace('_', '/') + "=")))
            .Should().OnlyContain(text => !text.Contains("4711", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AR_4_ST_1_What_is_kept_of_a_request_tells_a_reader_of_the_store_nothing()
    {
        var rows = new RecordingRequestStore();
        await using WebWorld world = await WebWorld.StartAsync(services: s => s.AddSingleton<IAuthorizationRequestStore>(rows));
        using Browser browser = await world.BrowserOfAsync("ada");

        Seen start = await browser.StartAsync(query: "?returnUrl=/dashboard");

        string state = HttpUtility.ParseQueryString(new Uri(start.Location!).Query)["state"]!;
        PendingAuthorization row = rows.Added.Single();
        row.Id.Should().NotContain(state).And.HaveLength(43);
        string cookie = browser.Cookies.Single(c => c.Key.EndsWith("TokenLifecycle.Browser", StringComparison.Ordinal)).Value;
        row.BrowserId.Should().NotBe(cookie).And.HaveLength(43);
        string payload = Encoding.Latin1.GetString(Convert.FromBase64String(row.Payload.Replace('-', '+').Replace('_', '/').PadRight((row.Payload.Length + 3) / 4 * 4, '=')));
        payload.Should().NotContain("dashboard").And.NotContain("ada").And.NotContain("acme");
        (row.ExpiresAt - row.CreatedAt).Should().Be(TimeSpan.FromMinutes(10));
        row.ToString().Should().NotContain(row.Payload);
    }

    [Fact]
    public async Task EP_8_DL_5_GHSA_hxr6_w4gc_7vvv_One_strict_cookie_however_many_attempts()
    {
        await using WebWorld world = await WebWorld.StartAsync();
        using Browser browser = await world.BrowserOfAsync("ada");
        for (int i = 0; i < 50; i++)
            await browser.StartAsync();

        string line = browser.CookieLines.Last(l => l.Contains("TokenLifecycle.Browser", StringComparison.Ordinal)).ToLowerInvariant();
        line.Should().StartWith("__host-tokenlifecycle.browser=").And.Contain("; secure").And.Contain("; httponly").And.Contain("; samesite=lax").And.Contain("; path=/").And.NotContain("domain");
        line.Should().Contain("max-age=1200");
        browser.Cookies.Sum(c => c.Key.Length + c.Value.Length + 3).Should().BeLessThan(4096);
    }

    [Fact]
    public async Task DL_4_CVE_2021_22119_A_sixth_attempt_lets_the_oldest_go()
    {
        await using WebWorld world = await WebWorld.StartAsync();
        using Browser browser = await world.BrowserOfAsync("ada");
        string first = await browser.ToCallbackAsync();
        string second = await browser.ToCallbackAsync();
        for (int i = 0; i < 4; i++)
            await browser.StartAsync();

        (await browser.GetAsync(first)).Status.Should().Be(400);
        (await browser.GetAsync(second)).Status.Should().Be(303);
    }

    [Fact]
    public async Task DL_4_Beyond_all_bounds_starting_is_refused_with_a_time_to_come_back()
    {
        await using WebWorld world = await WebWorld.StartAsync(web: o => (o.MaxPendingPerBrowser, o.MaxPendingPerUser, o.MaxPending) = (1, 1, 2));
        foreach (string user in (string[])["a", "b"])
        {
            using Browser browser = await world.BrowserOfAsync(user);
            (await browser.StartAsync()).Status.Should().Be(303);
        }

        using Browser late = await world.BrowserOfAsync("c");
        Seen refused = await late.StartAsync();

        refused.Status.Should().Be(503);
        refused.Headers["Retry-After"].Should().Be("60");
        world.Clock.Advance(TimeSpan.FromMinutes(10));
        (await late.StartAsync()).Status.Should().Be(303);
    }

    [Fact]
    public async Task Two_tabs_can_be_connected_one_after_the_other()
    {
        await using WebWorld world = await WebWorld.StartAsync();
        using Browser browser = await world.BrowserOfAsync("ada");
        string first = await browser.ToCallbackAsync(query: "?connection=coach");
        string second = await browser.ToCallbackAsync(query: "?connection=athlete");

        (await browser.FollowAsync(await browser.GetAsync(second))).Text.Should().Contain("is connected");
        (await browser.FollowAsync(await browser.GetAsync(first))).Text.Should().Contain("is connected");

        (await world.Tokens.GetStatusAsync(new TokenKey("acme", "ada", "coach"))).State.Should().Be(TokenState.Valid);
        (await world.Tokens.GetStatusAsync(new TokenKey("acme", "ada", "athlete"))).State.Should().Be(TokenState.Valid);
    }

    [Theory]
    [InlineData(null, "is not set")]
    [InlineData("http://app.example", "is http://")]
    [InlineData("https://app.example/", "is not an origin")]
    [InlineData("https://app.example/path", "is not an origin")]
    [InlineData("https://me@app.example", "is not an origin")]
    [InlineData("app.example", "is not an origin")]
    public async Task AR_5_Outside_development_the_start_fails_without_an_origin(string? origin, string problem)
    {
        Func<Task> start = () => WebWorld.StartAsync(web: o => o.PublicOrigin = origin);

        (await start.Should().ThrowAsync<Microsoft.Extensions.Options.OptionsValidationException>()).WithMessage($"*PublicOrigin {problem}*AddConnectionEndpoints*");
    }
}
