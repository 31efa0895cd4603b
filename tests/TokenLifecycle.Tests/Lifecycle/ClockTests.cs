using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Testing;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>D7, D8: clocks that jump, sleep and disagree.</summary>
public sealed class ClockTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    [Trait("Rule", "Law 12")]
    public void D7_F40_However_the_wall_clock_jumps_no_ended_token_is_served_and_no_storm_begins() =>
        Prop.ForAll(Gen.Choose(-60, 60).ArrayOf(8).ToArbitrary(), jumps => Run(jumps, suspend: false)).Check(Config.QuickThrowOnFailure.WithMaxTest(15));

    [Fact]
    public void D7_However_long_the_machine_sleeps_no_ended_token_is_served_and_no_storm_begins() =>
        Prop.ForAll(Gen.Choose(0, 90).ArrayOf(8).ToArbitrary(), sleeps => Run(sleeps, suspend: true)).Check(Config.QuickThrowOnFailure.WithMaxTest(15));

    [Fact]
    public async Task D7_F40_A_wall_clock_that_is_set_back_does_not_lengthen_a_token()
    {
        await using World world = await World.StartAsync();
        TokenSet old = await world.ConnectAsync();
        world.Clock.Advance(30 * Minute);
        world.Clock.JumpWallClock(-60 * Minute);
        await world.Tokens.GetAccessTokenAsync(world.Key);
        world.Clock.Advance(31 * Minute);

        (await world.Tokens.GetAccessTokenAsync(world.Key)).Value.Should().NotBe(old.AccessToken);
        world.Refreshes.Should().Be(1);
    }

    [Fact]
    public async Task D7_A_token_that_ended_while_the_machine_slept_is_not_served()
    {
        await using World world = await World.StartAsync();
        TokenSet old = await world.ConnectAsync();
        await world.Tokens.GetAccessTokenAsync(world.Key);
        world.Clock.Suspend(61 * Minute);

        (await world.Tokens.GetAccessTokenAsync(world.Key)).Value.Should().NotBe(old.AccessToken);
        world.Refreshes.Should().Be(1);
    }

    [Fact]
    [Trait("Rule", "D7")]
    [Trait("Rule", "BG-8")]
    public async Task A_pause_that_was_noted_before_the_clock_was_set_back_does_not_last_an_hour()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailNext(Fault.Status(503));
        await world.RefusalAsync();
        world.Clock.JumpWallClock(-60 * Minute);
        world.Clock.Advance(Minute);

        await world.Tokens.GetAccessTokenAsync(world.Key);

        world.Refreshes.Should().Be(2);
    }

    [Fact]
    public async Task D7_F40_A_provider_that_fails_while_the_clock_jumps_is_not_asked_in_a_loop()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailAlways(Fault.Status(503));
        for (int second = 0; second < 600; second++)
        {
            if (second % 100 == 50)
                world.Clock.JumpWallClock(second % 200 == 50 ? -60 * Minute : 60 * Minute);
            await world.RefusalAsync();
            world.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        world.Refreshes.Should().BeInRange(20, 60);
    }

    [Theory]
    [InlineData(60)]
    [InlineData(-60)]
    [InlineData(400 * 24 * 60)]
    public async Task F40_A_wall_clock_that_steps_during_a_refresh_ends_neither_it_nor_the_connection(int minutes)
    {
        await using World world = await World.StartAsync(provider: o => o.RefreshTokenIdleLimit = TimeSpan.FromDays(30));
        await world.ConnectExpiredAsync();
        (Task<AccessToken> get, FaultHold hold) = await world.HoldGetAsync();
        world.Clock.JumpWallClock(minutes * Minute);
        world.Clock.Advance(TimeSpan.FromSeconds(9));
        get.IsCompleted.Should().BeFalse("its deadline is one of the time that passes");
        hold.Release();

        // A clock that steps ahead cannot be told from a machine that slept: the new token may have ended meanwhile, and another is had a second later.
        if (minutes > 0)
            (await FluentActions.Awaiting(() => get).Should().ThrowAsync<TokenTemporarilyUnavailableException>()).Which.RetryAfter.Should().BeLessThanOrEqualTo(TimeSpan.FromSeconds(1));
        else
            (await get).ExpiresAt.Should().BeAfter(world.Clock.GetUtcNow());

        // Whatever the wall shows now: nobody has to reconnect, no token that has ended is served, and no storm begins.
        string token = "";
        for (int minute = 0; minute < 120; minute++)
        {
            world.Clock.Advance(Minute);
            token = (await world.GetAsync()).Value;
            await world.IdleAsync();
        }

        world.Refreshes.Should().BeInRange(2, 5);
        world.Server.Log.ReusedRefreshTokens.Should().Be(0);
        (await world.StoredAsync()).Reauthorization.Should().BeNull();
        world.Server.IsLive(token).Should().BeTrue();
    }

    [Theory]
    [InlineData(-600)]
    [InlineData(-10)]
    [InlineData(10)]
    [InlineData(600)]
    public async Task F42_A_provider_whose_clock_is_wrong_changes_no_lifetime(int minutes)
    {
        ManualTimeProvider? ours = null;
        await using World world = await World.StartAsync(server: o =>
        {
            ours = (ManualTimeProvider)o.TimeProvider;
            o.TimeProvider = new SkewedTimeProvider(ours, minutes * Minute);
        });
        await world.StoreBehindAsync(world.Server.IssueTokens(world.User, "read").Ended(ours!.GetUtcNow()));

        AccessToken token = await world.GetAsync();

        token.ExpiresAt.Should().Be(ours.GetUtcNow() + TimeSpan.FromHours(1), "expires_in is a length, and our clock measures it");
        for (int minute = 0; minute < 52; minute++)
        {
            world.Clock.Advance(Minute);
            (await world.GetAsync()).Value.Should().Be(token.Value);
        }

        world.Clock.Advance(8 * Minute);
        (await world.GetAsync()).Value.Should().NotBe(token.Value);
        world.Refreshes.Should().Be(2);
    }

    [Fact]
    public async Task D8_Leases_go_by_the_stores_clock_so_that_two_machines_never_hold_one_at_once()
    {
        TimeSpan skew = TimeSpan.Zero;
        await using World world = await World.StartAsync(services: s =>
        {
            if (skew != TimeSpan.Zero)
                s.AddSingleton<TimeProvider>(services => new SkewedTimeProvider(Clock!, skew));
        });
        Clock = world.Clock;
        foreach (TimeSpan wrong in (TimeSpan[])[5 * Minute, -5 * Minute])
        {
            skew = wrong;
            ITokenManager other = world.NewProcess().GetRequiredService<ITokenManager>();
            await world.ConnectAsync();
            world.Clock.Advance(70 * Minute); // Ended by each of the clocks.
            int before = world.Refreshes;
            FaultHold hold = Fault.Hold();
            world.Server.TokenEndpoint.FailNext(hold);
            Task<AccessToken> first = world.Tokens.GetAccessTokenAsync(world.Key).AsTask();
            await hold.Reached;

            Task<AccessToken> second = other.GetAccessTokenAsync(world.Key).AsTask();
            await world.Clock.WaitForTimersAsync(2); // The deadline of the one, and the pause of the other.
            world.Clock.Advance(TimeSpan.FromSeconds(1));
            hold.Release();

            string token = (await first).Value;
            await world.Clock.RunAsync(second);
            (await second).Value.Should().Be(token);
            world.Refreshes.Should().Be(before + 1);
            world.Server.Log.ReusedRefreshTokens.Should().Be(0);
        }
    }

    private ManualTimeProvider? Clock { get; set; }

    private static bool Run(int[] minutes, bool suspend) => Task.Run(() => RunAsync(minutes, suspend)).GetAwaiter().GetResult();

    /// <summary>A caller every minute for six hours, during which the clock is moved eight times. True time is what passed awake, and asleep.</summary>
    private static async Task<bool> RunAsync(int[] minutes, bool suspend)
    {
        await using World world = await World.StartAsync();
        TimeSpan slept = TimeSpan.Zero;
        var issued = new Dictionary<string, TimeSpan>(StringComparer.Ordinal);
        await world.ConnectAsync();
        await NoteAsync();
        for (int minute = 0; minute < 360; minute++)
        {
            if (minute % 45 == 20)
            {
                TimeSpan by = minutes[minute / 45] * Minute;
                if (suspend)
                    world.Clock.Suspend(by);
                else
                    world.Clock.JumpWallClock(by);
                slept += suspend ? by : TimeSpan.Zero;
            }

            string served = (await world.Tokens.GetAccessTokenAsync(world.Key)).Value;
            await world.IdleAsync();
            await NoteAsync();
            (True() - issued[served]).Should().BeLessThan(TimeSpan.FromHours(1), $"a token is served at minute {minute}");
            world.Clock.Advance(Minute);
        }

        // Half of a lifetime apart at the least, and once more for each move.
        world.Refreshes.Should().BeLessThanOrEqualTo((int)(True() / TimeSpan.FromMinutes(30)) + minutes.Length);
        return true;

        TimeSpan True() => world.Clock.GetElapsedTime(0) + slept;

        async Task NoteAsync() => issued.TryAdd((await world.StoredAsync()).Tokens.AccessToken, True());
    }
}
