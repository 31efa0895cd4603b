using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.AspNetCore.Tests.Endpoints;

/// <summary>Anyone can send any path, state, connection and account. A process must not grow by it.</summary>
[Trait("Rule", "FR-14")]
public sealed class StrangersTests
{
    private const int Strangers = 100;

    private IServiceCollection _registrations = new ServiceCollection();

    public static TheoryData<string> Requests => ["provider", "state", "connection", "user", "disconnect", "refresh", "report", "wrong method"];

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task Nothing_is_kept_of_what_was_invented(string request)
    {
        await using WebWorld world = await WebWorld.StartAsync(services: services => _registrations = services);
        using Browser browser = await world.BrowserOfAsync("ada");
        Seen page = await browser.GetAsync("/connections/acme/connect");
        await SendAsync(world, browser, page, request, "first");
        IReadOnlyDictionary<string, int> before = Retained.By(world.App.Services, _registrations);
        before.Keys.Should().Contain(key => key.StartsWith("WithdrawalReports", StringComparison.Ordinal));

        for (int i = 0; i < Strangers; i++)
            await SendAsync(world, browser, page, request, $"stranger-{i}");

        // Reports are checked behind whoever sent them.
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        IReadOnlyList<string> grown = Retained.Grown(before, Retained.By(world.App.Services, _registrations));
        while (request == "report" && grown.Count > 0 && !patience.IsCancellationRequested)
        {
            await Task.Yield();
            grown = Retained.Grown(before, Retained.By(world.App.Services, _registrations));
        }

        grown.Should().BeEmpty();
    }

    [Fact]
    public async Task Attempts_to_connect_that_nobody_finishes_are_bounded_and_end()
    {
        await using WebWorld world = await WebWorld.StartAsync(services: services => _registrations = services);
        using Browser first = await world.BrowserOfAsync("ada");
        await first.StartAsync();
        IReadOnlyDictionary<string, int> before = Retained.By(world.App.Services, _registrations);

        for (int i = 0; i < Strangers; i++)
        {
            using Browser browser = await world.BrowserOfAsync($"user-{i}");
            await browser.StartAsync();
        }

        world.Clock.Advance(TimeSpan.FromHours(1));
        using Browser last = await world.BrowserOfAsync("eve");
        await last.StartAsync();

        Retained.Grown(before, Retained.By(world.App.Services, _registrations)).Should().BeEmpty();
    }

    private static async Task SendAsync(WebWorld world, Browser browser, Seen page, string request, string stranger)
    {
        switch (request)
        {
            case "provider":
                await browser.GetAsync($"/connections/{stranger}/connect");
                await browser.GetAsync($"/connections/{stranger}/callback?code=a&state=b");
                break;
            case "state":
                await browser.GetAsync($"/connections/acme/callback?code={stranger}&state={stranger.PadRight(43, 'a')}");
                await browser.GetAsync($"/connections/acme/callback?error={stranger}&state={stranger.PadRight(43, 'b')}");
                break;
            case "connection":
                await browser.GetAsync($"/connections/acme?connection={stranger}");
                await browser.GetAsync($"/connections/acme/connect?connection={stranger}");
                break;
            case "user":
                using (Browser other = await world.BrowserOfAsync(stranger))
                {
                    await other.GetAsync("/connections", ("Accept", "application/json"));
                    await other.GetAsync("/connections/acme");
                }

                break;
            case "report":
                world.App.Services.GetRequiredService<IRevocationHints>().TryReport("acme", stranger);
                break;
            case "wrong method":
                await browser.SendAsync(HttpMethod.Delete, $"/connections/acme/{stranger}", content: null, []);
                break;
            default:
                // The same fields, sent to another address.
                Seen form = page with { Text = page.Text.Replace("/connections/acme/connect\"", $"/connections/acme/{request}?to=/connect\"", StringComparison.Ordinal) };
                (await browser.PressAsync(form, "/connect", ("connection", stranger))).Status.Should().BeOneOf(200, 303, 401);
                break;
        }
    }
}
