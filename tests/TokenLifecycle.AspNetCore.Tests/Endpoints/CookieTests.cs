using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.AspNetCore.Tests.Endpoints;

/// <summary>The library's pages have a cookie of their own and leave the app's alone.</summary>
[Trait("Rule", "FS-12")]
public sealed class CookieTests
{
    [Fact]
    public async Task A_return_from_the_provider_leaves_the_apps_forms_in_other_tabs_valid()
    {
        LogRecorder log = new();
        await using WebWorld world = await WebWorld.StartAsync(app: Form, services: s => s.AddLogging(logging => logging.AddProvider(log)));
        using Browser ada = await world.BrowserOfAsync("ada");
        using Browser bob = await world.BrowserOfAsync("bob");
        string[] tokens = await Task.WhenAll(TokenAsync(ada), TokenAsync(bob));
        string[] callbacks = await Task.WhenAll(ada.ToCallbackAsync(), bob.ToCallbackAsync());

        // A browser that comes from another site leaves the app's antiforgery cookie out, which is Strict.
        foreach ((Browser browser, string callback) in ((Browser, string)[])[(ada, callbacks[0]), (bob, callbacks[1])])
        {
            using Browser back = browser.Copy();
            foreach (string strict in back.Cookies.Keys.Where(name => name.Contains("Antiforgery", StringComparison.Ordinal)).ToArray())
                back.Cookies.Remove(strict);
            (await back.FollowAsync(await back.GetAsync(callback))).Text.Should().Contain("is connected");
            back.CookieLines.Should().NotContain(line => line.Contains("Antiforgery", StringComparison.Ordinal));
        }

        (await PostAsync(ada, tokens[0])).Status.Should().Be(200);
        (await PostAsync(bob, tokens[1])).Status.Should().Be(200);
        log.Lines.Should().NotContain(line => line.Level >= LogLevel.Warning && line.Text.Contains("Antiforgery", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Every_cookie_of_the_library_is_Lax_Secure_and_out_of_reach_of_scripts()
    {
        await using WebWorld world = await WebWorld.StartAsync();
        using Browser ada = await world.BrowserOfAsync("ada");

        await ada.ConnectAsync();

        string[] lines = [.. ada.CookieLines.Where(line => line.Contains("TokenLifecycle", StringComparison.Ordinal)).Select(line => line.ToLowerInvariant())];
        lines.Should().HaveCountGreaterThan(2).And.OnlyContain(line => line.Contains("; secure") && line.Contains("; httponly") && line.Contains("; samesite=lax") && !line.Contains("domain"));
    }

    [Fact]
    public async Task A_form_of_another_user_or_another_browser_is_refused()
    {
        await using WebWorld world = await WebWorld.StartAsync();
        using Browser ada = await world.BrowserOfAsync("ada");
        using Browser eve = await world.BrowserOfAsync("eve");
        Seen evesPage = await eve.GetAsync("/connections/acme/connect");
        await ada.GetAsync("/connections/acme/connect");

        (await ada.PressAsync(evesPage, "/connect")).Status.Should().Be(400, "the form is another browser's");
        using Browser other = ada.Copy();
        Seen adasPage = await ada.GetAsync("/connections/acme/connect");
        await other.GetAsync("/login?user=eve");
        (await other.PressAsync(adasPage, "/connect")).Status.Should().Be(400, "the form is another user's");
        (await ada.PressAsync(adasPage, "/connect")).Status.Should().Be(303);
    }

    [Fact]
    public async Task A_form_of_the_apps_own_pages_is_taken_with_the_apps_own_token()
    {
        await using WebWorld world = await WebWorld.StartAsync(app: Form);
        using Browser ada = await world.BrowserOfAsync("ada");
        using Browser bob = await world.BrowserOfAsync("bob");
        string token = await TokenAsync(ada);

        (await ada.PostAsync("/connections/acme/connect", [new("__RequestVerificationToken", token)])).Status.Should().Be(303);
        (await bob.PostAsync("/connections/acme/connect", [new("__RequestVerificationToken", token)])).Status.Should().Be(400);
    }

    private static void Form(WebApplication app)
    {
        app.MapGet("/form", static (IAntiforgery antiforgery, HttpContext context) => antiforgery.GetAndStoreTokens(context).RequestToken!);
        app.MapPost("/form", static async (IAntiforgery antiforgery, HttpContext context) =>
            await antiforgery.IsRequestValidAsync(context) ? Results.Ok() : Results.BadRequest());
    }

    private static async Task<string> TokenAsync(Browser browser) => (await browser.GetAsync("/form")).Text;

    private static Task<Seen> PostAsync(Browser browser, string token) => browser.PostAsync("/form", [new("__RequestVerificationToken", token)]);
}
