using Microsoft.Playwright;

namespace TokenLifecycle.Browser.Tests;

/// <summary>The whole flow as people walk it, at the sample itself.</summary>
[Collection(BrowserCollection.Name)]
public sealed class FlowTests(Chromium chromium)
{
    [BrowserFact]
    public async Task Connect_see_everything_and_disconnect()
    {
        Dashboard app = await chromium.CalmAsync();
        await using Surfer ada = await Surfer.OpenAsync(chromium, app.Address);
        await ada.Page.GotoAsync("/");
        await ada.ExpectHeadingAsync("Sign in");
        await ada.LookAsync("01-sign-in");
        await ada.SignInAsync("ada");
        await ada.ExpectActionAsync("Strava", "Connect Strava");
        await ada.LookAsync("02-not-connected");

        // By a link, as one stands in an e-mail: a page with the button first.
        await ada.Page.GotoAsync("/connections/strava/connect");
        await ada.ExpectHeadingAsync("Connect Strava");
        await ada.PressAsync("Connect Strava");
        await ada.ExpectHeadingAsync("Allow access?");
        await ada.LookAsync("03-provider");
        await ada.PressAsync("Allow");
        await ada.ExpectHeadingAsync("Strava is connected");
        foreach (string fact in new[] { "Account", "activity:read" })
            await Assertions.Expect(ada.Page.GetByRole(AriaRole.Main)).ToContainTextAsync(fact);
        await ada.LookAsync("04-connected");
        await ada.Page.GetByRole(AriaRole.Link, new() { Name = "See this connection" }).ClickAsync();
        await ada.ExpectHeadingAsync("Strava");
        await ada.Page.GoBackAsync();
        await ada.Page.GetByRole(AriaRole.Link, new() { Name = "Go to the start page" }).ClickAsync();
        await ada.ExpectHeadingAsync("My training");
        await ada.ConnectAndReturnAsync("TrainingPeaks");
        await ada.ConnectAndReturnAsync("TrainingPeaks coach");

        await ada.ExpectBadgeAsync("Strava", "Connected");
        await ada.ExpectActionAsync("Strava", button: null);
        await Assertions.Expect(ada.Card("Strava")).ToContainTextAsync("activity:read");
        foreach (string text in new[] { "Morning run by the river", "Threshold 3 x 10 min", "68.4 kg", "Mina Okafor" })
            await Assertions.Expect(ada.Page.GetByText(text)).ToBeVisibleAsync();
        await ada.LookAsync("05-training");

        await ada.PressAsync("Disconnect Strava");
        await ada.ExpectHeadingAsync("Disconnected");
        await ada.LookAsync("06-disconnected");
        await ada.Page.GetByRole(AriaRole.Link, new() { Name = "Continue" }).ClickAsync();
        await ada.ExpectBadgeAsync("Strava", "Not connected");
        await ada.ExpectBadgeAsync("TrainingPeaks", "Connected");
        ada.ExpectNoComplaint();
    }

    [BrowserFact]
    public Task Deny_keeps_what_was_there_and_offers_to_try_again() => WithAsync("ben", async ada =>
    {
        await ada.PressAsync("Connect Strava");
        await ada.PressAsync("Deny");

        await ada.ExpectHeadingAsync("Strava was not connected");
        await ada.LookAsync("10-denied");
        await ada.PressAsync("Try again");
        await ada.PressAsync("Allow");
        await ada.ExpectHeadingAsync("My training");
    });

    [BrowserFact]
    public Task An_unticked_scope_is_said_and_can_be_granted_later() => WithAsync("cleo", async ada =>
    {
        await ada.ConnectAsync("Connect Strava", untick: "activity:read");
        await ada.ExpectHeadingAsync("Strava is connected");
        await Assertions.Expect(ada.Page.GetByText("Not everything that was asked for was granted")).ToBeVisibleAsync();
        await ada.LookAsync("20-unticked");
        await ada.HomeAsync();
        await ada.ExpectBadgeAsync("Strava", "Incomplete");
        await ada.ExpectActionAsync("Strava", "Allow the rest");
        await ada.LookAsync("21-incomplete");

        await ada.ConnectAsync("Allow the rest");
        await ada.HomeAsync();
        await ada.ExpectBadgeAsync("Strava", "Connected");
        await Assertions.Expect(ada.Page.GetByText("Morning run by the river")).ToBeVisibleAsync();
    });

    [BrowserFact]
    public Task Two_tabs_the_back_button_and_a_double_click_leave_one_connection() => WithAsync("dan", async ada =>
    {
        IPage other = await ada.NewTabAsync();
        await other.GotoAsync("/");
        await ada.PressAsync("Connect Strava");
        await ada.PressAsync("Connect Strava", other);
        await ada.PressAsync("Allow");
        await ada.ExpectHeadingAsync("My training");
        await ada.PressAsync("Allow", other);
        await ada.ExpectHeadingAsync("My training", other);

        // Back to the provider's page, and forward by its button: the same answer a second time.
        await other.GoBackAsync();
        await ada.ExpectHeadingAsync("Allow access?", other);
        await ada.PressAsync("Allow", other);
        await Assertions.Expect(other.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToBeVisibleAsync();
        await ada.LookAsync("30-back-button", other);
        await ada.HomeAsync();
        await ada.ExpectBadgeAsync("Strava", "Connected");

        await ada.Page.GetByRole(AriaRole.Button, new() { Name = "Connect TrainingPeaks", Exact = true }).DblClickAsync();
        await ada.ExpectHeadingAsync("Allow access?");
        await ada.Page.GetByRole(AriaRole.Button, new() { Name = "Allow", Exact = true }).DblClickAsync();
        await ada.ExpectHeadingAsync("My training");
        await ada.HomeAsync();
        await ada.ExpectBadgeAsync("TrainingPeaks", "Connected");
    });

    [BrowserFact]
    public Task Reconnecting_as_somebody_else_is_refused_and_the_connection_kept() => WithAsync("eve", async ada =>
    {
        await ada.ConnectAndReturnAsync("Strava");
        await ada.Page.GotoAsync("/misbehave");
        await ada.Page.GetByLabel("Account").FillAsync("grace");
        await ada.PressAsync("Use this account");

        await ada.Page.GotoAsync("/connections/strava/connect?returnUrl=/");
        await ada.ExpectHeadingAsync("Strava");
        await ada.LookAsync("40-connection-page");
        await ada.ConnectAsync("Reconnect Strava");

        await ada.ExpectHeadingAsync("Strava was not connected");
        await Assertions.Expect(ada.Page.GetByText("You chose another Strava account")).ToBeVisibleAsync();
        await ada.LookAsync("41-other-account");
        await ada.HomeAsync();
        await ada.ExpectBadgeAsync("Strava", "Connected");
    });

    /// <summary>Somebody signed in at the calm sample; in the end nothing they saw gave cause for complaint.</summary>
    private async Task WithAsync(string user, Func<Surfer, Task> walk)
    {
        Dashboard app = await chromium.CalmAsync();
        await using Surfer ada = await Surfer.OpenAsync(chromium, app.Address);
        await ada.SignInAsync(user);
        await walk(ada);
        ada.ExpectNoComplaint();
    }
}
