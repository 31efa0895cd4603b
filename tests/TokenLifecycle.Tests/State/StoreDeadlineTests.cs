using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Concurrency;
using TokenLifecycle.State;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.State;

/// <summary>A store, or a protector before it, that does not return, however it does that.</summary>
public sealed class StoreDeadlineTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    [Fact]
    [Trait("Rule", "FR-4")]
    public async Task A_protector_that_blocks_its_thread_holds_the_background_refresh_no_longer_than_the_deadline()
    {
        using var protector = new BlockingProtector();
        await using World world = await World.StartAsync(services: s => s.AddSingleton<ITokenProtector>(protector));
        await world.ConnectAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(59));
        protector.Block();

        Task pass = world.PassAsync();
        await world.UntilAsync(() => pass.IsCompleted);

        await FluentActions.Awaiting(() => pass).Should().ThrowAsync<TimeoutException>();
        protector.Release();
        world.Clock.Advance(TimeSpan.FromMinutes(2)); // The lease that was taken runs out.
        await world.PassAsync();
        world.Refreshes.Should().Be(1);
    }

    [Fact]
    [Trait("Rule", "FR-4")]
    public async Task A_protector_that_blocks_its_thread_while_new_tokens_are_saved_keeps_them_from_nobody()
    {
        using var protector = new BlockingProtector();
        await using World world = await World.StartAsync(services: s => s.AddSingleton<ITokenProtector>(protector));
        await world.ConnectExpiredAsync();
        protector.BlocksProtect = true;
        protector.Block();

        Task<AccessToken> get = world.GetAsync();
        await protector.Reached;
        await world.UntilAsync(() => get.IsCompleted);

        AccessToken token = await get;
        world.Server.IsLive(token.Value).Should().BeTrue();
        protector.Release();
        await world.UntilAsync(() => world.Services.GetRequiredService<PendingSaveQueue>().PendingCount == 0);
    }

    [Fact]
    [Trait("Rule", "FR-4")]
    public async Task A_store_that_never_returns_is_hardly_called_any_more()
    {
        var clock = new ManualTimeProvider();
        var deadline = new StoreDeadline(WorkScheduler.Default, clock);
        Task<int>[] all = [.. Enumerable.Range(0, 64).Select(_ => deadline.RunAsync(Deadline, _ => new TaskCompletionSource<int>().Task, mayBlock: true))];
        await clock.RunAsync(Task.WhenAll(all.Select(one => ((Task)one).ContinueWith(static _ => { }, TaskScheduler.Default))));
        all.Should().OnlyContain(one => one.IsFaulted);

        await FluentActions.Awaiting(() => deadline.RunAsync(Deadline, _ => Task.FromResult(2), mayBlock: true)).Should().ThrowAsync<TimeoutException>("it is not called");
        clock.Advance(TimeSpan.FromMinutes(1));
        (await deadline.RunAsync(Deadline, _ => Task.FromResult(3), mayBlock: true)).Should().Be(3, "one finds out");
        (await deadline.RunAsync(Deadline, _ => Task.FromResult(4), mayBlock: true)).Should().Be(4, "it answers again");
    }

    [Fact]
    [Trait("Rule", "FR-4")]
    public async Task What_a_store_does_to_cancel_a_call_holds_up_nobody()
    {
        var clock = new ManualTimeProvider();
        var deadline = new StoreDeadline(WorkScheduler.Default, clock);
        using var blocked = new ManualResetEventSlim();

        Task<int> call = deadline.RunAsync(
            Deadline,
            cancellationToken =>
            {
                cancellationToken.Register(() => blocked.Wait(CancellationToken.None));
                return new TaskCompletionSource<int>().Task;
            },
            mayBlock: false);
        await clock.RunAsync(((Task)call).ContinueWith(static _ => { }, TaskScheduler.Default));

        await FluentActions.Awaiting(() => call).Should().ThrowAsync<TimeoutException>();
        blocked.Set();
    }

    /// <summary>A protector of an app's, which asks a key service and waits for it on its thread.</summary>
    private sealed class BlockingProtector : ITokenProtector, IDisposable
    {
        private readonly ManualResetEventSlim _open = new(initialState: true);
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool BlocksProtect { get; set; }

        public Task Reached => _reached.Task.WaitAsync(TimeSpan.FromSeconds(30));

        public void Block() => _open.Reset();

        public void Release() => _open.Set();

        public string Protect(TokenKey key, string field, string value)
        {
            if (BlocksProtect)
                Wait();
            return "x" + value;
        }

        public string Unprotect(TokenKey key, string field, string payload)
        {
            if (!BlocksProtect)
                Wait();
            return payload[1..];
        }

        public void Dispose() => _open.Dispose();

        private void Wait()
        {
            if (!_open.IsSet)
                _reached.TrySetResult();
            _open.Wait();
        }
    }
}
