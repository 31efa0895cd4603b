using Microsoft.Playwright;

namespace TokenLifecycle.Browser.Tests;

/// <summary>What the operator's page says of the app's health and of the mails it owes, and what the endpoints for machines say at the same time.</summary>
[Collection(BrowserCollection.Name)]
public sealed class OperatorTests(Chromium chromium)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [BrowserFact]
    public async Task A_user_whose_access_was_withdrawn_is_owed_one_mail_and_the_app_is_healthy_all_the_same()
    {
        await using Dashboard app = await Dashboard.StartAsync(("SIMULATED_TOKEN_SECONDS", "3"));
        await using Surfer ada = await ConnectedAsync(app);
        await ada.MisbehaveAsync("Strava", "Revoke my access");
        await ada.HomeAsync();
        await ada.ExpectBadgeAsync("Strava", "Reconnect");

        await ada.Page.GotoAsync("/operator");
        await Assertions.Expect(Rows(ada, "Emails to send, all users")).ToHaveCountAsync(1);
        string[] mail = await CellsAsync(Rows(ada, "Emails to send, all users").First);
        (mail[0], mail[2]).Should().Be(("ada", "Strava no longer grants us access. Please reconnect."));
        (await CellsAsync(Rows(ada, "Need reconnecting, all users").Filter(new() { HasText = "Strava" })))[^1].Should().Be("GrantRejected");
        (await HealthAsync(ada, "Healthy", "/health/ready")).Keys.Should().BeEquivalentTo("tokenlifecycle", "tokenlifecycle-store", "tokenlifecycle-keys", "tokenlifecycle-connections");
        await ada.LookAsync("60-operator-mail");

        await ada.HomeAsync();
        await ada.ConnectAsync("Reconnect Strava");
        await ada.HomeAsync();
        await ada.ExpectBadgeAsync("Strava", "Connected");
        await ada.Page.GotoAsync("/operator");
        await Assertions.Expect(Rows(ada, "Need reconnecting, all users")).ToHaveCountAsync(0);
        await Assertions.Expect(Rows(ada, "Emails to send, all users")).ToHaveCountAsync(1);
        ada.ExpectNoComplaint();
    }

    [BrowserFact]
    public async Task A_provider_that_asks_for_fewer_calls_degrades_the_app_by_the_page_and_by_both_endpoints_and_takes_it_out_of_no_service()
    {
        await using Dashboard app = await Dashboard.StartAsync(("SIMULATED_TOKEN_SECONDS", "3"));
        await using Surfer ada = await ConnectedAsync(app);
        await using Surfer bob = await ConnectedAsync(app, "bob");
        await ada.MisbehaveAsync("Strava", "Limit the rate");

        // A limit that one connection meets may be its account's own. Once two meet it, it is the app's.
        foreach (Surfer surfer in new[] { ada, bob })
        {
            await surfer.HomeAsync();
            await surfer.ExpectBadgeAsync("Strava", "Waiting");
        }

        IReadOnlyDictionary<string, string[]> checks = await HealthAsync(ada, "Degraded", "/health/ready", "/health/live");
        checks["tokenlifecycle"][1].Should().Be("Degraded");
        checks["tokenlifecycle"][2].Should().Be("Provider strava asked for fewer calls; none are made for a while.");
        await ada.LookAsync("61-operator-throttled");

        await ada.MisbehaveAsync("Strava", "Work normally");
        await HealthAsync(ada, "Healthy", "/health/ready", "/health/live");
        ada.ExpectNoComplaint();
    }

    [BrowserFact]
    public async Task A_store_that_cannot_be_used_is_said_by_the_page_and_takes_the_app_out_of_service_but_not_out_of_life()
    {
        await using Dashboard app = await Dashboard.StartAsync(("SIMULATED_TOKEN_SECONDS", "3600"));
        await using Surfer ada = await ConnectedAsync(app);
        string folder = Path.Combine(app.DataFolder, "connections");
        Directory.Move(folder, folder + ".away");
        await File.WriteAllTextAsync(folder, "");

        IReadOnlyDictionary<string, string[]> checks = await HealthAsync(ada, "Unhealthy", "/health/ready");
        checks["tokenlifecycle-store"][1].Should().Be("Unhealthy");
        checks["tokenlifecycle-store"][2].Should().Contain(folder);
        (await ada.ReadAsync("/health/live")).Should().Be((200, "Healthy"));
        await Assertions.Expect(ada.Page.GetByRole(AriaRole.Status)).ToContainTextAsync("The connections cannot be read at the moment");
        await ada.LookAsync("62-operator-no-store");

        File.Delete(folder);
        Directory.Move(folder + ".away", folder);
        await HealthAsync(ada, "Healthy", "/health/ready", "/health/live");
        await Assertions.Expect(Rows(ada, "By provider, all users")).ToHaveCountAsync(1);
        ada.ExpectNoComplaint();
    }

    private async Task<Surfer> ConnectedAsync(Dashboard app, string user = "ada")
    {
        Surfer surfer = await Surfer.OpenAsync(chromium, app.Address);
        await surfer.SignInAsync(user);
        await surfer.ConnectAndReturnAsync("Strava");
        return surfer;
    }

    private static ILocator Rows(Surfer surfer, string table) => surfer.Page.GetByRole(AriaRole.Region, new() { Name = table, Exact = true }).Locator("tbody tr");

    private static async Task<string[]> CellsAsync(ILocator row) => [.. await row.Locator("td").AllInnerTextsAsync()];

    /// <summary>
    /// Loads the page until the endpoints say the state before and after it, so that nothing has changed meanwhile; then the worst that the page's table says must be the same.
    /// </summary>
    private static async Task<IReadOnlyDictionary<string, string[]>> HealthAsync(Surfer surfer, string state, params string[] endpoints)
    {
        (int, string) expected = (state == "Unhealthy" ? 503 : 200, state);
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        while (true)
        {
            patience.Token.ThrowIfCancellationRequested();
            if (!await AllSayAsync())
                continue;
            await surfer.Page.GotoAsync("/operator");
            await surfer.ExpectHeadingAsync("All connections");
            Dictionary<string, string[]> checks = (await Task.WhenAll((await Rows(surfer, "Health, this process").AllAsync()).Select(CellsAsync))).ToDictionary(static cells => cells[0], StringComparer.Ordinal);
            if (!await AllSayAsync())
                continue;

            string[] states = ["Healthy", "Degraded", "Unhealthy"];
            checks.Values.Select(cells => Array.IndexOf(states, cells[1])).Max().Should().Be(Array.IndexOf(states, state), "the endpoint says so at the same time");
            return checks;
        }

        async Task<bool> AllSayAsync()
        {
            foreach (string endpoint in endpoints)
            {
                if (await surfer.ReadAsync(endpoint) != expected)
                    return false;
            }

            return true;
        }
    }
}
