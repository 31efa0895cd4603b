using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TokenLifecycle.Options;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.AspNetCore.Tests.Endpoints;

/// <summary>The mistakes of a first hour in a web app, made in a real one. Each is met by the line that mends it.</summary>
public sealed class NewcomerTests
{
    private readonly LogRecorder _log = new();

    [Fact]
    public async Task A_forgotten_MapTokenLifecycle_is_said_with_the_line_to_add()
    {
        await using WebApplication app = AppOf(o => o.PublicOrigin = WebWorld.Origin);
        await app.StartAsync();

        Lines(113).Should().ContainSingle().Which.Should().ContainAll(
            "app.MapTokenLifecycle(\"/connections\");", "UseHttpContextUser() and AddTokenProblemDetails() instead of AddConnectionEndpoints()");
    }

    [Fact]
    public async Task A_forgotten_AddWeb_is_said_with_the_line_to_add()
    {
        WebApplicationBuilder builder = Builder("Production");
        builder.Services.AddTokenLifecycle().AddStrava(Client);
        await using WebApplication app = builder.Build();

        app.Invoking(a => a.MapTokenLifecycle("/connections")).Should().Throw<InvalidOperationException>()
            .WithMessage("*call builder.Services.AddTokenLifecycle().AddConnectionEndpoints(o => o.PublicOrigin = \"https://app.example.com\") before builder.Build().");
    }

    [Theory]
    [InlineData(null, "Production", "is not set", "https://app.example.com")]
    [InlineData("http://training.example", "Production", "is http://", "https://training.example")]
    [InlineData("http://training.example", "Development", "is http://", "https://training.example")]
    [InlineData("http://localhost:5080", "Production", "is http://", "https://localhost:5080")]
    [InlineData("http://localhost:5080/", "Development", "is not an origin", "http://localhost:5080")]
    [InlineData("https://training.example/", "Production", "is not an origin", "https://training.example")]
    [InlineData("https://training.example/connections/strava/callback", "Production", "is not an origin", "https://training.example")]
    [InlineData("training.example", "Production", "is not an origin", "https://app.example.com")]
    public async Task A_wrong_origin_is_refused_with_the_line_that_is_right(string? origin, string environment, string problem, string right)
    {
        await using WebApplication app = AppOf(o => o.PublicOrigin = origin, environment);

        OptionsValidationException refused = await Assert.ThrowsAsync<OptionsValidationException>(() => app.StartAsync());

        refused.Message.Should().Contain($"PublicOrigin {problem}").And.EndWith($"AddTokenLifecycle().AddConnectionEndpoints(o => o.PublicOrigin = \"{right}\").");
    }

    [Fact]
    public async Task The_start_tells_the_redirect_addresses_to_register_whatever_group_they_are_in()
    {
        await using WebApplication app = AppOf(o => o.PublicOrigin = WebWorld.Origin);
        app.MapGroup("/tenant").MapTokenLifecycle("/oauth");
        await app.StartAsync();

        Lines(113).Should().BeEmpty();
        Lines(114).Should().ContainSingle().Which.Should().Be("strava: the redirect address to register with the provider, exactly as shown, is https://app.example/tenant/oauth/strava/callback");
    }

    [Fact]
    public async Task In_development_the_start_tells_the_redirect_address_of_this_machine()
    {
        await using WebApplication app = AppOf(_ => { }, "Development");
        app.MapTokenLifecycle("/connections");
        await app.StartAsync();

        Lines(114).Should().ContainSingle().Which.Should().EndWith($" is {app.Urls.Single()}/connections/strava/callback");
    }

    [Fact]
    public async Task An_address_that_is_not_registered_is_told_to_the_operator_when_the_provider_refuses_it()
    {
        await using WebWorld world = await WebWorld.StartAsync(services: services => services.AddLogging(logging => logging.AddProvider(_log)));
        using Browser browser = await world.BrowserOfAsync("ada");
        world.Server.TokenEndpoint.FailNext(Testing.Fault.Body(400, "{\"error\":\"redirect_uri_mismatch\"}", "application/json"));

        await browser.ConnectAsync();

        _log.Lines.Should().ContainSingle(line => line.Id == 115).Which.Should().Match<(LogLevel Level, int Id, string Text)>(line =>
            line.Level == LogLevel.Error && line.Text.EndsWith("register this redirect address there, exactly as shown: https://app.example/connections/acme/callback", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_call_with_nobody_signed_in_says_so_and_how_to_demand_a_user()
    {
        WebApplicationBuilder builder = Builder("Production");
        builder.Services.AddTokenLifecycle().AddStrava(Client).AddConnectionEndpoints(o => o.PublicOrigin = WebWorld.Origin);
        builder.Services.AddHttpClient("strava", http => http.BaseAddress = Providers.StravaProvider.ApiBase).AddTokenHandler("strava");
        await using WebApplication app = builder.Build();
        app.MapGet("/activities", (IHttpClientFactory clients) => clients.CreateClient("strava").GetStringAsync("athlete/activities"));
        await app.StartAsync();
        using var browser = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };

        using HttpResponseMessage answer = await browser.GetAsync("/activities");

        answer.StatusCode.Should().Be(HttpStatusCode.InternalServerError, "this app has forgotten UseExceptionHandler() too");
        _log.Printed.Should().ContainSingle(line => line.Contains(nameof(ProviderConfigurationException), StringComparison.Ordinal)).Which.Should().ContainAll(
            "no user is signed in here", "request.ForUser(userId)", "using (TokenUser.BeginScope(userId)) { ... }", "app.MapGet(...).RequireAuthorization()");
    }

    private WebApplication AppOf(Action<TokenLifecycleWebOptions> web, string environment = "Production")
    {
        WebApplicationBuilder builder = Builder(environment);
        builder.Services.AddTokenLifecycle().AddStrava(Client).UseStore<Storage.InMemoryTokenStore>().AddConnectionEndpoints(web);
        return builder.Build();
    }

    private WebApplicationBuilder Builder(string environment)
    {
        WebApplicationBuilder builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = environment });
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Logging.ClearProviders().AddProvider(_log).AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        builder.Services.AddCanaryLogging();
        builder.Services.AddAuthentication("cookie").AddCookie("cookie");
        return builder;
    }

    private static void Client(OAuthProviderOptions o) => (o.ClientId, o.ClientSecret) = ("12345", Canary.New("secret"));

    private IEnumerable<string> Lines(int id) => _log.Lines.Where(line => line.Id == id).Select(line => line.Text);
}
