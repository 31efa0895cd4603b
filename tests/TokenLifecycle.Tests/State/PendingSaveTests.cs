using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using TokenLifecycle.Background;
using TokenLifecycle.State;
using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.State;

/// <summary>New tokens that the store did not take: how often it is asked, and what a save means that comes late.</summary>
public sealed class PendingSaveTests
{
    [Fact]
    [Trait("Rule", "FR-1")]
    public async Task A_hundred_pending_saves_ask_the_store_once_a_second()
    {
        await using World world = await World.StartAsync();
        TokenKey[] keys = await world.ConnectManyAsync(100);
        world.Clock.Advance(TimeSpan.FromHours(1) + TimeSpan.FromSeconds(1));
        world.Store.Fail("save");
        foreach (TokenKey key in keys)
            await world.GetAsync(key);
        world.Store.Fail("save", "find", "begin");
        int before = world.Store.Calls.Count;

        for (int second = 0; second < 20; second++)
            await SecondAsync(world, world.Store.Calls.Count + 1);

        (world.Store.Calls.Count - before).Should().BeLessThanOrEqualTo(3 * 21, "a probe looks, and tries to renew its lease");
    }

    [Fact]
    [Trait("Rule", "FR-1")]
    public async Task All_pending_saves_follow_within_two_seconds_of_the_stores_return()
    {
        await using World world = await World.StartAsync();
        TokenKey[] keys = await world.ConnectManyAsync(30);
        world.Clock.Advance(TimeSpan.FromHours(1) + TimeSpan.FromSeconds(1));
        world.Store.Fail("save");
        PendingSaveQueue persistence = world.Services.GetRequiredService<PendingSaveQueue>();
        foreach (TokenKey key in keys)
            await world.GetAsync(key);
        for (int minute = 0; minute < 10; minute++)
            world.Clock.Advance(TimeSpan.FromMinutes(1));
        world.Store.Recover();

        world.Clock.Advance(TimeSpan.FromSeconds(2));

        while (persistence.PendingCount > 0)
            await Task.Yield();
        world.Server.Log.ReusedRefreshTokens.Should().Be(0);
    }

    [Fact]
    [Trait("Rule", "FR-1")]
    public async Task A_save_after_another_process_has_taken_over_is_not_shown_as_sound()
    {
        await using World world = await World.StartAsync();
        AccessToken token = await SaveLateAsync(world);

        StoredToken row = await world.StoredAsync();
        row.Tokens.AccessToken.Should().Be(token.Value, "nothing is thrown away");
        row.Failure!.Kind.Should().Be(TokenFailureKind.SavedLate);
        row.NextRefreshAt.Should().BeOnOrBefore(world.Clock.GetUtcNow());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Rule", "FR-1")]
    public async Task A_rejection_after_a_late_save_is_a_lost_rotation_whatever_failed_in_between(bool hasFailed)
    {
        await using World world = await World.StartAsync();
        await SaveLateAsync(world);
        world.Server.RevokeGrant(world.User);
        if (hasFailed)
            world.Server.TokenEndpoint.FailNext(Testing.Fault.Status(500));

        ConnectionStatus status = await world.Tokens.GetStatusAsync(world.Key);
        for (int minute = 0; minute < 30 && status.Reason is null; minute++)
        {
            world.Clock.Advance(TimeSpan.FromMinutes(1));
            await world.RunShortAsync(Record.ExceptionAsync(() => world.Tokens.RefreshAsync(world.Key)));
            status = await world.Tokens.GetStatusAsync(world.Key);
        }

        status.Reason.Should().Be(ReauthorizationReason.LostRotation);
    }

    [Fact]
    [Trait("Rule", "FR-11")]
    public async Task A_lease_that_was_renewed_for_a_save_that_had_succeeded_is_released()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        world.Store.After = static name => name == "save" ? throw new IOException("The answer is lost.") : Task.CompletedTask;
        await world.GetAsync();
        world.Store.Before = static name => name == "find" ? throw new IOException("The store is down.") : Task.CompletedTask;
        Task renewed = world.Store.NextAsync("begin");
        while (!renewed.IsCompleted)
        {
            world.Clock.Advance(TimeSpan.FromMilliseconds(250));
            await Task.Yield();
        }

        world.Store.Recover();
        PendingSaveQueue persistence = world.Services.GetRequiredService<PendingSaveQueue>();
        while (persistence.PendingCount > 0)
        {
            world.Clock.Advance(TimeSpan.FromMilliseconds(250));
            await Task.Yield();
        }

        RefreshClaim claim = await world.Store.Inner.BeginRefreshAsync(world.Key, "another process", TimeSpan.FromMinutes(1), CancellationToken.None);
        claim.Kind.Should().Be(RefreshClaimKind.Acquired);
        claim.Token!.Intent!.AttemptCount.Should().Be(1);
    }

