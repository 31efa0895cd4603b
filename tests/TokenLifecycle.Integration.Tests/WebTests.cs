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

    private readonly ManualTimeProvider _clock = new();
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
        host.Services.AddTokenLifecycle().AddWeb().AddProvider("oidc", Configure);
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
        (await _browser.GetAsync("/login?user=ivy")).EnsureSuccessStatusCode();
        HtmlForm form = HtmlForm.Find(await _browser.GetStringAsync("/connections/oidc/connect"))!;

        HttpResponseMessage start = await PostAsync(form.Action, form);
        start.StatusCode.Should().Be(HttpStatusCode.SeeOther);
        Uri callback = await provider.ConsentAsync(start.Headers.Location!, "ivy");
        HttpResponseMessage answer = await _browser.GetAsync(callback);
        answer.StatusCode.Should().Be(HttpStatusCode.SeeOther);
        (await (await _browser.GetAsync(answer.Headers.Location)).Content.ReadAsStringAsync()).Should().Contain("is connected");
        HttpResponseMessage again = await _browser.GetAsync(callback);
        again.Headers.Location.Should().Be(answer.Headers.Location, "the same callback twice is one connection");

        JsonElement first = await MeAsync();
        first.GetProperty("sub").GetString().Should().Be("ivy");
        _clock.Advance(AccessTokenLife + TimeSpan.FromSeconds(1));
        (await PostAsync("/connections/oidc/refresh", form)).EnsureSuccessStatusCode();
        JsonElement second = await MeAsync();
        second.GetProperty("jti").GetString().Should().NotBe(first.GetProperty("jti").GetString());

        string refreshToken = (await _app.Services.GetRequiredService<ITokenStore>().FindAsync(key, CancellationToken.None))!.Tokens.RefreshToken!;
        HttpResponseMessage disconnected = await PostAsync("/connections/oidc/disconnect", form);
        (await disconnected.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("atProvider").GetString().Should().Be(nameof(RevocationOutcome.Revoked));
        (await _app.Services.GetRequiredService<ITokenManager>().GetStatusAsync(key)).State.Should().Be(TokenState.Missing);
        using HttpClient http = new();
        HttpResponseMessage refused = await http.SendAsync(
            provider.BasicClient.Request(provider.TokenEndpoint, new() { ["grant_type"] = "refresh_token", ["refresh_token"] = refreshToken }));
        refused.StatusCode.Should().Be(HttpStatusCode.BadRequest, "it is dead at the provider too");
    }

    private async Task<JsonElement> MeAsync() => await _browser.GetFromJsonAsync<JsonElement>("/me");

    private async Task<HttpResponseMessage> PostAsync(string address, HtmlForm form)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, address) { Content = new FormUrlEncodedContent(form.Fields), Headers = { { "Accept", "application/json" } } };
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
        o.AuthorizationParameters["prompt"] = "consent";
        (o.AccountIdFrom, o.AccountIdPath) = (AccountIdSource.IdToken, "sub");
        o.ApiOrigins = [provider.Issuer.GetLeftPart(UriPartial.Authority)];
        o.AllowHttpOnLoopback = true;
    }
}
