using Microsoft.Playwright;

namespace TokenLifecycle.Browser.Tests;

/// <summary>The providers fail, the tokens expire after three seconds, and the page states what happened and who can resolve it.</summary>
[Collection(BrowserCollection.Name)]
public sealed class TroubleTests(Chromium chromium)
{
    [BrowserFact]
    public Task Tokens_of_seconds_end_again_and_again_and_nobody_notices() => WithAdaAsync(async ada =>
    {
        await ada.MisbehaveAsync("Strava", "Forget access tokens");
        await ada.HomeAsync();
        await Assertions.Expect(ada.Page.GetByText("Morning run by the river")).ToBeVisibleAsync();
        ILocator renewed = ada.Card("Strava").Locator("dt:has-text('Last renewed') + dd");
        string first = await renewed.InnerTextAsync();
        await Assertions.Expect(renewed).Not.ToHaveTextAsync(first, new() { Timeout = 30_000 });
        await ada.ExpectBadgeAsync("Strava", "Connected");

        await ada.Page.GotoAsync("/operator");
        await Assertions.Expect(ada.Page.Locator("svg.plot rect.good").First).ToBeVisibleAsync();
        await ada.LookAsync("50-operator");
    });

    [BrowserFact]
    public Task Revoked_at_the_provider_asks_to_reconnect_once_and_goes_on() => WithAdaAsync(async ada =>
    {
        await ada.MisbehaveAsync("Strava", "Revoke my access");
        await ada.HomeAsync();
        await ada.ExpectBadgeAsync("Strava", "Reconnect");
        await ada.ExpectActionAsync("Strava", "Reconnect Strava");
        await ada.LookAsync("51-revoked");
        await ada.ConnectAsync("Reconnect Strava");
        await ada.HomeAsync();
        await ada.ExpectBadgeAsync("Strava", "Connected");
        await Assertions.Expect(ada.Page.GetByText("Morning run by the river")).ToBeVisibleAsync();
    });

    [BrowserFact]
    public Task An_outage_is_waited_out() => WithAdaAsync(async ada =>
    {
        await ada.MisbehaveAsync("Strava", "Go down");
        await ada.LookAsync("52-misbehave");
        await ada.HomeAsync();
        await ada.ExpectBadgeAsync("Strava", "Waiting");
        await ada.ExpectActionAsync("Strava", "Try again");
        await ada.LookAsync("53-outage");
        await ada.PressAsync("Try again");
        await ada.ExpectHeadingAsync("My training");
        await ada.ExpectBadgeAsync("Strava", "Waiting");

        await ada.MisbehaveAsync("Strava", "Work normally");
        await ada.HomeAsync();
        await ada.ExpectBadgeAsync("Strava", "Connected");
    });

    [BrowserFact]
    public Task Error_pages_and_rate_limits_are_named_as_what_they_are() => WithAdaAsync(async ada =>
    {
        await ada.ConnectAndReturnAsync("TrainingPeaks");

        await ada.MisbehaveAsync("Strava", "Respond with HTML");
        await ada.MisbehaveAsync("TrainingPeaks", "Limit the rate");
        await ada.HomeAsync();
        await ada.ExpectBadgeAsync("Strava", "Waiting");
        await ada.ExpectBadgeAsync("TrainingPeaks", "Waiting");
        await Assertions.Expect(ada.Card("Strava")).ToContainTextAsync("returned an invalid response");
        await Assertions.Expect(ada.Card("TrainingPeaks")).ToContainTextAsync("asked for fewer requests");
        await ada.LookAsync("54-html-and-rate-limit");
    });

    [BrowserFact]
    public Task A_lost_answer_is_told_apart_from_a_withdrawal() => WithAdaAsync(async ada =>
    {
        await ada.MisbehaveAsync("Strava", "Lose the next response");
        await ada.HomeAsync();
        await ada.ExpectBadgeAsync("Strava", "Reconnect");
        await Assertions.Expect(ada.Card("Strava")).ToContainTextAsync("You did nothing wrong");
        await ada.LookAsync("55-lost-answer");
    });

    [BrowserFact]
    public async Task A_phone_and_the_dark_show_the_same_pages()
    {
        await using Dashboard app = await Dashboard.StartAsync(("SIMULATED_TOKEN_SECONDS", "60"));
        foreach ((bool onPhone, bool inTheDark) in new[] { (true, false), (false, true) })
        {
            await using Surfer ada = await Surfer.OpenAsync(chromium, app.Address, onPhone, inTheDark);
            await ada.Page.GotoAsync("/sign-in");
            await ada.LookAsync("01-sign-in");
            await ada.SignInAsync(onPhone ? "fay" : "gil");
            await ada.Page.GotoAsync("/connections/strava/connect");
            await ada.LookAsync("02-connect-page");
            await ada.PressAsync("Connect Strava");
            await ada.LookAsync("03-provider");
            await ada.PressAsync("Deny");
            await ada.ExpectHeadingAsync("Strava was not connected");
            await ada.LookAsync("10-denied");
            await ada.ConnectAsync("Try again", untick: "activity:read");
            await ada.ExpectHeadingAsync("Strava is connected");
            await ada.LookAsync("20-unticked");
            await ada.ConnectAsync("Grant the rest");
            await ada.ExpectHeadingAsync("Strava is connected");
            await ada.LookAsync("04-connected");
            await ada.Page.GetByRole(AriaRole.Link, new() { Name = "See this connection" }).ClickAsync();
            await ada.ExpectHeadingAsync("Strava");
            await ada.LookAsync("40-connection-page");
            await ada.Page.GotoAsync("/connections/nowhere/connect");
            await ada.LookAsync("42-nothing-here");
            await ada.HomeAsync();
            await ada.ConnectAndReturnAsync("TrainingPeaks");
            await ada.MisbehaveAsync("Strava", "Revoke my access");
            await ada.LookAsync("52-misbehave");
            await ada.HomeAsync();
            await ada.ExpectBadgeAsync("Strava", "Reconnect");
            await ada.LookAsync("05-training");
            await ada.Page.GotoAsync("/operator");
            await ada.LookAsync("50-operator");
            ada.ExpectNoComplaint();
        }
    }

    /// <summary>A user who is connected to Strava, at a sample of her own whose tokens live three seconds; in the end nothing she saw gave cause for complaint.</summary>
    private async Task WithAdaAsync(Func<Surfer, Task> walk)
    {
        await using Dashboard app = await Dashboard.StartAsync(("SIMULATED_TOKEN_SECONDS", "3"));
        await using Surfer ada = await Surfer.OpenAsync(chromium, app.Address);
        await ada.SignInAsync("ada");
        await ada.ConnectAndReturnAsync("Strava");
        await walk(ada);
        ada.ExpectNoComplaint();
    }
}
