using System.Text.RegularExpressions;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.AspNetCore.Tests.Callback;

/// <summary>A callback counts once, in the browser and for the user that began, at the provider that was asked.</summary>
public sealed partial class StateTests
{
    public static TheoryData<string, Func<string, string>> Alterations => new()
    {
        { "no state", url => State().Replace(url, "") },
        { "an empty state", url => State().Replace(url, "&state=") },
        { "an unknown state", url => State().Replace(url, "&state=" + new string('a', 43)) },
        { "a state with another case", url => State().Replace(url, m => m.Value.ToUpperInvariant().Replace("&STATE", "&state", StringComparison.Ordinal)) },
        { "a state with something behind it", url => State().Replace(url, m => m.Value + "x") },
        { "two states", url => url + "&state=other" },
        { "two codes", url => url + "&code=other" },
        { "a code and an error", url => url + "&error=access_denied" },
        { "a token", url => url + "&access_token=abc" },
        { "an ID token", url => url + "&id_token=abc" },
        { "nothing", url => url.Split('?')[0] },
        { "a code of more than 4 KB", url => url.Replace("?code=", "?code=" + new string('a', 4097), StringComparison.Ordinal) },
        { "a state of more than 256 characters", url => State().Replace(url, "&state=" + new string('a', 257)) },
        { "an issuer of more than 512 characters", url => url + "&iss=" + new string('a', 513) },
    };

    [Theory]
    [MemberData(nameof(Alterations))]
    public async Task CB_1_CB_8_DL_3_An_altered_callback_gets_4xx_and_no_code_is_sent(string name, Func<string, string> alter)
    {
        await using WebWorld world = await WebWorld.StartAsync();
        using Browser browser = await world.BrowserOfAsync("ada");
        string callback = await browser.ToCallbackAsync();

        Seen answer = await browser.GetAsync(alter(callback));

        answer.Status.Should().Be(400, name);
        world.Exchanges.Should().Be(0);
        bool isOtherState = name is "an unknown state" or "a state with another case";
        (await browser.GetAsync(callback)).Status.Should().Be(isOtherState ? 400 : 303, "the true callback still counts, unless its code was seen with another state");
    }

    [Fact]
    public async Task CB_1_A_state_that_has_expired_is_refused()
    {
        await using WebWorld world = await WebWorld.StartAsync();
        using Browser browser = await world.BrowserOfAsync("ada");
        string callback = await browser.ToCallbackAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(10));

