using TokenLifecycle.Concurrency;

namespace TokenLifecycle.Tests.Concurrency;

public sealed class SingleFlightTests
{
    private static readonly TokenKey Key = new("acme", "ada");

    private readonly SingleFlight<int> _flights = new(WorkScheduler.Default);

    [Fact]
    public async Task A1_All_who_come_while_the_work_goes_on_share_it()
    {
        var gate = new TaskCompletionSource<int>();
        int runs = 0;

        Task<int>[] waits = [.. Enumerable.Range(0, 100).Select(_ => _flights.Run(Key, Work, out bool _))];
        gate.SetResult(7);

        (await Task.WhenAll(waits)).Should().OnlyContain(result => result == 7);
        runs.Should().Be(1);

        Task<int> Work()
        {
            Interlocked.Increment(ref runs);
            return gate.Task;
        }
    }

    [Fact]
    public async Task A1_A_thousand_threads_at_once_begin_one_piece_of_work()
    {
        for (int round = 0; round < 20; round++)
        {
            var gate = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
            int begun = 0;
            Task<Task<int>>[] callers = [.. Enumerable.Range(0, 1000).Select(_ => Task.Run(() =>
            {
                Task<int> wait = _flights.Run(Key, () => gate.Task, out bool started);
                if (started)
                    Interlocked.Increment(ref begun);
                return Task.FromResult(wait);
            }))];
            Task<int>[] waits = await Task.WhenAll(callers);
            gate.SetResult(round);

            (await Task.WhenAll(waits)).Should().OnlyContain(result => result == round);
            begun.Should().Be(1);
        }
    }

    [Fact]
    public async Task The_work_is_over_before_its_result_is_seen()
    {
        for (int i = 0; i < 1000; i++)
        {
            await _flights.Run(Key, () => Task.FromResult(1), out bool started);
            started.Should().BeTrue("whoever has seen the result of a flight must not be given it again");
        }
    }

    [Fact]
    public async Task A_late_waiter_cannot_drop_a_newer_flight()
    {
        var first = new TaskCompletionSource<int>();
        var second = new TaskCompletionSource<int>();
        Task<int>[] late = [.. Enumerable.Range(0, 50).Select(_ => _flights.Run(Key, () => first.Task, out bool _))];
        first.SetResult(1);
        await late[0];

        Task<int> newer = _flights.Run(Key, () => second.Task, out bool started);
        await Task.WhenAll(late); // All of the first flight's waiters have gone their way, while the second goes on.
        Task<int> joined = _flights.Run(Key, () => Task.FromResult(3), out bool startedAgain);
        second.SetResult(2);

        started.Should().BeTrue();
        startedAgain.Should().BeFalse();
        (await newer).Should().Be(2);
        (await joined).Should().Be(2);
    }

    [Fact]
    public async Task Work_that_fails_fails_for_all_and_is_forgotten()
    {
        var gate = new TaskCompletionSource<int>();
        Task<int>[] waits = [.. Enumerable.Range(0, 3).Select(_ => _flights.Run(Key, () => gate.Task, out bool _))];
        gate.SetException(new InvalidOperationException("no"));

        foreach (Task<int> wait in waits)
            await FluentActions.Awaiting(() => wait).Should().ThrowAsync<InvalidOperationException>();
        (await _flights.Run(Key, () => Task.FromResult(4), out bool started)).Should().Be(4);
        started.Should().BeTrue();
    }

    [Fact]
    public async Task Work_that_throws_at_once_does_not_throw_at_the_caller()
    {
        Task<int> wait = _flights.Run(Key, () => throw new InvalidOperationException("at once"), out bool _);

        await FluentActions.Awaiting(() => wait).Should().ThrowAsync<InvalidOperationException>();
    }

