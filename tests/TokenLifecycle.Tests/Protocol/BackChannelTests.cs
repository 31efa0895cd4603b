using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using TokenLifecycle.Protocol;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.Protocol;

public sealed class BackChannelTests : IDisposable
{
    private const string Name = "http://localhost:8"; // Where it leads is said by the test.

    private readonly Wire _wire = new();

    public void Dispose() => _wire.Dispose();

    [Fact]
    public async Task RF_7_A_refused_connection_is_not_sent()
    {
        TokenReply reply = await _wire.RefreshAsync($"http://127.0.0.1:{UnusedPort()}");

        reply.Outcome.Should().Be(TokenOutcome.NotSent);
        reply.Failure.Should().Be(TokenFailureKind.Network);
        reply.Error.Should().BeNull();
        reply.Detail.Should().Contain("ConnectionError");
    }

    [Fact]
    public async Task RF_7_F38_A_name_that_does_not_resolve_is_not_sent()
    {
        TokenReply reply = await _wire.RefreshAsync("https://no-such-host.invalid", TimeSpan.FromSeconds(5));

        reply.Outcome.Should().Be(TokenOutcome.NotSent);
        reply.Failure.Should().Be(TokenFailureKind.Network);
    }

    [Fact]
    public async Task RF_7_F39_A_tls_handshake_that_stalls_until_the_deadline_is_not_sent()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();

        TokenReply reply = await _wire.RefreshAsync($"https://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}", Wire.Short);