        (await browser.GetAsync(callback)).Status.Should().Be(400);
        world.Exchanges.Should().Be(0);
    }

    [Theory]
    [InlineData("ada")]
    [InlineData("eve")]
    public async Task CB_2_CVE_2025_68158_CVE_2026_41425_A_valid_state_in_another_browser_is_refused_and_uses_nothing_up(string user)
    {
        await using WebWorld world = await WebWorld.StartAsync();
        using Browser browser = await world.BrowserOfAsync("ada");
        using Browser other = await world.BrowserOfAsync(user);
        string callback = await browser.ToCallbackAsync();

        (await other.GetAsync(callback)).Status.Should().Be(400, "it has no cookie");
        await other.ToCallbackAsync();
        (await other.GetAsync(callback)).Status.Should().Be(400, "it has another cookie");

        world.Exchanges.Should().Be(0);
        (await browser.GetAsync(callback)).Status.Should().Be(303);
    }

    [Fact]
    public async Task CB_2_CVE_2025_14546_CVE_2025_68481_An_attackers_code_and_state_sign_nobody_in_who_did_not_begin()
    {
        await using WebWorld world = await WebWorld.StartAsync(web: o => o.SignInProviders.Add(WebWorld.Acme));
        using Browser mallory = await world.BrowserOfAsync("mallory");
        await mallory.ConnectAsync();
        using Browser attacker = await world.BrowserOfAsync(user: null);
        string callback = await attacker.ToCallbackAsync();
        using Browser victim = await world.BrowserOfAsync(user: null);

        (await victim.GetAsync(callback)).Status.Should().Be(400, "it has no cookie");
        await victim.ToCallbackAsync();
        (await victim.GetAsync(callback)).Status.Should().Be(400, "it has another cookie");

        (await victim.GetAsync("/whoami")).Text.Should().Be("nobody");
        world.Exchanges.Should().Be(1, "only mallory's own");
    }

    [Fact]
    public async Task CVE_2023_27490_Each_cookie_that_is_missing_stops_the_callback()
    {
        await using WebWorld world = await WebWorld.StartAsync();
        using Browser browser = await world.BrowserOfAsync("ada");
        string callback = await browser.ToCallbackAsync();
        foreach (string name in browser.Cookies.Keys.Where(name => !name.Contains("Antiforgery", StringComparison.Ordinal)))
        {
            using Browser without = browser.Copy();
            without.Cookies.Remove(name);
            (await without.GetAsync(callback)).Status.Should().BeInRange(400, 401, name);
        }

        world.Exchanges.Should().Be(0);
    }

    [Fact]
    public async Task CB_3_Another_user_in_the_same_browser_is_refused()
    {
        await using WebWorld world = await WebWorld.StartAsync();
        using Browser browser = await world.BrowserOfAsync("adelaide");
        string callback = await browser.ToCallbackAsync();
        await browser.GetAsync("/login?user=bob");

        Seen answer = await browser.GetAsync(callback);

        answer.Status.Should().Be(400);
        answer.Text.Should().NotContain("adelaide");
        world.Exchanges.Should().Be(0);
        (await world.Tokens.GetStatusAsync(world.Key("bob"))).State.Should().Be(TokenState.Missing);
    }

    [Fact]
    public async Task CB_6_The_callback_of_another_provider_is_refused()
    {
        await using WebWorld world = await WebWorld.StartAsync(builder: b => b.AddProvider("evil", o =>
        {
            (o.ClientId, o.ClientSecret) = ("evil", Canary.New("secret"));
            (o.AuthorizationEndpoint, o.TokenEndpoint) = ("https://evil.example/authorize", "https://evil.example/token");
        }));
        using Browser browser = await world.BrowserOfAsync("ada");
        string callback = await browser.ToCallbackAsync();

        Seen answer = await browser.FollowAsync(await browser.GetAsync(callback.Replace("/acme/", "/evil/", StringComparison.Ordinal)));

        answer.Status.Should().BeGreaterThanOrEqualTo(400);
        world.Exchanges.Should().Be(0);
    }

    [Theory]
    [InlineData("https://idp.example", "https://idp.example", true)]
    [InlineData("https://idp.example", null, false)]
    [InlineData("https://idp.example", "https://IDP.example", false)]
    [InlineData("https://idp.example", "https://idp.example/", false)]
    [InlineData("https://idp.example", "https://idp.example:443", false)]
    [InlineData("https://idp.example", "https://x@idp.example", false)]
    public async Task CB_5_The_issuer_is_compared_ordinally_and_missed_where_it_is_promised(string issuer, string? told, bool isTaken)
    {
        await using WebWorld world = await WebWorld.StartAsync(provider: o => (o.Issuer, o.IssuerInCallback) = (issuer, true));
        using Browser browser = await world.BrowserOfAsync("ada");
        string callback = await browser.ToCallbackAsync() + (told is null ? "" : "&iss=" + Uri.EscapeDataString(told));

        await browser.GetAsync(callback);

        world.Exchanges.Should().Be(isTaken ? 1 : 0);
    }

    [Fact]
    public async Task CB_5_The_issuer_is_compared_on_an_error_too_and_a_wrong_one_says_nothing_of_the_users_will()
    {
        await using WebWorld world = await WebWorld.StartAsync(provider: o => o.Issuer = "https://idp.example");
        using Browser browser = await world.BrowserOfAsync("ada");
        world.Server.SignedInUser.Denies = true;
        string callback = await browser.ToCallbackAsync() + "&iss=https%3A%2F%2Fevil.example";

        Seen page = await browser.FollowAsync(await browser.GetAsync(callback));

        page.Text.Should().Contain("was not valid").And.NotContain("not granted");
    }

    [Theory]
    [InlineData("<script>alert(1)</script>", "<b>", "javascript:alert(1)")]
    [InlineData("access_denied\r\nSet-Cookie: a=b", "\u001b[31m", "https://evil.example/")]
    public async Task CB_7_EP_6_What_a_provider_says_of_an_error_is_never_shown(string error, string description, string address)
    {
        await using WebWorld world = await WebWorld.StartAsync();
        using Browser browser = await world.BrowserOfAsync("ada");
        string state = State().Match(await browser.ToCallbackAsync()).Value;
        string callback = $"/connections/acme/callback?error={Uri.EscapeDataString(error)}&error_description={Uri.EscapeDataString(description)}&error_uri={Uri.EscapeDataString(address)}{state}";

        Seen answer = await browser.GetAsync(callback);
        Seen page = await browser.FollowAsync(answer);

        answer.Status.Should().Be(303);
        answer.Headers["Set-Cookie"].Should().NotContain("a=b", "only our own attempt goes");
        page.Status.Should().Be(200);
        page.Text.Should().NotContain("alert").And.NotContain("evil").And.NotContain("\u001b");
        world.Exchanges.Should().Be(0);
        (await browser.GetAsync(callback)).Location.Should().Be(answer.Location, "the state was used up");
    }

    [Fact]
    public async Task LG_6_A_code_from_the_log_is_spent()
    {
        await using WebWorld world = await WebWorld.StartAsync();
        using Browser browser = await world.BrowserOfAsync("ada");
        string callback = await browser.ToCallbackAsync();
        await browser.GetAsync(callback);
        using Browser thief = await world.BrowserOfAsync("eve");

        (await thief.GetAsync(callback)).Status.Should().Be(400);
        string own = await thief.ToCallbackAsync();
        string code = Code().Match(callback).Value;
        Seen page = await thief.FollowAsync(await thief.GetAsync(Code().Replace(own, code)));

        page.Status.Should().Be(400, page.Text);
        (await world.Tokens.GetStatusAsync(world.Key("eve"))).State.Should().Be(TokenState.Missing);
    }

    [GeneratedRegex("&state=[^&]*", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex State();

    [GeneratedRegex("(?<=[?&]code=)[^&]*", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Code();
}
