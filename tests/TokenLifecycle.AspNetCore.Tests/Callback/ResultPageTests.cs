using System.Text.RegularExpressions;
using TokenLifecycle.Testing;

namespace TokenLifecycle.AspNetCore.Tests.Callback;

/// <summary>The page after connecting says what is so now, and no page is a dead end.</summary>
public sealed partial class ResultPageTests
{
    [Fact]
    public async Task A_connection_is_shown_with_its_account_its_scopes_and_a_way_on()
    {
        await using WebWorld world = await WebWorld.StartAsync();
        using Browser browser = await world.BrowserOfAsync("ada");
        Seen answer = await browser.GetAsync(await browser.ToCallbackAsync(query: "?connection=coach"));

        Seen page = await browser.GetAsync(answer.Location!);

        page.Text.Should().Contain("<h1>acme is connected</h1>").And.Contain("read, write").And.Contain("<dd>coach</dd>").And.NotContain("Not granted");
        page.Text.Should().Contain($"<dd>{world.Server.SignedInUser.AccountId}</dd>");
        Links(page).Should().Equal("/", "/connections/acme/connect?connection=coach");
    }

    [Fact]
    public async Task Behind_a_proxy_that_shows_the_app_under_a_path_the_way_on_stays_under_it()
    {
        await using WebWorld world = await WebWorld.StartAsync(web: o => o.PublicPathBase = "/base");
        using Browser browser = await world.BrowserOfAsync("ada");

        Links(await browser.GetAsync("/connections/nowhere/connect")).Should().Equal("/base/");
    }

    [Fact]
    public async Task Where_scopes_are_missing_the_first_button_grants_them_and_the_link_goes_where_the_user_wanted_to_go()
    {
        await using WebWorld world = await WebWorld.StartAsync(server: o => o.UserGrants = (_, asked) => asked.Take(1));
        using Browser browser = await world.BrowserOfAsync("ada");

        Seen page = await browser.ConnectAsync(query: "?returnUrl=/dashboard?tab=1");

        page.Text.Should().Contain("<dt>Granted</dt><dd>read</dd>").And.Contain("<dt>Not granted</dt><dd>write</dd>");
        page.Text.IndexOf("Grant the rest", StringComparison.Ordinal).Should().BeLessThan(page.Text.IndexOf("Continue", StringComparison.Ordinal));
        Links(page).Should().Equal("/dashboard?tab=1", "/connections/acme/connect?returnUrl=%2Fdashboard%3Ftab%3D1");
        (await browser.GetAsync(Links(page)[1])).Status.Should().Be(200);
    }

    [Fact]
    public async Task A_store_that_cannot_be_read_takes_nothing_from_what_is_known()
    {
        await using WebWorld world = await WebWorld.StartAsync();
        using Browser browser = await world.BrowserOfAsync("ada");
        Seen answer = await browser.GetAsync(await browser.ToCallbackAsync());
        await world.Tokens.DisconnectAsync(world.Key("ada")); // So that nothing is in memory any more.
        world.Store.Fail("find");

        Seen page = await browser.GetAsync(answer.Location!);

        page.Status.Should().Be(200);
        page.Text.Should().Contain("acme is connected").And.NotContain("<dl>");
        Links(page).Should().NotBeEmpty();
    }

    [Fact]
    public async Task A_connection_that_was_ended_since_shows_nothing_of_it()
    {
        await using WebWorld world = await WebWorld.StartAsync();
        using Browser browser = await world.BrowserOfAsync("ada");
        Seen answer = await browser.GetAsync(await browser.ToCallbackAsync());
        await world.Tokens.DisconnectAsync(world.Key("ada"));

        (await browser.GetAsync(answer.Location!)).Text.Should().NotContain("<dt>Account</dt>").And.NotContain("read, write");
    }

    [Theory]
    [InlineData(503, "cannot be reached", "Try again in a moment")]
    [InlineData(401, "does not accept this app", "Contact support")]
    [InlineData(400, "did not accept the response", "Try again.")]
    public async Task A_failure_states_what_happened_and_what_to_do_and_has_one_button(int status, string what, string who)
    {
        await using WebWorld world = await WebWorld.StartAsync();
        using Browser browser = await world.BrowserOfAsync("ada");
        world.Server.TokenEndpoint.FailNext(status switch
        {
            400 => Fault.Body(400, """{"error":"invalid_grant"}"""),
            401 => Fault.Body(401, """{"error":"invalid_client"}"""),
            _ => Fault.Status(status),
        });

        Seen page = await browser.ConnectAsync();

        page.Text.Should().Contain("acme was not connected").And.Contain(what).And.Contain(who).And.Contain("Try again</button>");
        Regex.Count(page.Text, "<button").Should().Be(1);
        Links(page).Should().Equal("/");
    }

    [Fact]
    public async Task No_page_is_a_dead_end()
    {
        await using WebWorld world = await WebWorld.StartAsync();
        using Browser browser = await world.BrowserOfAsync("ada");
        using Browser nobody = await world.BrowserOfAsync(user: null);
        string callback = await browser.ToCallbackAsync();
        Seen connection = await browser.GetAsync("/connections/acme/connect");
        Seen[] pages =
        [
            connection,
            await browser.GetAsync("/connections/nowhere/connect"),
            await browser.GetAsync("/connections/acme/connect?returnUrl=//evil.example"),
            await browser.GetAsync("/connections/acme/callback?code=a&state=unknown"),
            await browser.GetAsync("/connections/acme/callback?code=a&code=b"),
            await browser.PostAsync("/connections/acme/connect", []),
            await browser.PressAsync(connection with { Text = connection.Text.Replace("/connect\"", "/refresh\"", StringComparison.Ordinal) }, "/refresh"),
            await browser.PressAsync(connection with { Text = connection.Text.Replace("/connect\"", "/disconnect\"", StringComparison.Ordinal) }, "/disconnect"),
        ];

        foreach (Seen page in pages)
            (page.Text.Contains("<a ", StringComparison.Ordinal) || page.Text.Contains("<button", StringComparison.Ordinal)).Should().BeTrue(page.Text);
        (await nobody.GetAsync(callback)).Text.Should().Contain("Sign in first").And.Contain("href=\"/connections/acme/connect\"");
    }

    private static string[] Links(Seen page) => [.. Link().Matches(page.Text).Select(link => System.Net.WebUtility.HtmlDecode(link.Groups["to"].Value))];

    [GeneratedRegex("<a (class=\"main\" )?href=\"(?<to>[^\"]*)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Link();
}