    [Fact]
    public async Task Two_connections_do_not_wait_for_each_other()
    {
        var gate = new TaskCompletionSource<int>();
        Task<int> slow = _flights.Run(Key, () => gate.Task, out bool _);

        (await _flights.Run(new TokenKey("acme", "bob"), () => Task.FromResult(2), out bool started)).Should().Be(2);

        started.Should().BeTrue();
        slow.IsCompleted.Should().BeFalse();
        gate.SetResult(1);
        await slow;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_work_does_not_run_in_the_context_of_the_caller_who_began_it(bool isNeverBlocking)
    {
        await WarmUpAsync();
        var user = new AsyncLocal<string?> { Value = "ada" };

        string? seen = "not run", seenLater = "not run", after = "not run";
        await Task.Run(async () => // Without the tests' synchronization context.
        {
            await _flights.Run(
                Key,
                async () =>
                {
                    seen = user.Value;
                    user.Value = "somebody else";
                    await Task.Yield();
                    seenLater = user.Value;
                    return 1;
                },
                out bool _,
                isNeverBlocking);
            after = user.Value;
        });

        new[] { seen, seenLater, after }.Should().Equal(null, "somebody else", "ada");
    }

    [Fact]
    public async Task Work_that_never_blocks_begins_where_its_caller_is()
    {
        await WarmUpAsync();
        await Task.Run(() => // Without the tests' synchronization context.
        {
            int here = Environment.CurrentManagedThreadId, there = 0;

            Task<int> result = _flights.Run(Key, () => Task.FromResult(there = Environment.CurrentManagedThreadId), out bool _, isNeverBlocking: true);

            result.IsCompletedSuccessfully.Should().BeTrue();
            there.Should().Be(here);
        });
    }

    [Fact]
    public async Task A13_Work_that_may_block_holds_its_caller_for_no_moment()
    {
        await WarmUpAsync();
        using var goOn = new ManualResetEventSlim();

        Task<int> result = _flights.Run(
            Key,
            () =>
            {
                goOn.Wait(TimeSpan.FromSeconds(30));
                return Task.FromResult(1);
            },
            out bool _);

        result.IsCompleted.Should().BeFalse("the caller is here again while the work has not ended");
        goOn.Set();
        (await result).Should().Be(1);
    }

    [Theory]
    [InlineData("synchronization context")]
    [InlineData("scheduler")]
    public async Task Work_does_not_run_on_a_thread_that_its_caller_keeps_for_something_else(string bound)
    {
        await WarmUpAsync();
        using var ownThreads = new OwnThreads();

        bool? isBound = null;
        Task<int> wait = await Task.Factory.StartNew(
            () =>
            {
                if (bound == "synchronization context")
                    SynchronizationContext.SetSynchronizationContext(new SynchronizationContext());
                return _flights.Run(
                    Key,
                    () =>
                    {
                        isBound = SynchronizationContext.Current is not null || TaskScheduler.Current != TaskScheduler.Default;
                        return Task.FromResult(1);
                    },
                    out bool _,
                    isNeverBlocking: true);
            },
            CancellationToken.None,
            TaskCreationOptions.None,
            bound == "scheduler" ? ownThreads : TaskScheduler.Default);

        (await wait).Should().Be(1);
        isBound.Should().BeFalse();
    }

    [Fact]
    public async Task A1_Who_began_the_work_and_is_long_busy_with_its_result_holds_back_nobody()
    {
        var gate = new TaskCompletionSource<int>();
        using var through = new ManualResetEventSlim();
        Task<int> own = _flights.Run(Key, () => gate.Task, out bool _);
        Task busy = own.ContinueWith(_ => through.Wait(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        Task<int> joined = _flights.Run(Key, () => gate.Task, out bool started);
        Task idle = _flights.WhenIdleAsync();

        _ = Task.Run(() => gate.SetResult(7));

        started.Should().BeFalse();
        (await joined.WaitAsync(TimeSpan.FromSeconds(30))).Should().Be(7);
        await idle.WaitAsync(TimeSpan.FromSeconds(30));
        busy.IsCompleted.Should().BeFalse();
        through.Set();
        await busy;
    }

    [Fact]
    public async Task Idle_comes_when_all_that_was_under_way_has_ended()
    {
        var gates = new TaskCompletionSource<int>[] { new(), new() };
        _ = _flights.Run(Key, () => gates[0].Task, out bool _);
        _ = _flights.Run(new TokenKey("acme", "bob"), () => gates[1].Task, out bool _);

        Task idle = _flights.WhenIdleAsync();
        gates[0].SetResult(1);
        idle.IsCompleted.Should().BeFalse();
        gates[1].SetResult(1);

        await idle;
    }

    /// <summary>The first work of all begins on the pool, whatever is said of it.</summary>
    private async Task WarmUpAsync() => await _flights.Run(new TokenKey("acme", "first"), () => Task.FromResult(0), out bool _, isNeverBlocking: true);

    /// <summary>A scheduler with a thread for each task, as actors and user interfaces have of their own.</summary>
    private sealed class OwnThreads : TaskScheduler, IDisposable
    {
        private readonly List<Thread> _threads = [];

        public void Dispose() => _threads.ForEach(static thread => thread.Join());

        protected override void QueueTask(Task task)
        {
            var thread = new Thread(() => TryExecuteTask(task));
            _threads.Add(thread);
            thread.Start();
        }

        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

        protected override IEnumerable<Task> GetScheduledTasks() => [];
    }
}
