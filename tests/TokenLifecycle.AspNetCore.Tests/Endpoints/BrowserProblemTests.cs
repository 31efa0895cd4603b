using Microsoft.AspNetCore.Builder;

namespace TokenLifecycle.AspNetCore.Tests.Endpoints;

/// <summary>What a person sees, and what a program reads, when a page needs a connection that is gone.</summary>
public sealed class BrowserProblemTests
{
    private const string Html = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

    [Theory]
    [InlineData("/activities?page=2", "/connections/acme/connect?returnUrl=%2Factivities%3Fpage%3D2")]
    [InlineData("/coach", "/connections/acme/connect?connection=coach&returnUrl=%2Fcoach")]
    [Trait("Rule", "FH-10")]
    public async Task A_person_whose_connection_is_gone_is_sent_to_the_reconnect_page_and_can_return(string page, string address)
    {
        await using WebWorld world = await StartAsync();
        using Browser browser = await world.BrowserOfAsync("ada");

        Seen seen = await browser.GetAsync(page, ("Accept", Html));

        (seen.Status, seen.Location).Should().Be((303, address));
        seen.Headers["Cache-Control"].Should().Contain("no-store");
        (await browser.GetAsync(address)).Text.Should().Contain("<h1>Connect acme</h1>");
    }

    [Fact]
    [Trait("Rule", "FH-10")]
    public async Task A_form_that_was_posted_leads_to_the_reconnect_page_without_a_way_back_to_itself()
    {
        await using WebWorld world = await StartAsync();
        using Browser browser = await world.BrowserOfAsync("ada");

        Seen seen = await browser.PostAsync("/activities", [], ("Accept", Html));

        (seen.Status, seen.Location).Should().Be((303, "/connections/acme/connect"));
    }

    [Theory]
    [InlineData("application/json", null)]
    [InlineData("*/*", null)]
    [InlineData("application/json, text/html;q=0.5", null)]
    [InlineData("text/html;q=0", null)]
    [InlineData(Html, "cors")]
    [Trait("Rule", "FH-10")]
    public async Task A_program_is_given_problem_details(string accept, string? mode)
    {
        await using WebWorld world = await StartAsync();
        using Browser browser = await world.BrowserOfAsync("ada");

        Seen seen = await browser.GetAsync("/activities", [("Accept", accept), .. mode is null ? [] : new[] { ("Sec-Fetch-Mode", mode) }]);

        seen.Status.Should().Be(401);
        seen.Headers["Content-Type"].Should().Be("application/problem+json");
        seen.Text.Should().Contain("\"needs_reauth\":true").And.Contain("\"reconnect_url\":\"/connections/acme/connect\"");
    }

    [Fact]
    [Trait("Rule", "FH-10")]
    public async Task A_person_sees_a_page_when_only_time_can_help()
    {
        await using WebWorld world = await StartAsync();
        using Browser browser = await world.BrowserOfAsync("ada");

        Seen seen = await browser.GetAsync("/down", ("Accept", Html));

        seen.Status.Should().Be(503);
        seen.Headers["Content-Type"].Should().StartWith("text/html");
        seen.Headers["Retry-After"].Should().Be("8");
        seen.Text.Should().Contain("<h1>").And.NotContain("acme/ada").And.NotContain("Network");
    }

    [Theory]
    [InlineData("//evil.example/x")]
    [InlineData("javascript:alert(1)")]
    [InlineData("http://evil.example/x")]
    [InlineData("/fails")]
    [Trait("Rule", "FH-10")]
    public async Task A_reconnect_address_that_leads_elsewhere_or_back_here_is_not_followed(string path)
    {
        await using WebWorld world = await WebWorld.StartAsync(app: app => app.MapGet(
            "/fails", string () => throw new ReauthorizationRequiredException(new TokenKey("acme", "ada"), ReauthorizationReason.GrantRejected, path)));
        using Browser browser = await world.BrowserOfAsync("ada");

        Seen seen = await browser.GetAsync("/fails", ("Accept", Html));

        (seen.Status, seen.Location).Should().Be((401, null));
        seen.Headers["Content-Type"].Should().StartWith("text/html");
    }

    private static Task<WebWorld> StartAsync() => WebWorld.StartAsync(app: static app =>
    {
        app.MapMethods("/activities", ["GET", "POST"], async (ITokenManager tokens) => (await tokens.GetAccessTokenAsync(new TokenKey("acme", "ada"))).Type);
        app.MapGet("/coach", async (ITokenManager tokens) => (await tokens.GetAccessTokenAsync(new TokenKey("acme", "ada", "coach"))).Type);
        app.MapGet("/down", string () => throw new TokenTemporarilyUnavailableException(new TokenKey("acme", "ada"), TokenFailureKind.Network, TimeSpan.FromSeconds(7.2)));
    });
}
