using TokenLifecycle.Options;
using TokenLifecycle.State;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>A token that works waits for nothing that does not answer.</summary>
[Trait("Rule", "FR-9")]
public sealed class SilentStoreTests
{
    private static readonly TimeSpan Never = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Stale = new TokenLifecycleOptions().CacheDuration + TimeSpan.FromSeconds(1);

    [Fact]
    public async Task A_remembered_token_that_works_waits_no_longer_than_the_patience_and_then_not_at_all()
    {
        await using World world = await World.StartAsync();
        TokenSet tokens = await world.ConnectAsync();
        world.Clock.Advance(Stale);
        TaskCompletionSource hangs = Hang(world, "find");

        Task<AccessToken> first = world.GetAsync();
        await world.Clock.WaitForTimersAsync(1);
        first.IsCompleted.Should().BeFalse("the store may answer yet");
        world.Clock.Advance(StoreSilence.Patience);
        (await first.WaitAsync(Never)).Value.Should().Be(tokens.AccessToken);

        // From now on nobody waits at all: the clock stands still.
        (await world.GetAsync().WaitAsync(Never)).Value.Should().Be(tokens.AccessToken);
        (await world.StatusAsync().WaitAsync(Never)).State.Should().Be(TokenState.Valid);
        world.Clock.Advance(TimeSpan.FromSeconds(6));
        (await world.GetAsync()).Value.Should().Be(tokens.AccessToken);
        hangs.SetResult();
    }

    [Fact]
    public async Task What_a_slow_read_brings_is_for_the_next_caller()
    {
        await using World world = await World.StartAsync();
        await world.ConnectAsync();
        world.Clock.Advance(Stale);
        TaskCompletionSource hangs = Hang(world, "find");
        Task<AccessToken> first = world.GetAsync();
        await world.Clock.WaitForTimersAsync(1);
        world.Clock.Advance(StoreSilence.Patience);
        await first.WaitAsync(Never);
        TokenSet newer = world.Server.IssueTokens(world.User, "read");
        await world.StoreBehindAsync(newer);

        Task read = world.Store.NextAsync("find", done: true);
        hangs.SetResult();
        await read;
        while ((await world.GetAsync()).Value != newer.AccessToken)
            await Task.Yield();
    }

    [Theory]
    [InlineData("begin")]
    [InlineData("save")]
    public async Task A_token_near_its_end_waits_for_no_refresh_whose_store_hangs(string step)
    {
        await using World world = await World.StartAsync();
        TokenSet tokens = await world.ConnectAsync();
        world.Clock.Advance(TimeSpan.FromHours(1) - TimeSpan.FromSeconds(20));
        Task reached = world.Store.NextAsync(step);
        TaskCompletionSource hangs = Hang(world, step);

        Task<AccessToken> get = world.GetAsync();
        await reached;
        await PassAsync(world, get, TimeSpan.FromSeconds(1));

        (await get).Value.Should().Be(tokens.AccessToken);
        (await world.GetAsync()).Value.Should().Be(tokens.AccessToken, "and the next caller does not wait at all");
        hangs.SetResult();
    }

    [Fact]
    public async Task A_token_near_its_end_waits_for_no_provider_that_hangs()
    {
        await using World world = await World.StartAsync();
        TokenSet tokens = await world.ConnectAsync();
        world.Clock.Advance(TimeSpan.FromHours(1) - TimeSpan.FromSeconds(20));
        (Task<AccessToken> get, FaultHold hold) = await world.HoldGetAsync();

        await PassAsync(world, get, TimeSpan.FromSeconds(3));

        (await get).Value.Should().Be(tokens.AccessToken);
        hold.Release();
    }

    [Fact]
    public void While_the_last_answer_of_the_store_was_a_failure_nobody_waits()
    {
        var clock = new ManualTimeProvider();
        var silence = new StoreSilence(clock);
        silence.Begin();
        silence.IsSilent.Should().BeFalse();
        clock.Advance(StoreSilence.Patience);
        silence.IsSilent.Should().BeTrue();
        silence.End(hasFailed: true);
        silence.IsSilent.Should().BeTrue();
        silence.Begin();
        silence.End(hasFailed: false);
        silence.IsSilent.Should().BeFalse();
    }

    private static TaskCompletionSource Hang(World world, string step)
    {
        var hangs = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Store.Before = name => name == step ? hangs.Task : Task.CompletedTask;
        return hangs;
    }

    /// <summary>Lets so much time pass, or less if the call ends before.</summary>
    private static async Task PassAsync(World world, Task call, TimeSpan longest)
    {
        DateTimeOffset until = world.Clock.GetUtcNow() + longest;
        while (!call.IsCompleted)
        {
            if (world.Clock.NextTimerIn is { } next && world.Clock.GetUtcNow() + next <= until)
                world.Clock.Advance(next);
            await Task.Yield();
        }
    }
}
