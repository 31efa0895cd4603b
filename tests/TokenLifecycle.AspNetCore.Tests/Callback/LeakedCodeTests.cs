using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TokenLifecycle.Options;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.AspNetCore.Tests.Callback;

/// <summary>
/// A code belongs to the first state that it was seen with, also where nothing else protects it: at a provider without PKCE.
/// </summary>
[Trait("Rule", "FS-8")]
public sealed partial class LeakedCodeTests
{
    public static TheoryData<string> Refusals => ["the session has ended", "a prefetch", "another browser", "another user", "another provider's callback"];

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task A_code_of_a_refused_callback_connects_no_one_else(string refusal)
    {
        await using WebWorld world = await StartAsync();
        using Browser ada = await world.BrowserOfAsync("ada");
        using Browser eve = await world.BrowserOfAsync("eve");
        string callback = await ada.ToCallbackAsync();
        await RefuseAsync(world, ada, callback, refusal);
        int exchanges = world.Exchanges;

        // Eve has read the code in a log, and puts it into her own flow.
        Seen answer = await eve.GetAsync(Code().Replace(await eve.ToCallbackAsync(), Code().Match(callback).Value));

        answer.Status.Should().Be(400);
        world.Exchanges.Should().Be(exchanges);
        (await world.Tokens.GetStatusAsync(world.Key("eve"))).State.Should().Be(TokenState.Missing);
    }

    [Theory]
    [InlineData("the session has ended")]
    [InlineData("a prefetch")]
    [InlineData("another browser")]
    public async Task The_browser_that_began_may_still_finish(string refusal)
    {
        await using WebWorld world = await StartAsync();
        using Browser ada = await world.BrowserOfAsync("ada");
        using Browser bob = await world.BrowserOfAsync("bob");
        string[] callbacks = [await ada.ToCallbackAsync(), await bob.ToCallbackAsync()];
        await RefuseAsync(world, ada, callbacks[0], refusal);
        await ada.GetAsync("/login?user=ada");

        Seen[] pages = await Task.WhenAll(FinishAsync(ada, callbacks[0]), FinishAsync(bob, callbacks[1]));

        pages.Should().OnlyContain(page => page.Text.Contains("is connected", StringComparison.Ordinal));
        (await world.Tokens.GetStatusAsync(world.Key("ada"))).State.Should().Be(TokenState.Valid);
        (await world.Tokens.GetStatusAsync(world.Key("bob"))).State.Should().Be(TokenState.Valid);
    }

    [Fact]
    public async Task On_every_node_that_shares_the_store()
    {
        var rows = new InMemoryAuthorizationRequestStore(new ManualTimeProvider());
        await using WebWorld one = await StartAsync(rows);
        await using WebWorld two = await StartAsync(rows);
        using Browser ada = await one.BrowserOfAsync("ada");
        using Browser eve = await two.BrowserOfAsync("eve");
        string callback = await ada.ToCallbackAsync();
        await ada.GetAsync(callback, ("Sec-Purpose", "prefetch"));

        Seen answer = await eve.GetAsync(Code().Replace(await eve.ToCallbackAsync(), Code().Match(callback).Value));

        answer.Status.Should().Be(400);
        two.Exchanges.Should().Be(0);
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("Microsoft.AspNetCore", false)]
    [InlineData("Microsoft.AspNetCore.Hosting.Diagnostics", true)]
    public async Task Callbacks_are_in_the_request_log_only_if_the_app_names_its_category(string? category, bool isLogged)
    {
        LogRecorder log = new();
        await using WebWorld world = await WebWorld.StartAsync(services: services => services.AddLogging(logging =>
        {
            logging.AddProvider(log).SetMinimumLevel(LogLevel.Information);
            logging.Services.Configure<LoggerFilterOptions>(filters => filters.Rules.Clear());
            if (category is not null)
                logging.AddFilter<LogRecorder>(category, LogLevel.Information);
        }));
        using Browser ada = await world.BrowserOfAsync("ada");

        await ada.GetAsync("/connections/acme/callback?code=leaked-4711&state=none");

        log.Lines.Any(line => line.Text.Contains("leaked-4711", StringComparison.Ordinal)).Should().Be(isLogged);
    }

    private static async Task<Seen> FinishAsync(Browser browser, string callback) => await browser.FollowAsync(await browser.GetAsync(callback));

    private static async Task RefuseAsync(WebWorld world, Browser browser, string callback, string refusal)
    {
        switch (refusal)
        {
            case "the session has ended":
                browser.Cookies.Remove(".AspNetCore.cookie");
                (await browser.GetAsync(callback)).Status.Should().Be(401);
                break;
            case "a prefetch":
                (await browser.GetAsync(callback, ("Sec-Purpose", "prefetch"))).Status.Should().Be(204);
                break;
            case "another browser":
                using (Browser other = await world.BrowserOfAsync("ada"))
                    (await other.GetAsync(callback)).Status.Should().Be(400);
                break;
            case "another user":
                await browser.GetAsync("/login?user=mallory");
                (await browser.GetAsync(callback)).Status.Should().Be(400);
                break;
            default:
                (await browser.GetAsync(callback.Replace("/acme/", "/other/", StringComparison.Ordinal))).Status.Should().Be(303);
                break;
        }
    }

    private static Task<WebWorld> StartAsync(IAuthorizationRequestStore? rows = null) => WebWorld.StartAsync(
        provider: o => o.Pkce = PkceMode.Off,
        second: "other",
        services: services =>
        {
            if (rows is not null)
                services.AddSingleton(rows);
        });

    [GeneratedRegex("(?<=[?&]code=)[^&]*", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Code();
}
