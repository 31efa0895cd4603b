using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using TokenLifecycle.Http;
using TokenLifecycle.Tests.Http.Apis;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.Http;

/// <summary>Whether a token is dead, and whether a body can be sent again, are two questions.</summary>
public sealed class RejectedBodyTests
{
    /// <summary>JSON whose values reading uses up: all of it is sent again, or nothing.</summary>
    public static TheoryData<string> OneShot => [.. OneShots.Keys];

    private static Dictionary<string, Func<HttpContent>> OneShots { get; } = new(StringComparer.Ordinal)
    {
        ["channel"] = () => JsonContent.Create(Filled(3).Reader.ReadAllAsync()),
        ["channel in an object"] = () => JsonContent.Create(new { Items = Filled(3).Reader.ReadAllAsync() }),
        ["sequence that can be read once"] = () => JsonContent.Create(Once([1, 2, 3])),
        ["multipart with a channel"] = () => new MultipartFormDataContent { { new StringContent("a"), "text" }, { JsonContent.Create(Filled(3).Reader.ReadAllAsync()), "json" } },
        ["more than is kept"] = () => JsonContent.Create(Filled(400_000).Reader.ReadAllAsync()),
    };

    [Theory]
    [MemberData(nameof(OneShot))]
    [Trait("Rule", "FH-3")]
    public async Task A_body_that_reading_uses_up_never_arrives_shortened(string body)
    {
        await using ProtectedApi api = await ProtectedApi.StartAsync();
        await using World world = await api.WorldAsync();
        await RejectedAsync(world);

        using HttpResponseMessage response = await PostAsync(world, OneShots[body]());

        ReceivedCall[] calls = [.. api.Calls];
        calls.Select(static call => call.Body).Distinct(StringComparer.Ordinal).Should().ContainSingle("the same bytes, or none");
        calls.Select(static call => call.ContentType).Distinct(StringComparer.Ordinal).Should().ContainSingle();
        ((int)response.StatusCode).Should().Be(calls[^1].Status);
        calls.Should().HaveCountLessThanOrEqualTo(2);
        world.Refreshes.Should().Be(1);
    }

    [Theory]
    [InlineData("channel")]
    [InlineData("channel in an object")]
    [InlineData("sequence that can be read once")]
    [Trait("Rule", "FH-3")]
    public async Task A_small_JSON_body_is_sent_again_from_the_bytes_that_were_sent(string body)
    {
        await using ProtectedApi api = await ProtectedApi.StartAsync();
        await using World world = await api.WorldAsync();
        await RejectedAsync(world);

        using HttpResponseMessage response = await PostAsync(world, OneShots[body]());

        response.StatusCode.Should().Be(HttpStatusCode.OK);
        api.Calls.Last().Body.Should().Contain("1,2,3");
    }

    [Fact]
    [Trait("Rule", "FH-3")]
    public async Task The_app_sees_its_own_content_before_and_after_the_call()
    {
        await using ProtectedApi api = await ProtectedApi.StartAsync();
        await using World world = await api.WorldAsync();
        await RejectedAsync(world);
        using HttpContent content = JsonContent.Create(new { A = 1 });
        using HttpRequestMessage request = new HttpRequestMessage(HttpMethod.Post, "/items") { Content = content }.ForUser(world.Key.UserId);

        using HttpResponseMessage response = await ProtectedApi.ClientOf(world).SendAsync(request);

        request.Content.Should().BeSameAs(content);
        response.StatusCode.Should().Be(HttpStatusCode.OK);
    }

