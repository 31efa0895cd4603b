using System.Net.Sockets;
using TokenLifecycle.Options;
using TokenLifecycle.Protocol;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.Protocol;

/// <summary>An answer that is in the socket when the deadline fires is an answer (docs/adr/0021).</summary>
[Trait("Rule", "FR-5")]
public sealed class StallWatchTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_answer_that_is_in_the_socket_when_the_deadline_fires_is_read(bool isBodyOnly)
    {
        var clock = new ManualTimeProvider();
        await using var server = new RawServer(RawServer.Response(Wire.Success()));
        using var stalled = new StalledNetwork(isBodyOnly);
        using var channel = new BackChannel(clock, stalled.Handler());
        Task<TokenReply> refresh = new TokenEndpoint(channel, clock).RefreshAsync(Options(server), "spent", new RequestTime(Deadline, TimeSpan.FromSeconds(50)));
        await stalled.Arrived;

        // The process stands still for fourteen seconds: the deadline fires late, together with the socket.
        clock.Advance(Deadline);
        clock.JumpWallClock(TimeSpan.FromSeconds(4));
        stalled.GoOn();

        (await refresh).IsSuccess.Should().BeTrue();
    }

    [Fact]
    public async Task Silence_is_given_up_when_this_process_has_shown_that_it_runs()
    {
        await Task.Yield(); // Out of the runner's context: what a timer lets go on has to go on within the call that moves the clock.
        var clock = new ManualTimeProvider();
        var never = new TaskCompletionSource();
        Task<bool> wait = new StallWatch(clock).EndsAsync(never.Task, new RequestTime(Deadline, Deadline * 5));

        clock.Advance(Deadline);
        wait.IsCompleted.Should().BeFalse("the look has only begun");
        clock.Advance(StallWatch.Look - TimeSpan.FromMilliseconds(1));
        wait.IsCompleted.Should().BeFalse();
        clock.Advance(TimeSpan.FromMilliseconds(1));

        (await wait).Should().BeFalse();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task While_waits_end_late_by_either_clock_the_work_counts_as_alive_until_the_bound(bool isMachineAsleep)
    {
        await Task.Yield(); // Out of the runner's context: what a timer lets go on has to go on within the call that moves the clock.
        var clock = new ManualTimeProvider();
        var late = new LateTimers(clock, isMachineAsleep);
        var never = new TaskCompletionSource();
        Task<bool> wait = new StallWatch(late).EndsAsync(never.Task, new RequestTime(Deadline, Deadline * 4));

        clock.Advance(Deadline);
        for (int second = 10; second < 39; second++)
        {
            wait.IsCompleted.Should().BeFalse("{0} s are not the bound", second);
            late.Pass(LateTimers.Lateness);
            late.Pass(LateTimers.Lateness);
        }

        for (int more = 0; more < 6; more++)
            late.Pass(LateTimers.Lateness);
        (await wait).Should().BeFalse("a busy process is not waited for beyond the bound");
    }

    [Fact]
    public async Task A_process_that_stands_still_is_waited_for_beyond_the_bound_until_it_goes_on()
    {
        await Task.Yield(); // As above.
        var clock = new ManualTimeProvider();
        var never = new TaskCompletionSource();
        Task<bool> wait = new StallWatch(clock).EndsAsync(never.Task, new RequestTime(Deadline, Deadline * 2));
        clock.Advance(Deadline);
        for (int minute = 0; minute < 3; minute++)
        {
            clock.JumpWallClock(TimeSpan.FromMinutes(1));
            clock.Advance(StallWatch.Tick);
            wait.IsCompleted.Should().BeFalse();
        }

        clock.Advance(StallWatch.Look);

        (await wait).Should().BeFalse();
    }

    [Fact]
    public async Task While_work_piles_up_in_the_pool_timers_on_time_prove_nothing()
    {
        await Task.Yield(); // As above.
        var clock = new ManualTimeProvider();
        bool hasBacklog = true;
        var never = new TaskCompletionSource();
        Task<bool> wait = new StallWatch(clock, () => hasBacklog).EndsAsync(never.Task, new RequestTime(Deadline, Deadline * 2));

        clock.Advance(Deadline * 3);
        wait.IsCompleted.Should().BeFalse();
        hasBacklog = false;
        clock.Advance(StallWatch.Look);

        (await wait).Should().BeFalse();
        hasBacklog = true;
        wait = new StallWatch(clock, () => hasBacklog).EndsAsync(never.Task, new RequestTime(Deadline, Deadline * 2));
        clock.Advance(Deadline * 21);
        (await wait).Should().BeFalse("not for ever");
    }

    [Fact]
    public async Task A_process_that_comes_back_beyond_the_bound_looks_all_the_same()
    {
        var clock = new ManualTimeProvider();
        var work = new TaskCompletionSource();
        Task<bool> wait = new StallWatch(clock).EndsAsync(work.Task, new RequestTime(Deadline, Deadline * 2));

        clock.JumpWallClock(TimeSpan.FromHours(8));
        clock.Advance(Deadline);
        wait.IsCompleted.Should().BeFalse();
        work.SetResult();

        (await wait).Should().BeTrue();
    }

    private static OAuthProviderOptions Options(RawServer server) => new() { ClientId = "client", TokenEndpoint = server.Origin + "/token", AllowHttpOnLoopback = true };

    /// <summary>Timers that fire late, as in a process that gets little of the processor.</summary>
    private sealed class LateTimers(ManualTimeProvider clock, bool isMachineAsleep) : TimeProvider
    {
        public static readonly TimeSpan Lateness = TimeSpan.FromMilliseconds(500);

        public override long TimestampFrequency => clock.TimestampFrequency;

        public void Pass(TimeSpan time)
        {
            if (isMachineAsleep)
                clock.JumpWallClock(time - StallWatch.Tick);
            clock.Advance(isMachineAsleep ? StallWatch.Tick : time);
        }

        public override DateTimeOffset GetUtcNow() => clock.GetUtcNow();

        public override long GetTimestamp() => clock.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            clock.CreateTimer(callback, state, dueTime >= Lateness || isMachineAsleep ? dueTime : Lateness, period);
    }

    /// <summary>A network whose answers arrive, while this process does not come to read them.</summary>
    private sealed class StalledNetwork(bool isBodyOnly) : IDisposable
    {
        private readonly TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Arrived => _arrived.Task;

        public void GoOn() => _goOn.TrySetResult();

        public SocketsHttpHandler Handler()
        {
            SocketsHttpHandler handler = BackChannel.CreateHandler();
            handler.ConnectCallback = async (context, cancel) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(context.DnsEndPoint, cancel);
                return new Stalled(socket, this, isBodyOnly);
            };
            return handler;
        }

        public void Dispose() => GoOn();

        private sealed class Stalled(Socket socket, StalledNetwork network, bool isBodyOnly) : NetworkStream(socket, ownsSocket: true)
        {
            private readonly Queue<byte> _held = [];
            private bool _headersAreOut;

            public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
            {
                if (buffer.IsEmpty)
                    return 0; // The handler asks whether there is something to read.
                if (_held.Count == 0)
                {
                    byte[] read = new byte[16 * 1024];
                    int length = await base.ReadAsync(read, cancellationToken);
                    foreach (byte one in read.AsSpan(0, length))
                        _held.Enqueue(one);
                }

                network._arrived.TrySetResult();
                if (!isBodyOnly || _headersAreOut)
                    await network._goOn.Task.WaitAsync(cancellationToken);

                int given = 0;
                while (given < buffer.Length && _held.TryDequeue(out byte next))
                {
                    buffer.Span[given++] = next;
                    if (isBodyOnly && !_headersAreOut && given >= 4 && buffer.Span[(given - 4)..given].SequenceEqual("\r\n\r\n"u8))
                    {
                        _headersAreOut = true;
                        break;
                    }
                }

                return given;
            }
        }
    }
}
