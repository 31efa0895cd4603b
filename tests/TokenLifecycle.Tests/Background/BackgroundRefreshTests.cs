using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using TokenLifecycle.Background;
using TokenLifecycle.Options;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.Background;

/// <summary>The sweep as the host runs it.</summary>
public sealed class BackgroundRefreshTests
{
    private static readonly TimeSpan Interval = new BackgroundRefreshOptions().Interval;

    [Fact]
    public async Task Incident_A_Idle_tokens_are_refreshed_hour_after_hour_with_nobody_asking()
    {
        await using World world = await StartAsync();
        await world.ConnectAsync();
        IHostedLifecycleService background = Sweeps.BackgroundOf(world.Services);
        await RunAsync(background);

        for (int hour = 1; hour <= 3; hour++)
        {
            while (world.Refreshes < hour)
                await TickAsync(world);
        }

        await StopAsync(background);
        StoredToken row = await world.StoredAsync();
        row.Tokens.ExpiresAt.Should().BeAfter(world.Clock.GetUtcNow());
        world.Clock.GetUtcNow().Should().BeAfter(row.ReceivedAt).And.BeBefore(row.ReceivedAt + TimeSpan.FromHours(1));
    }

    [Fact]
    [Trait("Rule", "BG-4")]
    [Trait("Rule", "F22")]
    [Trait("Rule", "MT-4")]
    public async Task A_provider_that_does_not_answer_delays_no_other()
    {
        await using SimulatedAuthorizationServer dead = await SimulatedAuthorizationServer.StartAsync();
        await using World world = await World.StartAsync(services: s => s.AddTokenLifecycle().AddBackgroundRefresh().AddProvider("dead", dead.Configure));
        FaultHold hold = Fault.Hold();
        dead.TokenEndpoint.FailAlways(hold);
        TokenKey[] stuck = [.. Enumerable.Range(0, 100).Select(i => new TokenKey("dead", $"stuck-{i}"))];
        foreach (TokenKey key in stuck)
        {
            TokenSet issued = dead.IssueTokens(dead.AddUser(key.UserId), "read"); // By a clock of its own.
            await world.Tokens.SaveAsync(key, new TokenSet { AccessToken = issued.AccessToken, RefreshToken = issued.RefreshToken, ExpiresAt = world.Clock.GetUtcNow() + TimeSpan.FromHours(1) });
        }

        await world.ConnectManyAsync(100);
        world.Clock.Advance(TimeSpan.FromMinutes(59));
        IHostedLifecycleService background = Sweeps.BackgroundOf(world.Services);

        await RunAsync(background);
        await hold.Reached;
        while (world.Refreshes < 100)
            await Task.Yield();

        dead.Log.Requests.Count.Should().BeLessThanOrEqualTo(64, "no more than its own share was begun there");
        hold.Release();
        await StopAsync(background);
    }

    [Fact]
    public async Task F9_Stopping_waits_for_what_was_begun_and_claims_no_more()
    {
        await using World world = await StartAsync();
        await world.ConnectExpiredAsync();
        FaultHold hold = Fault.Hold();
        world.Server.TokenEndpoint.FailNext(hold);
        IHostedLifecycleService background = Sweeps.BackgroundOf(world.Services);
        await RunAsync(background);
        await hold.Reached;

        await background.StoppingAsync(CancellationToken.None);
        Task stop = background.StopAsync(CancellationToken.None);

        stop.IsCompleted.Should().BeFalse();
        hold.Release();
        await stop;
        (await world.StoredAsync()).Intent.Should().BeNull();
        int claims = world.Store.CountOf("claim");
        world.Clock.Advance(TimeSpan.FromHours(2));
        world.Store.CountOf("claim").Should().Be(claims);
    }

    [Fact]
    [Trait("Rule", "BG-5")]
    public async Task When_the_hosts_time_is_up_the_intent_remains_and_a_second_signal_loses_nothing()
    {
        await using World world = await StartAsync();
        await world.ConnectExpiredAsync();
        FaultHold hold = Fault.HoldReply();
        world.Server.TokenEndpoint.FailNext(hold);
        IHostedLifecycleService background = Sweeps.BackgroundOf(world.Services);
        await RunAsync(background);
        await hold.Reached;
        using var hostsTime = new CancellationTokenSource();
        Task stop = background.StopAsync(hostsTime.Token);

        await hostsTime.CancelAsync();

        await stop;
        (await world.StoredAsync()).Intent!.AttemptCount.Should().Be(1);
        hold.Release();
        await background.StopAsync(CancellationToken.None);
        (await world.StoredAsync()).Intent.Should().BeNull("the answer came after all and was saved");
    }