    [Fact]
    [Trait("Rule", "FH-3")]
    public async Task A_body_that_was_never_read_is_sent_after_the_refresh()
    {
        await using ProtectedApi api = await ProtectedApi.StartAsync(static (app, api) => ((IApplicationBuilder)app).Run(async context =>
        {
            if (api.IsAccepted(context))
                await api.AcceptAsync(context);
            else
                context.Response.StatusCode = StatusCodes.Status401Unauthorized; // The body was not asked for.
        }));
        await using World world = await api.WorldAsync();
        await RejectedAsync(world);
        using HttpRequestMessage request = new HttpRequestMessage(HttpMethod.Post, "/items") { Content = OneShots["more than is kept"]() }.ForUser(world.Key.UserId);
        request.Headers.ExpectContinue = true;

        using HttpResponseMessage response = await ProtectedApi.ClientOf(world).SendAsync(request);

        response.StatusCode.Should().Be(HttpStatusCode.OK);
        api.Calls.Should().ContainSingle().Which.Body.Should().EndWith(",400000]");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Rule", "FH-1")]
    public async Task A_rejected_stream_is_not_sent_again_and_the_next_one_is_accepted(bool hasLifetime)
    {
        await using ProtectedApi api = await ProtectedApi.StartAsync();
        await using World world = await api.WorldAsync(hasLifetime: hasLifetime);
        await RejectedAsync(world);

        using HttpResponseMessage first = await PostAsync(world, Stream("one"));
        using HttpResponseMessage second = await PostAsync(world, Stream("two"));

        (first.StatusCode, second.StatusCode).Should().Be((HttpStatusCode.Unauthorized, HttpStatusCode.OK));
        api.Calls.Select(static call => call.Body).Should().Equal("one", "two");
        world.Refreshes.Should().Be(1);
    }

    [Fact]
    [Trait("Rule", "FH-1")]
    public async Task Many_rejected_streams_refresh_once_and_once_a_minute()
    {
        await using ProtectedApi api = await ProtectedApi.StartAsync();
        await using World world = await api.WorldAsync();
        await RejectedAsync(world);
        api.IsLive = static _ => false;

        for (int round = 0; round < 3; round++)
        {
            foreach (HttpResponseMessage response in await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => PostAsync(world, Stream("x")))))
                response.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
        }

        world.Refreshes.Should().Be(1);
        api.Calls.Should().HaveCount(60, "no stream is sent again");
    }

    [Fact]
    [Trait("Rule", "FH-1")]
    public async Task A_rejected_stream_of_a_revoked_grant_reports_who_can_act()
    {
        await using ProtectedApi api = await ProtectedApi.StartAsync();
        await using World world = await api.WorldAsync();
        await RejectedAsync(world);
        world.Server.RevokeGrant(world.User);
        Func<Task> posting = () => PostAsync(world, Stream("one"));

        await posting.Should().ThrowAsync<ReauthorizationRequiredException>();
    }

    [Fact]
    [Trait("Rule", "FH-1")]
    public async Task A_rejected_stream_keeps_its_401_while_the_provider_is_down()
    {
        await using ProtectedApi api = await ProtectedApi.StartAsync();
        await using World world = await api.WorldAsync();
        await RejectedAsync(world);
        world.Server.TokenEndpoint.FailAlways(Testing.Fault.Status(503));

        using HttpResponseMessage response = await PostAsync(world, Stream("one"));

        response.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
    }

    private static async Task RejectedAsync(World world)
    {
        await world.ConnectAsync();
        world.Server.RevokeAccessTokens(world.User);
    }

    private static Task<HttpResponseMessage> PostAsync(World world, HttpContent content) =>
        ProtectedApi.ClientOf(world).SendAsync(new HttpRequestMessage(HttpMethod.Post, "/items") { Content = content }.ForUser(world.Key.UserId));

    private static StreamContent Stream(string text) => new(new MemoryStream(Encoding.UTF8.GetBytes(text)));

    private static Channel<int> Filled(int count)
    {
        var channel = Channel.CreateUnbounded<int>();
        for (int i = 1; i <= count; i++)
            channel.Writer.TryWrite(i);
        channel.Writer.Complete();
        return channel;
    }

    private static IEnumerable<int> Once(Queue<int> values)
    {
        while (values.TryDequeue(out int value))
            yield return value;
    }

    private static IEnumerable<int> Once(int[] values) => Once(new Queue<int>(values));
}