    [Fact]
    [Trait("Rule", "FR-1")]
    public async Task A_try_that_hangs_keeps_no_other_from_a_store_that_is_back()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        world.Store.Fail("save");
        AccessToken token = await world.GetAsync();
        int tries = 0;
        world.Store.Before = name => name == "find" && Interlocked.Increment(ref tries) <= 2 ? new TaskCompletionSource().Task : Task.CompletedTask; // Two connections are dead.

        TimeSpan took = await RunUntilSavedAsync(world);

        (await world.StoredAsync()).Tokens.AccessToken.Should().Be(token.Value);
        took.Should().BeLessThan(TimeSpan.FromSeconds(6), "another process watches for that long at least");
    }

    [Fact]
    [Trait("Rule", "FR-1")]
    public async Task A_revocation_that_does_not_end_keeps_no_other_save_waiting()
    {
        await using World world = await World.StartAsync();
        TokenKey[] keys = await world.ConnectManyAsync(12);
        world.Clock.Advance(TimeSpan.FromHours(1) + TimeSpan.FromSeconds(1));
        world.Store.Fail("save");
        foreach (TokenKey key in keys)
            await world.GetAsync(key);
        foreach (TokenKey key in keys.SkipLast(1))
            await world.Store.Inner.DeleteAsync(key, CancellationToken.None); // Their users have disconnected elsewhere, and what was received is given back.
        Testing.FaultHold hold = Testing.Fault.Hold();
        world.Server.RevocationEndpoint.FailAlways(hold);
        world.Store.Recover();

        TimeSpan took = await RunUntilSavedAsync(world);

        world.Server.IsLive((await world.StoredAsync(keys[^1])).Tokens.AccessToken).Should().BeTrue();
        took.Should().BeLessThan(TimeSpan.FromSeconds(6), "another process watches for that long at least");
        hold.Release();
    }

    [Fact]
    [Trait("Rule", "FR-6")]
    public async Task A_disconnect_that_cannot_delete_the_row_keeps_the_new_tokens()
    {
        await using World world = await World.StartAsync(provider: o => o.RevocationEndpoint = null);
        await world.ConnectExpiredAsync();
        world.Store.Fail("save", "delete");
        AccessToken token = await world.GetAsync();

        await FluentActions.Awaiting(() => world.Tokens.DisconnectAsync(world.Key)).Should().ThrowAsync<TokenTemporarilyUnavailableException>();
        (await world.GetAsync()).Value.Should().Be(token.Value);
        world.Store.Recover();
        await RunUntilSavedAsync(world);

        (await world.StoredAsync()).Tokens.AccessToken.Should().Be(token.Value);
    }

    [Fact]
    [Trait("Rule", "FR-7")]
    public async Task A_save_that_meets_a_store_gone_back_in_time_is_repeated_over_the_older_row()
    {
        RewindableStore? store = null;
        await using World world = await World.StartAsync(services: services =>
        {
            store ??= new RewindableStore((TimeProvider)services.First(service => service.ServiceType == typeof(TimeProvider)).ImplementationInstance!);
            services.AddSingleton<ITokenStore>(store);
        });
        await world.ConnectExpiredAsync();
        await store!.CopyAsync(world.Key);
        await world.GetAsync();
        world.Clock.Advance(TimeSpan.FromHours(1) + TimeSpan.FromSeconds(1));
        (Task<AccessToken> get, Testing.FaultHold hold) = await world.HoldGetAsync(hold: Testing.Fault.HoldReply());

        store.GoBack(); // To the row of two generations ago, while the answer is on its way.
        hold.Release();

        AccessToken token = await get;
        (await store.FindAsync(world.Key, CancellationToken.None))!.Tokens.AccessToken.Should().Be(token.Value);
        world.Clock.Advance(TimeSpan.FromHours(1) + TimeSpan.FromSeconds(1));
        world.Server.IsLive((await world.GetAsync()).Value).Should().BeTrue();
        world.Server.Log.ReusedRefreshTokens.Should().Be(0);
    }

    [Fact]
    [Trait("Rule", "FR-6")]
    public async Task A_host_that_stops_uses_its_time_while_a_save_is_pending()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        world.Store.Fail("save");
        AccessToken token = await world.GetAsync();

        Task stop = DrainOf(world.Services).StopAsync(CancellationToken.None);
        for (int i = 0; i < 8; i++)
            await SecondAsync(world, world.Store.Calls.Count + 1);
        stop.IsCompleted.Should().BeFalse();
        world.Store.Recover();
        await world.Clock.RunShortPausesAsync(stop);

        await stop;
        (await world.StoredAsync()).Tokens.AccessToken.Should().Be(token.Value);
    }

    [Fact]
    [Trait("Rule", "FR-15")]
    public async Task Nothing_asks_the_store_after_the_container_is_gone()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        ServiceProvider process = world.NewProcess();
        world.Store.Fail("save");
        await process.Tokens().GetAccessTokenAsync(world.Key);
        await world.Clock.WaitForTimersAsync(1);

        await process.DisposeAsync();
        int before = world.Store.Calls.Count;
        for (int minute = 0; minute < 5; minute++)
            world.Clock.Advance(TimeSpan.FromMinutes(1));
        await world.StatusAsync();

        world.Store.Calls.Skip(before).Should().OnlyContain(call => call == "find", "only the other process is alive");
        world.Store.CountOf("save").Should().Be(2);
    }

    /// <returns>How long it took by the clock of the process.</returns>
    private static async Task<TimeSpan> RunUntilSavedAsync(World world)
    {
        PendingSaveQueue persistence = world.Services.GetRequiredService<PendingSaveQueue>();
        DateTimeOffset began = world.Clock.GetUtcNow();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        await world.RunShortAsync(SavedAsync());
        return world.Clock.GetUtcNow() - began;

        async Task SavedAsync()
        {
            while (persistence.PendingCount > 0)
            {
                patience.Token.ThrowIfCancellationRequested();
                await Task.Yield();
            }
        }
    }

    internal static ShutdownDrain DrainOf(ServiceProvider services) => services.GetServices<IHostedService>().OfType<ShutdownDrain>().Single();

    /// <summary>Lets a second pass in small steps until the store has been asked.</summary>
    private static async Task SecondAsync(World world, int calls)
    {
        for (int step = 0; step < 4; step++)
        {
            world.Clock.Advance(TimeSpan.FromMilliseconds(250));
            await Task.Yield();
        }

        while (world.Store.Calls.Count < calls)
        {
            if (world.Clock.NextTimerIn is { } next && next <= TimeSpan.FromSeconds(1))
                world.Clock.Advance(next);
            await Task.Yield();
        }
    }

    /// <summary>Tokens are saved after the lease has run out and another process has taken over the refresh.</summary>
    private static async Task<AccessToken> SaveLateAsync(World world)
    {
        await world.ConnectExpiredAsync();
        world.Store.Fail("save");
        AccessToken token = await world.GetAsync();
        world.Store.Fail("save", "find", "begin");
        await world.Clock.WaitForTimersAsync(1);
        world.Clock.Advance(TimeSpan.FromSeconds(61));
        await world.Store.Inner.BeginRefreshAsync(world.Key, "another process", TimeSpan.FromMinutes(1), CancellationToken.None);
        world.Store.Recover();

        PendingSaveQueue persistence = world.Services.GetRequiredService<PendingSaveQueue>();
        while (persistence.PendingCount > 0)
        {
            world.Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        return token;
    }
}
