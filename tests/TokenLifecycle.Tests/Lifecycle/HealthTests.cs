using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using TokenLifecycle.Lifecycle;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.Lifecycle;

public sealed class HealthTests
{
    [Fact]
    public async Task Health_is_healthy_while_all_is_well_and_asks_nobody()
    {
        await using World world = await StartAsync();
        await world.ConnectAsync();
        int calls = world.Store.Calls.Count;

        (await CheckAsync(world)).Status.Should().Be(HealthStatus.Healthy);

        world.Store.Calls.Count.Should().Be(calls);
        world.Server.Log.Requests.Should().BeEmpty();
    }

    [Fact]
    public async Task Health_is_degraded_while_tokens_wait_to_be_saved_and_recovers_with_the_store()
    {
        await using World world = await StartAsync();
        await world.ConnectExpiredAsync();
        world.Store.Fail("save");
        await world.Tokens.GetAccessTokenAsync(world.Key);

        HealthReportEntry degraded = await CheckAsync(world);
        world.Store.Recover();
        await world.Services.GetRequiredService<TokenPersistence>().SettleAllAsync();

        degraded.Status.Should().Be(HealthStatus.Degraded);
        degraded.Description.Should().Contain("1 connection(s)").And.NotContain(world.Key.UserId);
        (await CheckAsync(world)).Status.Should().Be(HealthStatus.Healthy);
    }

    [Fact]
    public async Task Health_is_degraded_while_the_client_is_rejected()
    {
        await using World world = await StartAsync();
        await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailNext(Fault.Body(401, """{"error":"invalid_client"}"""));
        await world.RefusalAsync();

        HealthReportEntry degraded = await CheckAsync(world);
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        await world.Tokens.GetAccessTokenAsync(world.Key);

        degraded.Status.Should().Be(HealthStatus.Degraded);
        degraded.Description.Should().Contain(World.Provider).And.Contain("ClientSecret");
        (await CheckAsync(world)).Status.Should().Be(HealthStatus.Healthy);
    }

    [Fact]
    public async Task C10_Health_is_degraded_while_mass_rejections_are_held_back_and_no_longer()
    {
        await using World world = await StartAsync();
        TokenKey[] keys = await world.ConnectManyAsync(8);
        world.Clock.Advance(TimeSpan.FromHours(2));
        world.Server.TokenEndpoint.FailAlways(Fault.Body(400, WorldExtensions.InvalidGrant));
        foreach (TokenKey key in keys)
            await world.RefusalAsync(key);

        HealthReportEntry degraded = await CheckAsync(world);
        world.Clock.Advance(TimeSpan.FromMinutes(11));

        degraded.Status.Should().Be(HealthStatus.Degraded);
        degraded.Description.Should().Contain("many users at once");
        (await CheckAsync(world)).Status.Should().Be(HealthStatus.Healthy, "the rejections have left the window");
    }

    private static Task<World> StartAsync() =>
        World.StartAsync(services: s => s.AddHealthChecks().AddCheck<TokenLifecycleHealthCheck>("tokens"));

    private static async Task<HealthReportEntry> CheckAsync(World world) =>
        (await world.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries["tokens"];
}