    [Fact]
    public async Task F53_A_store_that_fails_ends_no_loop()
    {
        await using World world = await StartAsync();
        await world.ConnectExpiredAsync();
        world.Store.Fail("claim");
        IHostedLifecycleService background = Sweeps.BackgroundOf(world.Services);
        await RunAsync(background);
        for (int i = 0; i < 3; i++)
            await TickAsync(world);

        world.Store.Recover();
        while (world.Refreshes == 0)
            await TickAsync(world);

        await StopAsync(background);
        (await world.StoredAsync()).Tokens.ExpiresAt.Should().BeAfter(world.Clock.GetUtcNow());
    }

    [Fact]
    public async Task Switched_off_it_claims_nothing_and_switched_on_again_it_goes_on()
    {
        bool enabled = false;
        await using World world = await World.StartAsync(services: s => s.AddTokenLifecycle().AddBackgroundRefresh(o => o.Enabled = enabled));
        await world.ConnectExpiredAsync();
        IHostedLifecycleService background = Sweeps.BackgroundOf(world.Services);
        await RunAsync(background);
        for (int i = 0; i < 3; i++)
            await TickAsync(world);
        world.Store.CountOf("claim").Should().Be(0);

        enabled = true;
        world.Services.GetRequiredService<IOptionsMonitorCache<BackgroundRefreshOptions>>().Clear();
        while (world.Refreshes == 0)
            await TickAsync(world);

        await StopAsync(background);
    }

    [Theory]
    [InlineData("00:10:00", "Interval is 00:10:00, too long for provider acme*Set it to at most 00:01:48*")]
    [InlineData("00:00:00", "*Interval is 00:00:00*from 100 ms to 24 hours*")]
    public async Task D9_An_interval_that_lets_tokens_end_unseen_is_refused_on_start(string interval, string message)
    {
        await using World world = await World.StartAsync(services: s => s.AddTokenLifecycle().AddBackgroundRefresh(o => o.Interval = TimeSpan.Parse(interval, System.Globalization.CultureInfo.InvariantCulture)));

        Action start = () => _ = world.Services.GetRequiredService<IOptionsMonitor<BackgroundRefreshOptions>>().CurrentValue;

        start.Should().Throw<OptionsValidationException>().WithMessage($"*{message}");
    }

    [Fact]
    public async Task D9_Every_preset_may_be_kept_alive_with_the_interval_as_it_is()
    {
        await using World world = await World.StartAsync(services: s => s.AddTokenLifecycle().AddStrava(Client).AddTrainingPeaks(Client).AddGoogle(Client).AddBackgroundRefresh());

        world.Services.GetRequiredService<IOptionsMonitor<BackgroundRefreshOptions>>().CurrentValue.Interval.Should().Be(Interval);

        static void Client(OAuthProviderOptions options) => (options.ClientId, options.ClientSecret) = ("app", "not-a-secret");
    }

    private static Task<World> StartAsync() => World.StartAsync(services: s => s.AddTokenLifecycle().AddBackgroundRefresh());

    private static async Task RunAsync(IHostedLifecycleService background)
    {
        await background.StartingAsync(CancellationToken.None);
        await background.StartAsync(CancellationToken.None);
        await background.StartedAsync(CancellationToken.None);
    }

    private static async Task StopAsync(IHostedLifecycleService background)
    {
        await background.StoppingAsync(CancellationToken.None);
        await background.StopAsync(CancellationToken.None);
    }

    /// <summary>
    /// Waits until the loop's pause is all that is left to wait for, and ends it. While anything is under way there are deadlines, too; the short pauses of one that waits for
    /// another's lease are let pass.
    /// </summary>
    private static async Task TickAsync(World world)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1), TimeProvider.System);
        RefreshSweeper sweeper = world.Services.GetRequiredService<RefreshSweeper>();
        while (world.Clock.PendingTimers != 1 || world.Clock.NextTimerIn != Interval || !sweeper.WhenIdleAsync().IsCompleted)
        {
            if (world.Clock.NextTimerIn is { } pause && pause <= TimeSpan.FromSeconds(1))
                world.Clock.Advance(pause);
            if (patience.IsCancellationRequested)
                throw new TimeoutException($"It does not come to rest: {world.Clock.PendingTimers} timers, the next in {world.Clock.NextTimerIn}; {world.Refreshes} requests; the store was asked to {string.Join(", ", world.Store.Calls)}.");
            await Task.Yield();
        }

        world.Clock.Advance(Interval);
    }
}
