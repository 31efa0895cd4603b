using System.Net;
using System.Net.Sockets;
using TokenLifecycle.Protocol;

namespace TokenLifecycle.Tests.Protocol;

/// <summary>One address that is a black hole does not make a provider unreachable (RFC 8305).</summary>
[Trait("Rule", "FR-16")]
public sealed class StaggeredConnectorTests
{
    private const string Name = "http://localhost:"; // Where it leads is said by the test.

    [Fact]
    public async Task A_black_hole_among_the_addresses_is_passed_by()
    {
        await using var server = new RawServer(RawServer.Response(Wire.Success()));
        using var hole = new BlackHole(IPAddress.Parse("127.0.0.2"), server.Port);
        using Wire wire = WireTo(hole.Address, IPAddress.Loopback);

        TokenReply reply = await wire.RefreshAsync(Name + server.Port);

        reply.IsSuccess.Should().BeTrue(reply.Detail);
        server.Connections.Should().Be(1);
    }

    [Fact]
    public async Task An_address_that_refuses_is_followed_by_the_next_at_once()
    {
        await using var server = new RawServer(RawServer.Response(Wire.Success()));
        using Wire wire = WireTo(new FrozenTime(), IPAddress.Parse("127.0.0.3"), IPAddress.Parse("127.0.0.4"), IPAddress.Loopback);

        (await wire.RefreshAsync(Name + server.Port)).IsSuccess.Should().BeTrue("no time passes, and none is waited for");
    }

    [Fact]
    public async Task A_late_winner_beside_the_first_is_closed()
    {
        await using var server = new RawServer(RawServer.Response(Wire.Success()));
        using Wire wire = WireTo(IPAddress.Loopback, IPAddress.Loopback);

        (await wire.RefreshAsync(Name + server.Port)).IsSuccess.Should().BeTrue();

        server.Connections.Should().Be(1, "the first one answered before the second was due");
    }

    [Fact]
    public async Task Where_no_address_answers_nothing_is_sent()
    {
        using var first = new BlackHole(IPAddress.Parse("127.0.0.2"), port: 0);
        using var second = new BlackHole(IPAddress.Parse("127.0.0.3"), first.Port);
        using Wire wire = WireTo(first.Address, second.Address);

        TokenReply reply = await wire.RefreshAsync(Name + first.Port, TimeSpan.FromSeconds(1));

        reply.Outcome.Should().Be(TokenOutcome.NotSent);
    }

    [Fact]
    public async Task A_name_without_an_address_is_not_sent()
    {
        using Wire wire = WireTo();

        TokenReply reply = await wire.RefreshAsync(Name + "1");

        (reply.Outcome, reply.Detail).Should().Be((TokenOutcome.NotSent, "The request could not be sent (NameResolutionError)"));
    }

    [Fact]
    public void The_families_take_turns_beginning_with_the_preferred_one()
    {
        IPAddress[] addresses = [.. new[] { "2001:db8::1", "2001:db8::2", "2001:db8::3", "192.0.2.1", "192.0.2.2" }.Select(IPAddress.Parse)];

        StaggeredConnector.InTurn(addresses).Select(static address => address.ToString())
            .Should().Equal("2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2", "2001:db8::3");
    }

    private static Wire WireTo(params IPAddress[] addresses) => WireTo(TimeProvider.System, addresses);

    private static Wire WireTo(TimeProvider time, params IPAddress[] addresses) =>
        new(BackChannel.CreateHandler(new StaggeredConnector(time, (_, _) => Task.FromResult(addresses))));

    /// <summary>Timers never fire.</summary>
    private sealed class FrozenTime : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            System.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>An address where nothing answers, as behind a firewall that drops: its backlog is full, so the system answers no further connection.</summary>
    private sealed class BlackHole : IDisposable
    {
        private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        private readonly List<Socket> _queue = [];

        public BlackHole(IPAddress address, int port)
        {
            Address = address;
            _listener.Bind(new IPEndPoint(address, port));
            _listener.Listen(0);
            for (int i = 0; i < 8; i++)
            {
                var waiting = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
                _queue.Add(waiting);
                try
                {
                    waiting.Connect(_listener.LocalEndPoint!);
                }
                catch (SocketException begun) when (begun.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
                {
                    // It goes on by itself, as far as it gets.
                }
            }
        }

        public IPAddress Address { get; }

        public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

        public void Dispose()
        {
            _listener.Dispose();
            foreach (Socket waiting in _queue)
                waiting.Dispose();
        }
    }
}
