using System.Net;
using System.Net.Http.Json;
using System.Text;
using TokenLifecycle.Http;
using TokenLifecycle.Testing;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.Http;

public sealed class BodyReplayTests
{
    private static readonly byte[] Bytes = Encoding.UTF8.GetBytes(new string('x', 100_000));

    public static TheoryData<string> Replayable => [.. Bodies.Where(body => body.Value.Replayable).Select(body => body.Key)];

    public static TheoryData<string> NotReplayable => [.. Bodies.Where(body => !body.Value.Replayable).Select(body => body.Key)];

    private static Dictionary<string, (bool Replayable, Func<HttpContent?> Make)> Bodies { get; } = new(StringComparer.Ordinal)
    {
        ["none"] = (true, () => null),
        ["string"] = (true, () => new StringContent("é body")),
        ["bytes"] = (true, () => new ByteArrayContent(Bytes)),
        ["memory"] = (true, () => new ReadOnlyMemoryContent(Bytes)),
        ["json"] = (true, () => JsonContent.Create(new { Text = "a", Number = 1 })),
        ["form"] = (true, () => new FormUrlEncodedContent([new("a", "1"), new("b", "2 3")])),
        ["multipart"] = (true, () => new MultipartFormDataContent { { new StringContent("a"), "text" }, { new ByteArrayContent(Bytes), "file", "f.bin" } }),
        ["multipart in multipart"] = (true, () => new MultipartContent("mixed") { new MultipartContent("mixed") { new StringContent("a") } }),
        ["seekable stream"] = (false, () => new StreamContent(new MemoryStream(Bytes))),
        ["stream"] = (false, () => new StreamContent(new OneWayStream(Bytes))),
        ["multipart with a stream"] = (false, () => new MultipartFormDataContent { { new StringContent("a"), "text" }, { new StreamContent(new MemoryStream(Bytes)), "file", "f.bin" } }),
        ["stream in the inner multipart"] = (false, () => new MultipartContent("mixed") { new MultipartContent("mixed") { new StreamContent(new MemoryStream(Bytes)) } }),
        ["unknown"] = (false, () => new OwnContent()),
    };

    [Theory]
    [MemberData(nameof(Replayable))]
    public async Task E5_AT_6_A_body_in_memory_is_sent_again_byte_for_byte(string body)
    {
        await using World world = await RejectingAsync();

        using HttpResponseMessage response = await world.Api().SendAsync(world.Request(method: HttpMethod.Put, content: Bodies[body].Make()));

        response.StatusCode.Should().Be(HttpStatusCode.OK);
        AssertSentTwice(world);
        world.Refreshes.Should().Be(1);
    }

    [Theory]
    [MemberData(nameof(NotReplayable))]
    public async Task E5_AT_6_A_body_that_may_be_used_up_is_not_sent_again_and_the_401_is_the_clear_outcome(string body)
    {
        await using World world = await RejectingAsync();

        using HttpResponseMessage response = await world.Api().SendAsync(world.Request(content: Bodies[body].Make()));

        response.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
        world.ApiRequests().Should().ContainSingle().Which.BodyBytes.Length.Should().BePositive();
        world.Refreshes.Should().Be(1, "the token is dead all the same");
    }

    [Theory]
    [InlineData("seekable stream")]
    [InlineData("multipart with a stream")]
    [InlineData("stream in the inner multipart")]
    [InlineData("unknown")]
    public async Task E5_A_body_that_the_app_vouches_for_is_sent_again_byte_for_byte(string body)
    {
        await using World world = await RejectingAsync();

        using HttpResponseMessage response = await world.Api().SendAsync(world.Request(content: Bodies[body].Make()).AllowResend());

        response.StatusCode.Should().Be(HttpStatusCode.OK);
        AssertSentTwice(world);
    }

    [Fact]
    public async Task E5_A_stream_that_was_buffered_and_vouched_for_is_sent_again_byte_for_byte()
    {
        await using World world = await RejectingAsync();
        HttpContent content = Bodies["stream"].Make()!;
        await content.LoadIntoBufferAsync();

        using HttpResponseMessage response = await world.Api().SendAsync(world.Request(content: content).AllowResend());

        response.StatusCode.Should().Be(HttpStatusCode.OK);
        AssertSentTwice(world);
    }

    private static async Task<World> RejectingAsync()
    {
        World world = await HttpWorld.StartAsync();
        await world.ConnectAsync();
        world.Server.RevokeAccessTokens(world.User);
        return world;
    }

    private static void AssertSentTwice(World world)
    {
        RecordedRequest[] sent = [.. world.ApiRequests()];
        sent.Should().HaveCount(2);
        sent[1].Method.Should().Be(sent[0].Method);
        sent[1].BodyBytes.ToArray().Should().Equal(sent[0].BodyBytes.ToArray());
        sent[1].Header("Content-Type").Should().Be(sent[0].Header("Content-Type"));
    }

    private sealed class OneWayStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }

    private sealed class OwnContent : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => stream.WriteAsync(Bytes).AsTask();

        protected override bool TryComputeLength(out long length)
        {
            length = Bytes.Length;
            return true;
        }
    }
}
