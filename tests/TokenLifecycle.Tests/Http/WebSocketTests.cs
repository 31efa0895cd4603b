using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using TokenLifecycle.Http;
using TokenLifecycle.Tests.Http.Apis;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.Http;

public sealed class WebSocketTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Rule", "FH-4")]
    public async Task A_WebSocket_opens_with_the_token_and_with_a_new_one_after_a_rejection(bool isRejected)
    {
        await using ProtectedApi api = await ProtectedApi.StartAsync(static (app, api) => app.UseWebSockets().Run(context => EchoAsync(context, api)));
        await using World world = await api.WorldAsync();
        await world.ConnectAsync();
        if (isRejected)
            world.Server.RevokeAccessTokens(world.User);
        using var socket = new ClientWebSocket();
        using HttpClient invoker = ProtectedApi.ClientOf(world);
        using IDisposable user = TokenUser.BeginScope(world.Key.UserId);

        await socket.ConnectAsync(new UriBuilder(api.Address) { Scheme = "ws", Path = "/chat" }.Uri, invoker, CancellationToken.None);

        await socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        byte[] buffer = new byte[100];
        ValueWebSocketReceiveResult received = await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
        Encoding.UTF8.GetString(buffer, 0, received.Count).Should().Be("hello");
        world.Refreshes.Should().Be(isRejected ? 1 : 0);
        api.Statuses.Should().Equal(isRejected ? [401, 101] : [101]);
    }

    [Theory]
    [InlineData("wss://api.example.com/chat", true)]
    [InlineData("wss://api.example.com:443/chat", true)]
    [InlineData("WSS://API.example.com/chat", true)]
    [InlineData("wss://api.example.com:444/chat", false)]
    [InlineData("wss://api.example.com.evil.example/chat", false)]
    [InlineData("ws://api.example.com/chat", false)]
    [InlineData("ws://127.0.0.1:5000/chat", true)]
    [InlineData("ws://127.0.0.1:5001/chat", false)]
    [InlineData("wss://127.0.0.1:5000/chat", false)]
    [Trait("Rule", "FH-4")]
    public void A_WebSocket_address_counts_as_the_HTTP_address_of_its_server(string address, bool isAllowed) =>
        new AllowedOrigins(["https://api.example.com", "http://127.0.0.1:5000"], allowHttpOnLoopback: true).Contains(new Uri(address)).Should().Be(isAllowed);

    [Fact]
    [Trait("Rule", "FH-4")]
    public void Without_TLS_no_WebSocket_gets_a_token_outside_Development() =>
        new AllowedOrigins(["http://127.0.0.1:5000"], allowHttpOnLoopback: false).Contains(new Uri("ws://127.0.0.1:5000/")).Should().BeFalse();

    private static async Task EchoAsync(HttpContext context, ProtectedApi api)
    {
        bool isAccepted = api.IsAccepted(context);
        api.Calls.Enqueue(new ReceivedCall(isAccepted ? 101 : 401, "", null));
        if (!isAccepted)
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }

        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
        byte[] buffer = new byte[100];
        ValueWebSocketReceiveResult received = await socket.ReceiveAsync(buffer.AsMemory(), context.RequestAborted);
        await socket.SendAsync(buffer.AsMemory(0, received.Count), WebSocketMessageType.Text, endOfMessage: true, context.RequestAborted);
    }
}
