using FsCheck;
using FsCheck.Fluent;

namespace TokenLifecycle.Testing.Tests;

public sealed class ManualTimeProviderTests
{
    private readonly ManualTimeProvider _clock = new();

    [Fact]
    public void It_starts_on_the_first_of_january_2026_and_stands_still()
    {
        _clock.GetUtcNow().Should().Be(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        _clock.GetUtcNow().Should().Be(_clock.GetUtcNow());
        _clock.LocalTimeZone.Should().Be(TimeZoneInfo.Utc);
    }

    [Fact]
    public void Advancing_moves_wall_clock_and_timestamp_together()
    {
        long before = _clock.GetTimestamp();

        _clock.Advance(TimeSpan.FromMinutes(90));

        _clock.GetUtcNow().Hour.Should().Be(1);
        _clock.GetElapsedTime(before).Should().Be(TimeSpan.FromMinutes(90));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public void A_jump_moves_only_the_wall_clock(int hours)
    {
        long before = _clock.GetTimestamp();
        int fired = 0;
        using ITimer timer = _clock.CreateTimer(_ => fired++, null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);

        _clock.JumpWallClock(TimeSpan.FromHours(hours));

        _clock.GetUtcNow().Should().Be(new ManualTimeProvider().GetUtcNow() + TimeSpan.FromHours(hours));
        _clock.GetElapsedTime(before).Should().Be(TimeSpan.Zero);
        fired.Should().Be(0);
    }

    [Fact]
    public void A_suspended_machine_finds_a_later_wall_clock_and_unfired_timers()
    {
        using ITimer timer = _clock.CreateTimer(_ => { }, null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);

        _clock.Suspend(TimeSpan.FromHours(8));

        _clock.GetUtcNow().Hour.Should().Be(8);
        _clock.NextTimerIn.Should().Be(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void A_callback_sees_its_own_instant_and_may_arm_another_timer_that_fires_in_the_same_advance()
    {
        var seen = new List<TimeSpan>();
        long start = _clock.GetTimestamp();
        using ITimer first = _clock.CreateTimer(
            _ =>
            {
                seen.Add(_clock.GetElapsedTime(start));
                _clock.CreateTimer(_ => seen.Add(_clock.GetElapsedTime(start)), null, TimeSpan.FromSeconds(2), Timeout.InfiniteTimeSpan);
            },
            null,
            TimeSpan.FromSeconds(1),
            Timeout.InfiniteTimeSpan);

        _clock.Advance(TimeSpan.FromSeconds(10));

        seen.Should().Equal(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3));
        _clock.PendingTimers.Should().Be(0);
    }

    [Fact]
    public void A_periodic_timer_fires_once_for_each_period_until_it_is_disposed()
    {
        int fired = 0;
        ITimer timer = _clock.CreateTimer(_ => fired++, null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));

        _clock.Advance(TimeSpan.FromSeconds(31));
        timer.Dispose();
        _clock.Advance(TimeSpan.FromDays(1));

        fired.Should().Be(4);
        timer.Change(TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan).Should().BeFalse();
    }

    [Fact]
    public async Task A_timer_that_is_due_at_once_fires_without_an_advance()
    {
        var fired = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using ITimer timer = _clock.CreateTimer(_ => fired.TrySetResult(), null, TimeSpan.Zero, Timeout.InfiniteTimeSpan);

        await fired.Task;
    }

    [Theory]
    [InlineData(4_294_967_295)]
    [InlineData(-2)]
    public void A_time_that_the_system_refuses_is_refused_here_too(long milliseconds)
    {
        TimeSpan time = TimeSpan.FromMilliseconds(milliseconds);

        foreach (TimeProvider clock in new[] { TimeProvider.System, _clock })
        {
            clock.Invoking(c => c.CreateTimer(_ => { }, null, time, Timeout.InfiniteTimeSpan)).Should().Throw<ArgumentOutOfRangeException>();
            clock.Invoking(c => c.CreateTimer(_ => { }, null, Timeout.InfiniteTimeSpan, time)).Should().Throw<ArgumentOutOfRangeException>();
        }
    }

    [Fact]
    public void The_longest_time_that_the_system_takes_is_taken_here_too()
    {
        using ITimer timer = _clock.CreateTimer(_ => { }, null, TimeSpan.FromMilliseconds(4_294_967_294), Timeout.InfiniteTimeSpan);

        _clock.PendingTimers.Should().Be(1);
    }

    [Fact]
    public async Task A_delay_ends_when_its_time_has_passed_and_not_before()
    {
        Task delay = Task.Delay(TimeSpan.FromMinutes(5), _clock);

        _clock.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromTicks(1));
        delay.IsCompleted.Should().BeFalse();
        _clock.Advance(TimeSpan.FromTicks(1));

        await delay;
    }

    [Fact]
    public async Task A_cancelled_delay_leaves_no_timer_behind()
    {
        using var cancel = new CancellationTokenSource();
        Task delay = Task.Delay(TimeSpan.FromMinutes(5), _clock, cancel.Token);

        await cancel.CancelAsync();

        await delay.Invoking(d => d).Should().ThrowAsync<OperationCanceledException>();
        _clock.PendingTimers.Should().Be(0);
    }

    [Fact]
    public async Task Waiting_for_timers_ends_when_the_code_under_test_has_come_to_its_delays()
    {
        Task waiting = _clock.WaitForTimersAsync(2);
        Task both = Task.WhenAll(Task.Run(() => Task.Delay(TimeSpan.FromSeconds(1), _clock)), Task.Run(() => Task.Delay(TimeSpan.FromSeconds(2), _clock)));

        await waiting;
        _clock.Advance(TimeSpan.FromSeconds(2));

        await both;
    }

    [Fact]
    public async Task Waiting_for_timers_can_be_given_up()
    {
        using var cancel = new CancellationTokenSource();
        Task waiting = _clock.WaitForTimersAsync(1, cancel.Token);

        await cancel.CancelAsync();

        await waiting.Invoking(w => w).Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public void Timers_fire_in_the_order_in_which_they_are_due_and_never_early()
    {
        Gen<int[]> times = Gen.Choose(1, 50).ArrayOf();
        Prop.ForAll(Arb.From(Gen.Zip(times, times)), run => FiresInOrder(run.Item1, run.Item2)).QuickCheckThrowOnFailure();
    }

    private static bool FiresInOrder(int[] dues, int[] steps)
    {
        var clock = new ManualTimeProvider();
        long start = clock.GetTimestamp();
        var fired = new List<(int Due, int Index)>();
        bool early = false;
        for (int i = 0; i < dues.Length; i++)
        {
            (int due, int index) = (dues[i], i);
            _ = clock.CreateTimer(
                _ =>
                {
                    early |= clock.GetElapsedTime(start) < TimeSpan.FromSeconds(due);
                    fired.Add((due, index));
                },
                null,
                TimeSpan.FromSeconds(due),
                Timeout.InfiniteTimeSpan);
        }

        int passed = 0;
        foreach (int step in steps)
        {
            clock.Advance(TimeSpan.FromSeconds(step));
            passed += step;
        }

        return !early
            && fired.SequenceEqual(dues.Select((due, index) => (due, index)).Where(timer => timer.due <= passed).OrderBy(timer => timer))
            && clock.PendingTimers == dues.Count(due => due > passed);
    }
}
