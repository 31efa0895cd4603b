using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>A13, A14, RF-5: work that outlives its callers, and callers who do not outlive their patience.</summary>
public sealed class CancellationTests
{
    [Fact]
    public async Task A14_Cancelling_the_first_of_a_hundred_callers_ends_only_their_wait()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        int saves = world.Store.CountOf("save");
        FaultHold hold = Fault.Hold();
        world.Server.TokenEndpoint.FailNext(hold);
        using var first = new CancellationTokenSource();
        Task<AccessToken> cancelled = world.Tokens.GetAccessTokenAsync(world.Key, first.Token).AsTask();
        Task<AccessToken>[] others = [.. Enumerable.Range(0, 99).Select(_ => world.GetAsync())];
        await hold.Reached;

        await first.CancelAsync();

        await FluentActions.Awaiting(() => cancelled).Should().ThrowAsync<OperationCanceledException>("its wait ends while the exchange goes on");
        hold.Release();
        AccessToken[] tokens = await Task.WhenAll(others);
        tokens.Select(token => token.Value).Distinct().Should().ContainSingle();
        (await world.StoredAsync()).Tokens.AccessToken.Should().Be(tokens[0].Value);
        world.Posts().Should().ContainSingle();
        world.Store.CountOf("save").Should().Be(saves + 1);
    }

    [Fact]
    public async Task A14_Cancelling_all_callers_ends_neither_the_exchange_nor_the_save()
    {
        var recorder = new EventRecorder();
        await using World world = await World.StartAsync(services: services => services.AddSingleton<ITokenLifecycleObserver>(recorder));
        await world.ConnectExpiredAsync();
        int saves = world.Store.CountOf("save");
        FaultHold hold = Fault.Hold();
        world.Server.TokenEndpoint.FailNext(hold);
        using var all = new CancellationTokenSource();
        Task<AccessToken>[] callers = [.. Enumerable.Range(0, 100).Select(_ => world.Tokens.GetAccessTokenAsync(world.Key, all.Token).AsTask())];
        await hold.Reached;

        await all.CancelAsync();

        foreach (Task<AccessToken> caller in callers)
            await FluentActions.Awaiting(() => caller).Should().ThrowAsync<OperationCanceledException>();
        hold.Release();
        await recorder.WaitForAsync(TokenEventKind.Refreshed);
        (await world.GetAsync()).Value.Should().Be((await world.StoredAsync()).Tokens.AccessToken);
        world.Posts().Should().ContainSingle();
        world.Store.CountOf("save").Should().Be(saves + 1);
    }

    [Theory]
    [InlineData("begin")]
    [InlineData("save")]
    public async Task RF_5_F10_A_caller_who_leaves_at_any_step_stops_nothing(string step)
    {
        var recorder = new EventRecorder();
        await using World world = await World.StartAsync(services: services => services.AddSingleton<ITokenLifecycleObserver>(recorder));
        await world.ConnectExpiredAsync();
        var reached = new TaskCompletionSource();
        var gate = new TaskCompletionSource();
        world.Store.Before = name =>
        {
            if (name != step)
                return Task.CompletedTask;
            reached.TrySetResult();
            return gate.Task;
        };
        using var caller = new CancellationTokenSource();
        Task<AccessToken> get = world.Tokens.GetAccessTokenAsync(world.Key, caller.Token).AsTask();
        await reached.Task;

        await caller.CancelAsync();

        await FluentActions.Awaiting(() => get).Should().ThrowAsync<OperationCanceledException>();
        gate.SetResult();
        await recorder.WaitForAsync(TokenEventKind.Refreshed);
        world.Posts().Should().ContainSingle();
        world.Server.IsLive((await world.StoredAsync()).Tokens.RefreshToken!).Should().BeTrue();
    }

    [Fact]
    public async Task A13_A_server_that_never_answers_holds_nobody_beyond_the_deadline()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        FaultHold hold = Fault.Hold();
        world.Server.TokenEndpoint.FailNext(hold);
        Task<AccessToken>[] callers = [.. Enumerable.Range(0, 100).Select(_ => world.GetAsync())];
        await hold.Reached;

        world.Clock.Advance(TimeSpan.FromSeconds(11));

        foreach (Task<AccessToken> caller in callers)
            (await FluentActions.Awaiting(() => caller).Should().ThrowAsync<TokenTemporarilyUnavailableException>()).Which.Kind.Should().Be(TokenFailureKind.NoAnswer);
        world.Clock.Advance(TimeSpan.FromSeconds(12));
        (await world.GetAsync()).ExpiresAt.Should().Be(world.Clock.GetUtcNow() + TimeSpan.FromHours(1), "the next call begins a new attempt, without a restart");
    }

    [Theory]
    [InlineData("find")]
    [InlineData("begin")]
    public async Task A13_A_store_that_never_answers_holds_nobody_beyond_the_deadline(string step)
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        var reached = new TaskCompletionSource();
        var never = new TaskCompletionSource();
        world.Store.Before = name =>
        {
            if (name != step)
                return Task.CompletedTask;
            reached.TrySetResult();
            return never.Task;
        };
        Task<AccessToken> get = world.GetAsync();
        await reached.Task;
        await world.Clock.WaitForTimersAsync(1); // The deadline.

        world.Clock.Advance(TimeSpan.FromSeconds(11));

        (await FluentActions.Awaiting(() => get).Should().ThrowAsync<TokenTemporarilyUnavailableException>()).Which.Kind.Should().Be(TokenFailureKind.StoreUnavailable);
        world.Store.Recover();
        world.Clock.Advance(TimeSpan.FromSeconds(5));
        await world.GetAsync();
        never.SetResult();
    }

    [Fact]
    public async Task A13_A_store_that_blocks_its_thread_does_not_hold_its_callers()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        using var goOn = new ManualResetEventSlim();
        world.Store.ReadsWithoutBlocking = false; // As a store does that says nothing of it.
        world.Store.Before = name =>
        {
            if (name == "find")
                goOn.Wait(TimeSpan.FromSeconds(30));
            return Task.CompletedTask;
        };
        using var patience = new CancellationTokenSource();

        Task<AccessToken> get = world.Tokens.GetAccessTokenAsync(world.Key, patience.Token).AsTask();
        await patience.CancelAsync();

        await FluentActions.Awaiting(() => get).Should().ThrowAsync<OperationCanceledException>();
        goOn.Set();
        await world.GetAsync();
    }

    [Fact]
    public async Task A13_A_store_that_never_answers_a_save_does_not_hold_back_the_token()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        var reached = new TaskCompletionSource();
        var never = new TaskCompletionSource();
        world.Store.Before = name =>
        {
            if (name != "save")
                return Task.CompletedTask;
            reached.TrySetResult();
            return never.Task;
        };
        Task<AccessToken> get = world.GetAsync();
        await reached.Task;
        while (!get.IsCompleted)
        {
            if (world.Clock.NextTimerIn is { } next) // The store's deadline is armed when it has been asked, and that may be now.
                world.Clock.Advance(next);
            await Task.Yield();
        }

        (await get).ExpiresAt.Should().BeAfter(world.Clock.GetUtcNow());
        world.Posts().Should().ContainSingle();
        never.SetResult();
    }

    [Fact]
    public async Task A14_A_call_that_is_already_cancelled_begins_nothing()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        var cancelled = new CancellationToken(canceled: true);

        await FluentActions.Awaiting(() => world.Tokens.GetAccessTokenAsync(world.Key, cancelled).AsTask()).Should().ThrowAsync<OperationCanceledException>();
        await FluentActions.Awaiting(() => world.Tokens.RefreshAsync(world.Key, rejected: null, cancelled)).Should().ThrowAsync<OperationCanceledException>();
        await FluentActions.Awaiting(() => world.Tokens.DisconnectAsync(world.Key, cancelled)).Should().ThrowAsync<OperationCanceledException>();
        await FluentActions.Awaiting(() => world.Tokens.SaveAsync(world.Key, world.Server.IssueTokens(world.User), cancelled)).Should().ThrowAsync<OperationCanceledException>();

        (await world.StoredAsync()).Version.Should().Be(1);
        world.Store.Calls.Should().NotContain("begin");
        world.Posts().Should().BeEmpty();
    }
}
