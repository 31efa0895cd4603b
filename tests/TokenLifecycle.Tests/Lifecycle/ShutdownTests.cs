using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using TokenLifecycle.Background;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>Law 3 at the end of a process.</summary>
public sealed class ShutdownTests
{
    [Fact]
    public async Task Law_3_The_host_waits_for_an_exchange_that_is_under_way()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        (Task<AccessToken> get, FaultHold hold) = await world.HoldGetAsync();

        Task stop = DrainOf(world.Services).StopAsync(CancellationToken.None);

        stop.IsCompleted.Should().BeFalse();
        hold.Release();
        await stop;
        (await world.StoredAsync()).Tokens.AccessToken.Should().Be((await get).Value);
    }

    [Fact]
    public async Task F9_A_host_that_stops_begins_no_new_exchange_and_serves_what_is_valid()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        var valid = new TokenKey(World.Provider, "bob");
        TokenSet bobs = await world.ConnectAsync(valid, world.Server.AddUser("bob"));

        await DrainOf(world.Services).StopAsync(CancellationToken.None);

        await world.UnavailableAsync(TokenFailureKind.Stopping);
        (await world.GetAsync(valid)).Value.Should().Be(bobs.AccessToken);
        world.Posts().Should().BeEmpty();
        (await world.StoredAsync()).Intent.Should().BeNull();
    }

    [Fact]
    public async Task Law_3_When_the_hosts_time_is_up_the_intent_remains()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        (Task<AccessToken> get, FaultHold hold) = await world.HoldGetAsync();
        using var hostsTime = new CancellationTokenSource();
        Task stop = DrainOf(world.Services).StopAsync(hostsTime.Token);

        await hostsTime.CancelAsync();

        await stop;
        (await world.StoredAsync()).Intent!.AttemptCount.Should().Be(1);
        hold.Release();
        await get;
    }

    [Fact]
    public async Task Law_3_The_host_saves_what_could_not_be_saved_before()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        world.Store.Fail("save");
        AccessToken token = await world.GetAsync();
        world.Store.Recover();

        await DrainOf(world.Services).StopAsync(CancellationToken.None);

        (await world.StoredAsync()).Tokens.AccessToken.Should().Be(token.Value);
    }

    [Fact]
    public async Task Law_3_Disposing_the_container_does_not_abort_the_exchange()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        ServiceProvider process = world.NewProcess();
        (Task<AccessToken> get, FaultHold hold) = await world.HoldGetAsync(process);

        await process.DisposeAsync();
        hold.Release();

        AccessToken token = await get;
        (await world.StoredAsync()).Tokens.AccessToken.Should().Be(token.Value);
        world.Server.IsLive((await world.StoredAsync()).Tokens.RefreshToken!).Should().BeTrue();
        world.Posts().Should().ContainSingle();
    }

    [Fact]
    public async Task Law_3_Disposing_the_container_while_the_answer_is_being_read_does_not_abort_it()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        ServiceProvider process = world.NewProcess();
        FaultDrip drip = Fault.Drip();
        world.Server.TokenEndpoint.FailNext(drip);
        Task<AccessToken> get = process.Tokens().GetAccessTokenAsync(world.Key).AsTask();
        await drip.Reached;
        drip.Send(10);

        await process.DisposeAsync();
        drip.Finish();

        AccessToken token = await get;
        (await world.StoredAsync()).Tokens.AccessToken.Should().Be(token.Value);
    }

    private static ShutdownDrain DrainOf(ServiceProvider services) => services.GetServices<IHostedService>().OfType<ShutdownDrain>().Single();
}
