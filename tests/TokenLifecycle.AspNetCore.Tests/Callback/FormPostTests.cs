namespace TokenLifecycle.AspNetCore.Tests.Callback;

/// <summary>LG-6: where the provider can post its response, no address ever holds the code.</summary>
public sealed class FormPostTests
{
    [Fact]
    public async Task CB_10_LG_6_A_posted_response_connects_and_its_code_is_in_no_address()
    {
        await using WebWorld world = await StartAsync();
        using Browser browser = await world.BrowserOfAsync("ada");
        string callback = await browser.ToCallbackAsync();

        // The provider's page posts from another site: the browser leaves our cookies out, and keeps those it gets.
        using var crossSite = new Browser(world.Address, WebWorld.Origin);
        Seen posted = await crossSite.PostAsync("/connections/acme/callback", Fields(callback));
        foreach ((string name, string value) in crossSite.Cookies)
            browser.Cookies[name] = value;
        Seen answer = await browser.GetAsync(posted.Location!);

        posted.Status.Should().Be(303);
        posted.Location.Should().Be("/connections/acme/callback");
        crossSite.CookieLines.Should().ContainSingle().Which.ToLowerInvariant().Should().Contain("__host-").And.Contain("httponly").And.Contain("secure").And.Contain("samesite=lax").And.Contain("max-age=60");
        (await browser.FollowAsync(answer)).Text.Should().Contain("is connected");
        browser.Cookies.Keys.Should().NotContain(name => name.Contains("Response", StringComparison.Ordinal));
    }

    [Fact]
    public async Task CB_10_A_response_in_the_address_is_refused_where_it_was_to_be_posted()
    {
        await using WebWorld world = await StartAsync();
        using Browser browser = await world.BrowserOfAsync("ada");

        (await browser.GetAsync(await browser.ToCallbackAsync())).Status.Should().Be(400);

        world.Exchanges.Should().Be(0);
    }

    [Fact]
    public async Task CB_10_Only_a_form_is_taken_only_where_it_was_asked_for_and_only_so_large()
    {
        await using WebWorld world = await StartAsync();
        await using WebWorld plain = await WebWorld.StartAsync();
        using var anybody = new Browser(world.Address, WebWorld.Origin);
        using var other = new Browser(plain.Address, WebWorld.Origin);

        (await anybody.SendAsync(HttpMethod.Post, "/connections/acme/callback", new StringContent("{}", System.Text.Encoding.UTF8, "application/json"), [])).Status.Should().Be(415);
        (await anybody.PostAsync("/connections/acme/callback", [new("code", "a"), new("code", "b")])).Status.Should().Be(400);
        (await anybody.PostAsync("/connections/acme/callback", [new("code", new string('a', 4000)), new("state", "b")])).Status.Should().Be(413);
        (await other.PostAsync("/connections/acme/callback", [new("code", "a"), new("state", "b")])).Status.Should().Be(404);
    }

    private static Task<WebWorld> StartAsync() => WebWorld.StartAsync(provider: o => o.AdditionalAuthorizationParameters["response_mode"] = "form_post");

    private static Dictionary<string, string> Fields(string callback) =>
        callback.Split('?')[1].Split('&').Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => Uri.UnescapeDataString(pair[1]), StringComparer.Ordinal);
}