        reply.Outcome.Should().Be(TokenOutcome.NotSent);
        reply.Detail.Should().Be("No connection within the deadline");
    }

    [Fact]
    public async Task RF_7_F22_Silence_after_the_request_is_unknown()
    {
        await using var server = new RawServer(Silence);

        TokenReply reply = await _wire.RefreshAsync(server.Origin, Wire.Short);

        reply.Outcome.Should().Be(TokenOutcome.Unknown);
        reply.Failure.Should().Be(TokenFailureKind.NoAnswer);
        reply.Error.Should().BeNull();
        reply.HttpStatus.Should().BeNull();
        server.Requests.Should().ContainSingle();
    }

    [Fact]
    public async Task F38_A_provider_that_moves_to_another_address_is_found_there_within_the_lifetime_of_a_connection_and_one_whose_name_is_lost_meanwhile_is_not_lost()
    {
        await using var here = new RawServer(RawServer.Response(Wire.Success()));
        await using var there = new RawServer(RawServer.Response(Wire.Success()));
        RawServer? named = here;
        SocketsHttpHandler handler = BackChannel.CreateHandler();
        handler.PooledConnectionLifetime.Should().BePositive().And.BeLessThanOrEqualTo(TimeSpan.FromMinutes(5), "a name is looked up when a connection is made");
        handler.ConnectCallback = async (_, cancel) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, (named ?? throw new SocketException((int)SocketError.HostNotFound)).Port, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        };
        using var wire = new Wire(handler);
        (await wire.RefreshAsync(Name)).IsSuccess.Should().BeTrue();

        // The name service is down: the connection that is there goes on, and nothing is sent where there is none.
        named = null;
        (await wire.RefreshAsync(Name)).IsSuccess.Should().BeTrue();
        here.Connections.Should().Be(1);
        SocketsHttpHandler fresh = BackChannel.CreateHandler();
        fresh.ConnectCallback = handler.ConnectCallback;
        using var nobody = new Wire(fresh);
        (await nobody.RefreshAsync(Name)).Outcome.Should().Be(TokenOutcome.NotSent);

        // It is back, with another address.
        SocketsHttpHandler brief = BackChannel.CreateHandler();
        (brief.ConnectCallback, brief.PooledConnectionLifetime) = (handler.ConnectCallback, TimeSpan.FromMilliseconds(50));
        using var moving = new Wire(brief);
        named = here;
        (await moving.RefreshAsync(Name)).IsSuccess.Should().BeTrue();
        named = there;
        while (there.Requests.Count == 0)
            (await moving.RefreshAsync(Name)).IsSuccess.Should().BeTrue("the old address answers until then");
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 O")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Le")]
    public async Task RF_7_B5_A_connection_lost_before_the_headers_is_unknown(string start)
    {
        await using var server = new RawServer((_, wire, stop) => SendAndCloseAsync(wire, start, stop));

        TokenReply reply = await _wire.RefreshAsync(server.Origin);

        reply.Outcome.Should().Be(TokenOutcome.Unknown);
        reply.Failure.Should().Be(TokenFailureKind.NoAnswer);
    }

    [Fact]
    public async Task RF_7_What_is_not_http_is_unknown()
    {
        await using var server = new RawServer((_, wire, stop) => SendAndCloseAsync(wire, "SSH-2.0-OpenSSH_9.6\r\n\r\n", stop));

        TokenReply reply = await _wire.RefreshAsync(server.Origin);

        reply.Outcome.Should().Be(TokenOutcome.Unknown);
        reply.Tokens.Should().BeNull();
    }

    [Fact]
    public async Task F25_B6_A_body_shorter_than_promised_is_unknown_and_its_refresh_token_is_salvaged()
    {
        string refreshToken = Canary.New("rt");
        string body = $$"""{"refresh_token":"{{refreshToken}}","access_token":"abc","token_type":"Bearer"}""";
        string response = $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {body.Length + 9}\r\n\r\n{body}";
        await using var server = new RawServer((_, wire, stop) => SendAndCloseAsync(wire, response, stop));

        TokenReply reply = await _wire.RefreshAsync(server.Origin);

        reply.Outcome.Should().Be(TokenOutcome.Unknown);
        reply.Tokens.Should().BeNull();
        reply.SalvagedRefreshToken.Should().Be(refreshToken);
        reply.HttpStatus.Should().Be(200);
    }

    [Fact]
    public async Task DL_2_B6_F22_A_slow_drip_ends_at_the_total_deadline_and_what_came_is_salvaged()
    {
        string refreshToken = Canary.New("rt");
        string start = $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{{\"refresh_token\":\"{refreshToken}\"";
        await using var server = new RawServer(async (_, wire, stop) =>
        {
            await wire.WriteAsync(Encoding.UTF8.GetBytes(start), stop);
            using var drip = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
            while (await drip.WaitForNextTickAsync(stop))
                await wire.WriteAsync(" "u8.ToArray(), stop);
            return false;
        });
        long begun = TimeProvider.System.GetTimestamp();

        TokenReply reply = await _wire.RefreshAsync(server.Origin, Wire.Short);

        TimeProvider.System.GetElapsedTime(begun).Should().BeLessThan(TimeSpan.FromSeconds(10));
        reply.Outcome.Should().Be(TokenOutcome.Unknown);
        reply.Detail.Should().Be("The answer was not complete within the deadline");
        reply.SalvagedRefreshToken.Should().Be(refreshToken);
    }

    [Fact]
    [Trait("Rule", "FR-5")]
    public async Task A_response_that_has_arrived_is_read_even_if_this_process_comes_to_it_after_the_deadline()
    {
        await using var server = new RawServer(async (_, wire, stop) =>
        {
            string body = Wire.Success();
            await wire.WriteAsync(Encoding.UTF8.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}"), stop);
            return true;
        });
        using var wire = new Wire(new SlowProcess(BackChannel.CreateHandler()));

        TokenReply reply = await wire.RefreshAsync(server.Origin, Wire.Short);

        reply.Outcome.Should().Be(TokenOutcome.Success);
        reply.Tokens!.RefreshToken.Should().NotBeNull();
    }

    /// <summary>Comes to read a response only when the deadline has passed.</summary>
    private sealed class SlowProcess(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return response;
        }
    }

    [Fact]
    public async Task DL_2_F22_Headers_that_drip_end_at_the_total_deadline_too()
    {
        await using var server = new RawServer(async (_, wire, stop) =>
        {
            await wire.WriteAsync("HTTP/1.1 200 OK\r\nX: "u8.ToArray(), stop);
            using var drip = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
            while (await drip.WaitForNextTickAsync(stop))
                await wire.WriteAsync("x"u8.ToArray(), stop);
            return false;
        });

        TokenReply reply = await _wire.RefreshAsync(server.Origin, Wire.Short);

        reply.Outcome.Should().Be(TokenOutcome.Unknown);
        reply.Failure.Should().Be(TokenFailureKind.NoAnswer);
    }

    [Fact]
    public async Task DL_1_A_gzip_bomb_is_cut_at_the_cap()
    {
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            byte[] zeros = new byte[1024 * 1024];
            for (int i = 0; i < 64; i++)
                await gzip.WriteAsync(zeros);
        }

        await using var server = new RawServer(async (_, wire, stop) =>
        {
            await wire.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: {packed.Length}\r\n\r\n"), stop);
            await wire.WriteAsync(packed.ToArray(), stop);
            return true;
        });

        packed.Length.Should().BeLessThan(100_000);
        await ShouldBeCutAsync(server);
    }

    [Fact]
    public async Task DL_1_An_endless_stream_is_cut_at_the_cap()
    {
        long written = 0;
        await using var server = new RawServer(async (_, wire, stop) =>
        {
            await wire.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"u8.ToArray(), stop);
            byte[] chunk = Encoding.ASCII.GetBytes("1000\r\n" + new string(' ', 0x1000) + "\r\n");
            while (true)
            {
                await wire.WriteAsync(chunk, stop);
                Interlocked.Add(ref written, chunk.Length);
            }
        });

        await ShouldBeCutAsync(server);

        Interlocked.Read(ref written).Should().BeLessThan(64 * 1024 * 1024, "the connection is closed, not drained");
    }

    [Fact]
    public async Task DL_1_F26_Huge_headers_are_refused()
    {
        await using var server = new RawServer(RawServer.Response(Wire.Success(), headers: $"X-Big: {new string('x', 40_000)}\r\n"));

        TokenReply reply = await _wire.RefreshAsync(server.Origin);

        reply.Outcome.Should().Be(TokenOutcome.Unknown);
        reply.Failure.Should().Be(TokenFailureKind.ProtocolError);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public async Task DL_1_A_body_is_whole_up_to_the_cap_and_refused_above_it(int above, bool taken)
    {
        string body = Wire.Success();
        body = body[..^1] + new string(' ', BackChannel.BodyCap + above - body.Length) + "}";
        await using var server = new RawServer(RawServer.Response(body));

        (await _wire.RefreshAsync(server.Origin)).IsSuccess.Should().Be(taken);
    }

    [Fact]
    public async Task F26_A_body_that_cannot_be_decompressed_is_unknown()
    {
        await using var server = new RawServer(RawServer.Response(Wire.Success(), headers: "Content-Encoding: gzip\r\n"));

        TokenReply reply = await _wire.RefreshAsync(server.Origin);

        reply.Outcome.Should().Be(TokenOutcome.Unknown);
        reply.Failure.Should().Be(TokenFailureKind.ProtocolError);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    public async Task A_compressed_answer_is_read(string encoding)
    {
        using var packed = new MemoryStream();
        await using (Stream pack = encoding switch
        {
            "gzip" => new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true),
            "br" => new BrotliStream(packed, CompressionLevel.Fastest, leaveOpen: true),
            _ => new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true),
        })
        {
            await pack.WriteAsync(Encoding.UTF8.GetBytes(Wire.Success()));
        }

        await using var server = new RawServer(async (_, wire, stop) =>
        {
            await wire.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: {encoding}\r\nContent-Length: {packed.Length}\r\n\r\n"), stop);
            await wire.WriteAsync(packed.ToArray(), stop);
            return true;
        });

        (await _wire.RefreshAsync(server.Origin)).IsSuccess.Should().BeTrue();
    }

    [Fact]
    public async Task F9_Disposing_the_channel_does_not_abort_a_request_under_way()
    {
        var received = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = new RawServer(async (_, wire, stop) =>
        {
            received.SetResult();
            await release.Task.WaitAsync(stop);
            await wire.WriteAsync(Encoding.UTF8.GetBytes(RawServer.Response(Wire.Success())), stop);
            return false;
        });
        var wire = new Wire();
        Task<TokenReply> refresh = wire.RefreshAsync(server.Origin);
        await received.Task;

        wire.Dispose();
        release.SetResult();

        (await refresh).IsSuccess.Should().BeTrue();
        (await wire.RefreshAsync(server.Origin)).Outcome.Should().Be(TokenOutcome.NotSent);
    }

    [Fact]
    public async Task A_deadline_of_nothing_sends_nothing()
    {
        await using var server = new RawServer(RawServer.Response(Wire.Success()));

        (await _wire.RefreshAsync(server.Origin, TimeSpan.FromSeconds(-1))).Outcome.Should().Be(TokenOutcome.NotSent);

        server.Requests.Should().BeEmpty();
    }

    [Fact]
    public async Task RF_7_A_body_that_was_abandoned_never_leaves_later()
    {
        using var content = new SingleUseContent("x"u8.ToArray(), "text/plain");

        content.TryAbandon().Should().BeTrue();
        content.TryAbandon().Should().BeTrue();

        await content.Invoking(c => c.CopyToAsync(Stream.Null)).Should().ThrowAsync<InvalidOperationException>();
    }

    [Fact]
    public async Task RF_7_A_body_that_has_left_cannot_be_abandoned_or_sent_again()
    {
        using var content = new SingleUseContent("x"u8.ToArray(), "text/plain");
        await content.CopyToAsync(Stream.Null);

        content.TryAbandon().Should().BeFalse();
        await content.Invoking(c => c.CopyToAsync(Stream.Null)).Should().ThrowAsync<InvalidOperationException>();
    }

    private async Task ShouldBeCutAsync(RawServer server)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, server.Origin) { Content = new SingleUseContent([], "text/plain") };

        BackChannelReply reply = await _wire.Channel.SendAsync(message, Wire.Patience);

        reply.Fault.Should().Be(BackChannelFault.Unreadable);
        reply.Body.Length.Should().Be(BackChannel.BodyCap);
        MemoryMarshal.TryGetArray(reply.Body, out ArraySegment<byte> memory).Should().BeTrue();
        memory.Array!.Length.Should().BeLessThanOrEqualTo(BackChannel.BodyCap + 1);
    }

    private static async Task<bool> SendAndCloseAsync(Stream wire, string text, CancellationToken stop)
    {
        await wire.WriteAsync(Encoding.UTF8.GetBytes(text), stop);
        return false;
    }

    private static async Task<bool> Silence(RawRequest request, Stream wire, CancellationToken stop)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
        return false;
    }

    private static int UnusedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
