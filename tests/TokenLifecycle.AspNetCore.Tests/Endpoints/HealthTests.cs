using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.DependencyInjection;
using TokenLifecycle.Testing;

namespace TokenLifecycle.AspNetCore.Tests.Endpoints;

/// <summary>EP-7, on the framework's own health endpoints.</summary>
public sealed class HealthTests
{
    [Fact]
    public async Task EP_7_Liveness_asks_nobody_even_if_store_and_provider_are_down_and_a_token_has_ended()
    {
        await using WebWorld world = await StartAsync();
        using Browser anybody = await world.BrowserOfAsync(user: null);
        await ConnectExpiredAsync(world);
        int requests = world.Server.Log.Requests.Count;
        int calls = world.Store.Calls.Count;
        world.Store.Fail("find", "begin", "save", "list", "claim");

        Seen live = await anybody.GetAsync("/live");

        (live.Status, live.Text).Should().Be((200, "Healthy"));
        world.Store.Calls.Should().HaveCount(calls);
        world.Server.Log.Requests.Should().HaveCount(requests);
    }

    [Fact]
    public async Task EP_7_Readiness_does_not_depend_on_the_provider_and_refreshes_nothing()
    {
        await using WebWorld world = await StartAsync();
        using Browser anybody = await world.BrowserOfAsync(user: null);
        await ConnectExpiredAsync(world);
        int requests = world.Server.Log.Requests.Count;

        Seen ready = await anybody.GetAsync("/ready");

        (ready.Status, ready.Text).Should().Be((200, "Healthy"));
        world.Server.Log.Requests.Should().HaveCount(requests);
        world.Store.CountOf("begin").Should().Be(0);
    }

    [Fact]
    public async Task EP_7_Anonymous_callers_see_no_detail_of_what_is_wrong()
    {
        await using WebWorld world = await StartAsync();
        using Browser anybody = await world.BrowserOfAsync(user: null);
        await ConnectExpiredAsync(world);
        world.Server.TokenEndpoint.FailNext(Fault.Body(401, """{"error":"invalid_client"}"""));
        await FluentActions.Awaiting(() => world.Tokens.GetAccessTokenAsync(world.Key("ada")).AsTask()).Should().ThrowAsync<TokenException>();

        Seen live = await anybody.GetAsync("/live");

        live.Text.Should().Be("Degraded");
    }

    [Fact]
    public async Task EP_7_A_provider_that_is_down_makes_nothing_unhealthy()
    {
        await using WebWorld world = await StartAsync();
        using Browser anybody = await world.BrowserOfAsync(user: null);
        await ConnectExpiredAsync(world);
        world.Server.TokenEndpoint.FailAlways(Fault.Status(500));
        for (int i = 0; i < 12; i++)
        {
            await FluentActions.Awaiting(() => world.Tokens.GetAccessTokenAsync(world.Key("ada")).AsTask()).Should().ThrowAsync<TokenTemporarilyUnavailableException>();
            world.Clock.Advance(TimeSpan.FromSeconds(31)); // The pause after a failure, not the breaker's window for all of them.
        }

        foreach (string endpoint in new[] { "/live", "/ready" })
        {
            Seen seen = await anybody.GetAsync(endpoint);
            seen.Status.Should().Be(200);
            seen.Text.Should().BeOneOf("Healthy", "Degraded");
        }
    }

    [Fact]
    public async Task EP_7_A_store_that_cannot_be_read_is_no_matter_of_liveness()
    {
        await using WebWorld world = await StartAsync();
        using Browser anybody = await world.BrowserOfAsync(user: null);
        int calls = world.Store.Calls.Count;

        for (int i = 0; i < 3; i++)
            (await anybody.GetAsync("/live")).Status.Should().Be(200);

        world.Store.Calls.Should().HaveCount(calls, "not even the connections are counted");
    }

    private static Task<WebWorld> StartAsync() => WebWorld.StartAsync(
        services: services => services.AddHealthChecks().AddTokenLifecycle(),
        app: app =>
        {
            app.MapHealthChecks("/live", new HealthCheckOptions { Predicate = static check => check.Tags.Contains(TokenLifecycleHealthChecks.LiveTag) });
            app.MapHealthChecks("/ready", new HealthCheckOptions { Predicate = static check => check.Tags.Contains(TokenLifecycleHealthChecks.ReadyTag) });
        });

    private static async Task ConnectExpiredAsync(WebWorld world)
    {
        using Browser browser = await world.BrowserOfAsync("ada");
        await browser.ConnectAsync();
        world.Clock.Advance(TimeSpan.FromHours(12));
    }
}
