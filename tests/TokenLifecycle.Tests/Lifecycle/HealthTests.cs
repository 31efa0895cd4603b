using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using TokenLifecycle.Health;
using TokenLifecycle.Options;
using TokenLifecycle.State;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;
using TokenLifecycle.TestKit;

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
        await world.Services.GetRequiredService<PendingSaveQueue>().SettleAllAsync();

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
        HealthReportEntry still = await CheckAsync(world);
        world.Server.TokenEndpoint.Recover();
        await world.Tokens.GetAccessTokenAsync(keys[0]);

        degraded.Status.Should().Be(HealthStatus.Degraded);
        degraded.Description.Should().Contain("many users at once");
        still.Status.Should().Be(HealthStatus.Degraded, "none was refreshed since");
        (await CheckAsync(world)).Status.Should().Be(HealthStatus.Healthy, "one was refreshed");
    }

    [Fact]
    public async Task Health_is_degraded_while_a_provider_is_down_and_says_which()
    {
        await using World world = await StartAsync();
        TokenKey[] keys = await world.ConnectManyAsync(12);
        world.Clock.Advance(TimeSpan.FromHours(2));
        world.Server.TokenEndpoint.FailAlways(Fault.Status(500));
        foreach (TokenKey key in keys)
            await world.RefusalAsync(key);

        HealthReportEntry degraded = await CheckAsync(world);
        world.Clock.Advance(TimeSpan.FromSeconds(16));

        degraded.Status.Should().Be(HealthStatus.Degraded);
        degraded.Description.Should().Contain(World.Provider).And.Contain("does not answer");
        degraded.Data.Should().Equal(new Dictionary<string, object>(StringComparer.Ordinal) { [World.Provider] = "circuit_open" });
        (await CheckAsync(world)).Data.Should().Equal(new Dictionary<string, object>(StringComparer.Ordinal) { [World.Provider] = "open" });
    }

    [Fact]
    public async Task Health_is_degraded_while_a_provider_asks_for_fewer_calls()
    {
        await using World world = await StartAsync();
        TokenKey[] keys = await world.ConnectManyAsync(2);
        world.Clock.Advance(TimeSpan.FromHours(2));
        world.Server.TokenEndpoint.FailNext(Fault.Status(429), times: 2);
        await world.RefusalAsync(keys[0]);
        (await CheckAsync(world)).Status.Should().Be(HealthStatus.Healthy, "a limit of one connection is its own");
        await world.RefusalAsync(keys[1]);

        HealthReportEntry degraded = await CheckAsync(world);

        (degraded.Status, degraded.Data[World.Provider]).Should().Be((HealthStatus.Degraded, "throttled"));
    }

    [Fact]
    public async Task Too_many_users_who_have_to_reconnect_are_said_and_never_make_it_unhealthy()
    {
        await using World world = await StartAsync(o => o.ReconnectRatioThreshold = 0.4);
        TokenKey[] keys = await world.ConnectManyAsync(20);
        foreach (TokenKey key in keys.Take(9))
        {
            RefreshClaim claim = await world.Store.Inner.BeginRefreshAsync(key, "test", TimeSpan.FromMinutes(1), CancellationToken.None);
            await world.Store.Inner.CompleteRefreshAsync(key, "test", claim.Token!.Version, new RefreshCompletion { RefreshTokenNotUsed = true, Reauthorization = ReauthorizationReason.GrantRejected }, CancellationToken.None);
        }

        var gate = new TaskCompletionSource();
        world.Store.Before = name => name == "count" ? gate.Task : Task.CompletedTask;
        HealthReportEntry before = await CheckAsync(world, "connections");
        gate.SetResult();
        while (!world.Services.GetRequiredService<ConnectionCounts>().IsCounted)
            await Task.Yield();
        HealthReportEntry degraded = await CheckAsync(world, "connections");

        before.Status.Should().Be(HealthStatus.Healthy, "nothing has been counted yet, and nobody waits for it");
        degraded.Status.Should().Be(HealthStatus.Degraded);
        degraded.Description.Should().Contain("9 of 20 connections to acme");
        degraded.Data[World.Provider].Should().Be(0.45);
    }

    [Fact]
    public async Task Keys_that_cannot_be_used_are_unhealthy()
    {
        var protector = new FailingProtector();
        var check = new TokenProtectionHealthCheck(protector);

        (await check.CheckHealthAsync(new HealthCheckContext())).Status.Should().Be(HealthStatus.Healthy);
        protector.IsBroken = true;
        HealthCheckResult broken = await check.CheckHealthAsync(new HealthCheckContext());

        broken.Status.Should().Be(HealthStatus.Unhealthy);
        broken.Description.Should().Contain("the keys are gone");
        (await new TokenProtectionHealthCheck(protector: null).CheckHealthAsync(new HealthCheckContext())).Status.Should().Be(HealthStatus.Healthy, "the app said that it wants none");
    }

    private static Task<World> StartAsync(Action<TokenLifecycleOptions>? options = null) =>
        World.StartAsync(options: options, services: s => s.AddHealthChecks().AddCheck<TokenLifecycleHealthCheck>("tokens").AddCheck<TokenConnectionsHealthCheck>("connections"));

    private static async Task<HealthReportEntry> CheckAsync(World world, string name = "tokens")
    {
        HealthReportEntry entry = (await world.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(check => check.Name == name)).Entries[name];
        CanaryWatch.Inspect($"{entry.Description} {entry.Exception} {string.Join(' ', entry.Data)}");
        return entry;
    }

    private sealed class FailingProtector : ITokenProtector
    {
        public bool IsBroken { get; set; }

        public string Protect(TokenKey key, string field, string value) => IsBroken ? throw new IOException("the keys are gone") : "x" + value;

        public string Unprotect(TokenKey key, string field, string payload) => payload[1..];
    }
}
