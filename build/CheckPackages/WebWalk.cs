using System.Net;
using System.Text.RegularExpressions;
using TokenLifecycle.Testing;

namespace CheckPackages;

/// <summary>Uses the readme's web app like a user, with a simulated Strava.</summary>
internal sealed partial class WebWalk(Report report, SimulatedAuthorizationServer strava, Uri app)
{
    /// <summary>Starts a provider that has the client of the readme's commands.</summary>
    public static Task<SimulatedAuthorizationServer> StartProviderAsync(Recipe recipe) => SimulatedAuthorizationServer.StartAsync(o =>
    {
        o.Dialect = Dialect.Strava;
        o.ClientId = recipe.Secret("Strava:ClientId");
        o.ClientSecret = recipe.Secret("Strava:ClientSecret");
    });

    /// <summary>Returns the settings that connect the app to that provider. All other settings are those of the readme.</summary>
    public static (string Name, string Value)[] Settings(SimulatedAuthorizationServer strava) =>
    [
        ("Strava__AuthorizationEndpoint", strava.AuthorizationEndpoint.Address.AbsoluteUri),
        ("Strava__TokenEndpoint", strava.TokenEndpoint.Address.AbsoluteUri),
        ("Strava__AllowHttpOnLoopback", "true"),
    ];

    public async Task WalkAsync()
    {
        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false };
        using var browser = new HttpClient(handler) { BaseAddress = app };

        using HttpResponseMessage health = await browser.GetAsync(new Uri("/health", UriKind.Relative));
        Expect(health, HttpStatusCode.OK, "/health");
        using HttpResponseMessage stranger = await browser.GetAsync(new Uri("/connections", UriKind.Relative));
        Expect(stranger, HttpStatusCode.Found, "/connections of a user who is not signed in");

        using HttpResponseMessage start = await browser.GetAsync(app);
        Expect(start, HttpStatusCode.Found, "/ of a user who is not signed in");
        using HttpResponseMessage page = await browser.GetAsync(start.Headers.Location);
        Expect(page, HttpStatusCode.OK, "the page to connect");

        Match form = Form().Match(await page.Content.ReadAsStringAsync());
        Expect(form.Success, "the page to connect has no form");
        using var fields = new FormUrlEncodedContent(Field().Matches(form.Value).Select(static field =>
            KeyValuePair.Create(WebUtility.HtmlDecode(field.Groups["name"].Value), WebUtility.HtmlDecode(field.Groups["value"].Value))));
        using HttpResponseMessage leave = await browser.PostAsync(new Uri(app, WebUtility.HtmlDecode(form.Groups["action"].Value)), fields);
        Expect(leave, HttpStatusCode.SeeOther, "the button to connect");
        Expect(leave.Headers.Location?.AbsoluteUri.StartsWith(strava.AuthorizationEndpoint.Address.AbsoluteUri, StringComparison.Ordinal) == true, $"the button leads to {leave.Headers.Location}");

        using HttpResponseMessage consent = await browser.GetAsync(leave.Headers.Location);
        using HttpResponseMessage callback = await browser.GetAsync(consent.Headers.Location);
        Expect(callback, HttpStatusCode.SeeOther, "the callback");
        Expect(strava.Log.TokenRequests is [{ Outcome: TokenRequestOutcome.Issued }], $"the provider received {strava.Log.TokenRequests.Count} token requests instead of one that was granted");

        using HttpResponseMessage connections = await browser.GetAsync(new Uri("/connections", UriKind.Relative));
        Expect(connections, HttpStatusCode.OK, "/connections of the user who came back");
        string json = await connections.Content.ReadAsStringAsync();
        Expect(json.Contains("\"state\":\"Valid\"", StringComparison.Ordinal), $"no connection is valid: {json}");
        report.Step("web app: /health 200, /connections 302; a user connected at a simulated Strava, /connections 200, Valid");
    }

    private void Expect(HttpResponseMessage response, HttpStatusCode status, string what) =>
        Expect(response.StatusCode == status, $"{what} returned {(int)response.StatusCode} instead of {(int)status}");

    // After a failure, the next steps cannot work.
    private void Expect(bool holds, string otherwise)
    {
        report.Check(holds, $"web app: {otherwise}");
        if (!holds)
            throw new InvalidOperationException("The check of the web app stopped there.");
    }

    [GeneratedRegex("<form method=\"post\" action=\"(?<action>[^\"]+)\".*?</form>", RegexOptions.Singleline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Form();

    [GeneratedRegex("<input type=\"hidden\" name=\"(?<name>[^\"]+)\" value=\"(?<value>[^\"]*)\"", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Field();
}
