using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Testing;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.Http;

public sealed class RejectionRaceTests
{
    [Fact]
    public async Task E2_A_rejection_that_meets_the_end_of_another_ones_refresh_gets_the_new_token_and_not_the_rejected_one()
    {
        HookedTime? time = null;
        await using World world = await World.StartAsync(services: all => all.AddSingleton<TimeProvider>(services => time!));
        time = new HookedTime(world.Clock);
        await world.ConnectAsync();
        AccessToken rejected = await world.Tokens.GetAccessTokenAsync(world.Key);
        AccessToken? newer = null;

        // The clock is asked between the look at what is known and what is made of it: just then somebody else's refresh ends.
        time.Hook = () => newer = Task.Run(() => world.Tokens.RefreshAsync(world.Key, rejected)).GetAwaiter().GetResult();
        AccessToken got = await world.Tokens.RefreshAsync(world.Key, rejected);

        newer.Should().NotBeNull("the hook must have run");
        (got.Value == rejected.Value).Should().BeFalse();
        (got.Value == newer!.Value).Should().BeTrue();
        world.Refreshes.Should().Be(1);
    }

    private sealed class HookedTime(ManualTimeProvider clock) : TimeProvider
    {
        private Action? _hook;

        public Action? Hook
        {
            set => _hook = value;
        }

        public override long TimestampFrequency => clock.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => clock.GetUtcNow();

        public override long GetTimestamp()
        {
            Interlocked.Exchange(ref _hook, null)?.Invoke();
            return clock.GetTimestamp();
        }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => clock.CreateTimer(callback, state, dueTime, period);
    }
}
