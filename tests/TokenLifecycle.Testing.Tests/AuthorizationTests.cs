using System.Net;

namespace TokenLifecycle.Testing.Tests;

public sealed class AuthorizationTests
{
    [Fact]
    public async Task The_consent_page_names_user_and_scopes_and_its_form_grants_what_stays_ticked()
    {
        await using Talk talk = await Talk.WithAsync(configure: options => options.ConsentAutomatically = false);
        Talk.Answer page = await Talk.Answer.OfAsync(await talk.AuthorizeAsync(scope: "read <b>write</b>"));
        string action = WebUtility.HtmlDecode(page.Body.Split("action=\"")[1].Split('"')[0]);
        using var form = new FormUrlEncodedContent([KeyValuePair.Create("decision", "allow"), KeyValuePair.Create("scope-0", "on")]);

        using HttpResponseMessage response = await talk.Http.PostAsync(action, form);
        Talk.Answer tokens = await talk.RedeemAsync(Talk.Query(response.Headers.Location!.OriginalString)["code"]);

        page.Response.Content.Headers.ContentType!.MediaType.Should().Be("text/html");
        page.Body.Should().Contain("signed in as user").And.Contain("<label for=\"scope-0\">read</label>").And.Contain("&lt;b&gt;write").And.NotContain("<b>");
        tokens.Json["scope"]!.ToString().Should().Be("read");
    }

    [Fact]
    public async Task The_user_may_say_no_on_the_page_and_always()
    {
        await using Talk talk = await Talk.WithAsync(configure: options => options.ConsentAutomatically = false);
        Talk.Answer page = await Talk.Answer.OfAsync(await talk.AuthorizeAsync());
        using var form = new FormUrlEncodedContent([KeyValuePair.Create("decision", "deny")]);

        using HttpResponseMessage response = await talk.Http.PostAsync(WebUtility.HtmlDecode(page.Body.Split("action=\"")[1].Split('"')[0]), form);
        talk.Server.SignedInUser.Denies = true;

        response.Headers.Location!.OriginalString.Should().Be(Talk.RedirectUri + "?error=access_denied&state=s1");
        (await talk.CallbackAsync())["error"].Should().Be("access_denied");
    }

    [Fact]
    public async Task The_user_may_untick_scopes()
    {
        await using Talk talk = await Talk.WithAsync(Dialect.Strava, options => options.UserGrants = (_, asked) => asked.Where(scope => scope != "activity:read"));

        (await talk.CallbackAsync(scope: "read,activity:read"))["scope"].Should().Be("read");
    }

    [Fact]
    public async Task A_login_hint_chooses_the_user()
    {
        await using Talk talk = await Talk.WithAsync();
        talk.Server.AddUser("ada", "123");

        Talk.Answer tokens = await talk.RedeemAsync((await talk.CallbackAsync("&login_hint=ada"))["code"]);

        (await talk.ApiAsync("/api/me", tokens.AccessToken)).Body.Should().Be("""{"id":"123","name":"ada"}""");
    }

    [Theory]
    [InlineData("client_id=other&redirect_uri=https%3A%2F%2Fapp.example%2Fcallback&response_type=code")]
    [InlineData("client_id=simulated-client&redirect_uri=https%3A%2F%2Fevil.example%2Fcallback&response_type=code")]
    [InlineData("client_id=simulated-client&response_type=code")]
    [InlineData("client_id=simulated-client&redirect_uri=https%3A%2F%2Fapp.example%2Fcallback&response_type=code&state=1&state=2")]
    [InlineData("client_id=simulated-client&redirect_uri=https%3A%2F%2Fapp.example%2Fcallback&response_type=code&client_secret=x")]
    public async Task A_flawed_request_is_answered_with_a_page_and_never_redirected(string query)
    {
        await using Talk talk = await Talk.WithAsync(configure: options => options.RedirectUris.Add(Talk.RedirectUri));

        using HttpResponseMessage response = await talk.Http.GetAsync($"{talk.Server.AuthorizationEndpoint.Address}?{query}");

        response.StatusCode.Should().Be(HttpStatusCode.BadRequest);
        response.Headers.Location.Should().BeNull();
    }

    [Fact]
    public async Task Another_response_type_is_refused_at_the_client()
    {
        await using Talk talk = await Talk.WithAsync();

        using HttpResponseMessage response = await talk.Http.GetAsync(
            $"{talk.Server.AuthorizationEndpoint.Address}?client_id={talk.Server.ClientId}&redirect_uri={Uri.EscapeDataString(Talk.RedirectUri + "?a=b")}&response_type=token");

        response.Headers.Location!.OriginalString.Should().Be(Talk.RedirectUri + "?a=b&error=unsupported_response_type");
    }
}
