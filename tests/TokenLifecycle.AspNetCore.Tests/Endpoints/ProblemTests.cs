using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Testing;

namespace TokenLifecycle.AspNetCore.Tests.Endpoints;

/// <summary>Token exceptions from anywhere in the app become answers that tell who can mend it; and inside a request the handler knows whose token it needs.</summary>
public sealed class ProblemTests
{
    public static TheoryData<TokenException, int, string> Failures
    {
        get
        {
            var key = new TokenKey("acme", "ada");
            return new()
            {
                { new ReauthorizationRequiredException(key, ReauthorizationReason.NotConnected, "/connections/acme/connect"), 401, """{"needs_reauth":true,"reason":"NotConnected","reconnect_url":"/connections/acme/connect","state":"Missing","action":"reconnect"}""" },
                { new ReauthorizationRequiredException(key, ReauthorizationReason.LostRotation, "/r"), 401, """{"needs_reauth":true,"reason":"LostRotation","reconnect_url":"/r","state":"ReauthorizationRequired","action":"reconnect"}""" },
                { new TokenTemporarilyUnavailableException(key, TokenFailureKind.Network, TimeSpan.FromSeconds(7.2)), 503, """{"needs_reauth":false,"reason":"Network","retry_after":8,"action":"retry"}""" },
                { new TokenTemporarilyUnavailableException(key, TokenFailureKind.Stopping, TimeSpan.FromSeconds(1)), 503, """{"needs_reauth":false,"reason":"Stopping","retry_after":1,"action":"retry"}""" },
                { new TokenTemporarilyUnavailableException(key, TokenFailureKind.RateLimited, TimeSpan.FromDays(2)), 429, """{"needs_reauth":false,"reason":"RateLimited","retry_after":3600,"action":"wait"}""" },
                { new TokenTemporarilyUnavailableException(key, TokenFailureKind.Unreadable, TimeSpan.Zero), 503, """{"needs_reauth":false,"reason":"Unreadable","retry_after":1,"state":"Unreadable","action":"support"}""" },
                { new ProviderConfigurationException("acme", ProviderConfigurationReason.ClientRejected, "internal words"), 502, """{"needs_reauth":false,"reason":"ClientRejected","action":"support"}""" },
            };
        }
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Incident_A_A_token_exception_becomes_the_problem_that_the_plan_has_for_it(TokenException failure, int status, string expected)
    {
        await using WebWorld world = await WebWorld.StartAsync(app: a => a.MapGet("/fails", string () => throw failure));
        using Browser browser = await world.BrowserOfAsync("ada");

        Seen seen = await browser.GetAsync("/fails", ("Accept", "application/json"));

        seen.Status.Should().Be(status);
        seen.Headers["Content-Type"].Should().Be("application/problem+json");
        JsonElement actual = JsonDocument.Parse(seen.Text).RootElement;
        foreach (JsonProperty wanted in JsonDocument.Parse(expected).RootElement.EnumerateObject())
        {
            JsonElement found = wanted.Name == "action" ? actual.GetProperty("guidance").GetProperty("action") : actual.GetProperty(wanted.Name);
            found.GetRawText().Should().Be(wanted.Value.GetRawText(), wanted.Name);
        }

        if (actual.TryGetProperty("retry_after", out JsonElement seconds))
            seen.Headers["Retry-After"].Should().Be(seconds.GetRawText());
        seen.Text.Should().NotContain("internal words").And.NotContain("acme/ada");
    }

    [Fact]
    public async Task Inside_a_request_the_token_handler_acts_for_the_signed_in_user_and_outside_for_nobody()
    {
        await using WebWorld world = await WebWorld.StartAsync(
            services: s => s.AddHttpClient("api").AddTokenHandler(WebWorld.Acme),
            app: a => a.MapGet("/mine", async (IHttpClientFactory clients, SimulatedApi api) => await (await clients.CreateClient("api").GetAsync(api.Address)).Content.ReadAsStringAsync()),
            builder: b => b.Services.AddSingleton<SimulatedApi>());
        world.App.Services.GetRequiredService<SimulatedApi>().Address = new Uri(world.Server.Api.Address, "/api/me");
        SimulatedUser[] accounts = [world.Server.AddUser("account-a"), world.Server.AddUser("account-b")];
        using Browser ada = await world.BrowserOfAsync("ada");
        using Browser bob = await world.BrowserOfAsync("bob");
        world.Server.SignedInUser = accounts[0];
        await ada.ConnectAsync();
        world.Server.SignedInUser = accounts[1];
        await bob.ConnectAsync();
        using var nobody = new Browser(world.Address, WebWorld.Origin);

        Seen[] both = await Task.WhenAll(ada.GetAsync("/mine"), bob.GetAsync("/mine"));
        Seen none = await nobody.GetAsync("/mine", ("Accept", "application/json"));
        using HttpClient outside = world.App.Services.GetRequiredService<IHttpClientFactory>().CreateClient("api");
        Func<Task> call = () => outside.GetAsync(world.App.Services.GetRequiredService<SimulatedApi>().Address);

        both[0].Text.Should().Contain("account-a");
        both[1].Text.Should().Contain("account-b");
        none.Status.Should().Be(502);
        none.Text.Should().Contain("UserNotNamed");
        await call.Should().ThrowAsync<ProviderConfigurationException>();
    }

    private sealed class SimulatedApi
    {
        public Uri Address { get; set; } = null!;
    }
}
