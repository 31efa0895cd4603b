using System.Net;
using System.Net.Http.Json;
using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TokenLifecycle.Options;
using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Integration.Tests;

/// <summary>A web app with the endpoints, on a developer's machine, against a server that was not written for it and its real pages.</summary>
[Collection(OidcProviderCollection.Name)]
public sealed class WebTests(OidcProvider provider) : IAsyncLifetime
{
    private static readonly TimeSpan AccessTokenLife = TimeSpan.FromHours(1);

    private readonly ManualTimeProvider _clock = new(TimeProvider.System.GetUtcNow()); // The provider's own clock is the real one, and its ID tokens say when they were issued.
    private readonly HttpClient _browser = new(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = new CookieContainer() });
    private WebApplication _app = null!;

    public async Task InitializeAsync()
    {
        if (OidcProviderFactAttribute.IsOff)
            return;

        WebApplicationBuilder host = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Development" });
        host.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        host.Logging.ClearProviders().AddProvider(new CanaryLoggerProvider(CanaryWatch.OfProcess)).AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        host.Services.AddSingleton<TimeProvider>(_clock);
        host.Services.AddAuthentication("cookie").AddCookie("cookie", static o => o.TimeProvider = TimeProvider.System);
        host.Services.AddTokenLifecycle().AddConnectionEndpoints().AddProvider("oidc", Configure);
        host.Services.AddHttpClient("api", http => http.BaseAddress = provider.Issuer).AddTokenHandler("oidc");
        _app = host.Build();
        _app.MapGet("/login", static (string user, HttpContext context) => context.SignInAsync(new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, user)], "test"))));
        _app.MapGet("/me", async (IHttpClientFactory clients) => await clients.CreateClient("api").GetFromJsonAsync<JsonElement>(provider.ResourceUri));
        _app.MapTokenLifecycle("/connections");
        await _app.StartAsync();
        _browser.BaseAddress = new Uri(_app.Urls.First());
    }

    public async Task DisposeAsync()
    {
        _browser.Dispose();
        if (_app is not null)
            await _app.DisposeAsync();
    }

    [OidcProviderFact]
    public async Task A_user_connects_through_the_real_pages_calls_the_api_is_refreshed_and_disconnects()
    {
        TokenKey key = new("oidc", "ivy");
        HtmlForm form = await SignInAsync("ivy");

        Uri asked = await StartAsync(form);
        asked.Query.Should().Contain("nonce=").And.Contain("state=").And.Contain("code_challenge_method=S256");
        Uri callback = await provider.ConsentAsync(asked, "ivy");
        callback.Query.Should().Contain("iss=", "this server says who it is (RFC 9207)");
        HttpResponseMessage answer = await _browser.GetAsync(callback);
        answer.StatusCode.Should().Be(HttpStatusCode.SeeOther);
        (await TextAsync(answer.Headers.Location!, HttpStatusCode.OK)).Should().Contain("is connected").And.Contain("ivy");
        HttpResponseMessage again = await _browser.GetAsync(callback);
        again.Headers.Location.Should().Be(answer.Headers.Location, "the same callback twice is one connection");

        JsonElement first = await MeAsync();
        first.GetProperty("sub").GetString().Should().Be("ivy");
        _clock.Advance(AccessTokenLife + TimeSpan.FromSeconds(1));
        (await PostAsync("/connections/oidc/refresh", form)).EnsureSuccessStatusCode();
        JsonElement second = await MeAsync();
        second.GetProperty("jti").GetString().Should().NotBe(first.GetProperty("jti").GetString());

        string refreshToken = (await Store.FindAsync(key, CancellationToken.None))!.Tokens.RefreshToken!;
        HttpResponseMessage disconnected = await PostAsync("/connections/oidc/disconnect", form);
        (await disconnected.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("atProvider").GetString().Should().Be(nameof(RevocationOutcome.Revoked));
        (await StatusAsync(key)).State.Should().Be(TokenState.Missing);
        using HttpClient http = new();
        HttpResponseMessage refused = await http.SendAsync(
            provider.BasicClient.Request(provider.TokenEndpoint, new() { ["grant_type"] = "refresh_token", ["refresh_token"] = refreshToken }));
        refused.StatusCode.Should().Be(HttpStatusCode.BadRequest, "it is dead at the provider too");
    }

    [OidcProviderFact]
    public async Task A_user_who_cancels_at_the_provider_is_told_so_and_nothing_is_connected()
    {
        HtmlForm form = await SignInAsync("joe");

        Uri callback = await provider.DenyAsync(await StartAsync(form), "joe");
        callback.Query.Should().Contain("error=access_denied");
        HttpResponseMessage answer = await _browser.GetAsync(callback);

        (await TextAsync(answer.Headers.Location!, HttpStatusCode.OK)).Should().Contain("was not connected").And.Contain("Try again");
        (await StatusAsync(new TokenKey("oidc", "joe"))).State.Should().Be(TokenState.Missing);
        (await Store.FindAsync(new TokenKey("oidc", "joe"), CancellationToken.None)).Should().BeNull();
    }

    [OidcProviderFact]
    public async Task H6_MT_6_Who_comes_back_as_another_account_is_refused_and_the_old_connection_works_on()
    {
        TokenKey key = new("oidc", "kim");
        HtmlForm form = await SignInAsync("kim");
        await _browser.GetAsync(await provider.ConsentAsync(await StartAsync(form), "kim"));
        JsonElement before = await MeAsync();

        HttpResponseMessage answer = await _browser.GetAsync(await provider.ConsentAsync(await StartAsync(form), "somebody-else"));

        (await TextAsync(answer.Headers.Location!, HttpStatusCode.Conflict)).Should().Contain("was not connected").And.Contain("another");
        (await MeAsync()).GetProperty("jti").GetString().Should().Be(before.GetProperty("jti").GetString(), "its token is what it was");
        _clock.Advance(AccessTokenLife + TimeSpan.FromSeconds(1));
        (await MeAsync()).GetProperty("sub").GetString().Should().Be("kim");
        (await StatusAsync(key)).AccountId.Should().Be("kim");
    }

    private ITokenStore Store => _app.Services.GetRequiredService<ITokenStore>();

    private Task<ConnectionStatus> StatusAsync(TokenKey key) => _app.Services.GetRequiredService<ITokenManager>().GetStatusAsync(key);

    /// <summary>Signs in to the app, and opens the page with the button.</summary>
    private async Task<HtmlForm> SignInAsync(string user)
    {
        (await _browser.GetAsync("/login?user=" + user)).EnsureSuccessStatusCode();
        return HtmlForm.Find(await _browser.GetStringAsync("/connections/oidc/connect"))!;
    }

    /// <summary>Presses the button.</summary>
    private async Task<Uri> StartAsync(HtmlForm form)
    {
        HttpResponseMessage start = await PostAsync(form.Action, form);
        start.StatusCode.Should().Be(HttpStatusCode.SeeOther);
        return start.Headers.Location!;
    }

    private async Task<string> TextAsync(Uri address, HttpStatusCode status)
    {
        HttpResponseMessage page = await _browser.GetAsync(address);
        page.StatusCode.Should().Be(status);
        return await page.Content.ReadAsStringAsync();
    }

    private async Task<JsonElement> MeAsync() => await _browser.GetFromJsonAsync<JsonElement>("/me");

    private async Task<HttpResponseMessage> PostAsync(string address, HtmlForm form)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, address) { Content = new FormUrlEncodedContent(form.Fields) };
        request.Headers.Accept.ParseAdd("application/json");
        return await _browser.SendAsync(request);
    }

    private void Configure(OAuthProviderOptions o)
    {
        (o.ClientId, o.ClientSecret, o.ClientAuthentication) = (provider.BasicClient.Id, provider.BasicClient.Secret, ClientAuthenticationMethod.Basic);
        o.Scopes = ["openid", "offline_access", "api:read"];
        o.AuthorizationEndpoint = provider.AuthorizationEndpoint.AbsoluteUri;
        o.TokenEndpoint = provider.TokenEndpoint.AbsoluteUri;
        o.RevocationEndpoint = provider.RevocationEndpoint.AbsoluteUri;
        o.Issuer = provider.Issuer.GetLeftPart(UriPartial.Authority);
        o.AdditionalAuthorizationParameters["prompt"] = "consent";
        (o.AccountIdFrom, o.AccountIdPath) = (AccountIdSource.IdToken, "sub");
        o.ApiOrigins = [provider.Issuer.GetLeftPart(UriPartial.Authority)];
        o.AllowHttpOnLoopback = true;
    }
}
