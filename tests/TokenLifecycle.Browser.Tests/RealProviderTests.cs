using System.Net;
using System.Text.RegularExpressions;

namespace TokenLifecycle.Browser.Tests;

/// <summary>With the variables set, the browser is sent to the real providers, with the app's own id and the scopes it needs. Nobody there is asked anything.</summary>
public sealed partial class RealProviderTests
{
    [Fact]
    public async Task With_ids_and_secrets_the_buttons_lead_to_the_real_providers()
    {
        await using Dashboard app = await Dashboard.StartAsync(
            ("STRAVA_CLIENT_ID", "4711"), ("STRAVA_CLIENT_SECRET", "none-of-anybodys"), ("TP_CLIENT_ID", "training-sample"), ("TP_CLIENT_SECRET", "none-of-anybodys"));
        using var handler = new HttpClientHandler { AllowAutoRedirect = false };
        using var browser = new HttpClient(handler) { BaseAddress = app.Address };
        browser.DefaultRequestHeaders.Accept.ParseAdd("text/html");
        await PostAsync(browser, "/sign-in", "/sign-in", ("name", "ada"));

        Uri strava = await PostAsync(browser, "/", "/connections/strava/connect");
        Uri athlete = await PostAsync(browser, "/", "/connections/trainingpeaks/connect", ("connection", "athlete"));
        Uri coach = await PostAsync(browser, "/", "/connections/trainingpeaks-coach/connect", ("connection", "coach"));

        string callback = Uri.EscapeDataString($"{app.Address}connections/strava/callback");
        strava.AbsoluteUri.Should().StartWith("https://www.strava.com/oauth/authorize?").And.Contain("client_id=4711").And.Contain($"redirect_uri={callback}").And.Contain("activity%3Aread");
        athlete.AbsoluteUri.Should().StartWith("https://oauth.sandbox.trainingpeaks.com/OAuth/Authorize?").And.Contain("athlete%3Aprofile").And.NotContain("coach%3Aathletes");
        coach.AbsoluteUri.Should().StartWith("https://oauth.sandbox.trainingpeaks.com/OAuth/Authorize?").And.Contain("coach%3Aathletes").And.NotContain("login_hint");
        (await browser.GetAsync(new Uri("/misbehave", UriKind.Relative))).StatusCode.Should().Be(HttpStatusCode.OK);
        app.Said.Should().NotContain("none-of-anybodys");
    }

    private static async Task<Uri> PostAsync(HttpClient browser, string page, string to, params (string Name, string Value)[] fields)
    {
        string html = await browser.GetStringAsync(new Uri(page, UriKind.Relative));
        string token = AntiforgeryField().Match(html).Groups["value"].Value;
        using var form = new FormUrlEncodedContent([KeyValuePair.Create("__RequestVerificationToken", token), .. fields.Select(field => KeyValuePair.Create(field.Name, field.Value))]);
        using HttpResponseMessage response = await browser.PostAsync(new Uri(to, UriKind.Relative), form);
        return response.Headers.Location ?? throw new InvalidOperationException($"{to} answered {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"(?<value>[^\"]+)\"", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex AntiforgeryField();
}
