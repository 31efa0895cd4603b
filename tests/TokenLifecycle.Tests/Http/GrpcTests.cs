using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Tests.Http.Apis;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.Http;

/// <summary>Real gRPC, over HTTP/2, through a client of the factory.</summary>
public sealed class GrpcTests
{
    /// <summary>Who rejects: the service, with a status of gRPC, or a middleware before it, with a 401.</summary>
    public static TheoryData<bool> Rejections => [true, false];

    [Theory]
    [MemberData(nameof(Rejections))]
    [Trait("Rule", "FH-1")]
    [Trait("Rule", "FH-2")]
    public async Task A_rejected_unary_call_is_sent_again_with_a_new_token(bool byStatus)
    {
        await using ProtectedApi api = await StartAsync(byStatus);
        await using World world = await api.WorldAsync();
        await RejectedAsync(world);
        using GrpcChannel channel = ChannelOf(world, api);

        using (TokenUser.BeginScope(world.Key.UserId))
            (await Say(channel, "hello")).Should().Be("hello");

        world.Refreshes.Should().Be(1);
        api.Statuses.Should().Equal(byStatus ? [16, 0] : [401, 0]);
    }

    [Theory]
    [MemberData(nameof(Rejections))]
    [Trait("Rule", "FH-1")]
    [Trait("Rule", "FH-2")]
    public async Task A_rejected_stream_of_requests_reports_its_token_and_the_next_call_is_accepted(bool byStatus)
    {
        await using ProtectedApi api = await StartAsync(byStatus);
        await using World world = await api.WorldAsync();
        await RejectedAsync(world);
        using GrpcChannel channel = ChannelOf(world, api);
        using IDisposable user = TokenUser.BeginScope(world.Key.UserId);
        using AsyncDuplexStreamingCall<string, string> first = Chat(channel);

        Func<Task> reading = () => first.ResponseStream.MoveNext();

        (await reading.Should().ThrowAsync<RpcException>()).Which.StatusCode.Should().Be(StatusCode.Unauthenticated);
        world.Refreshes.Should().Be(1);
        using AsyncDuplexStreamingCall<string, string> second = Chat(channel);
        await second.RequestStream.WriteAsync("hello");
        await second.RequestStream.CompleteAsync();
        (await second.ResponseStream.MoveNext()).Should().BeTrue();
        second.ResponseStream.Current.Should().Be("hello");
    }

    [Fact]
    [Trait("Rule", "FH-2")]
    public async Task An_API_that_always_responds_Unauthenticated_causes_one_refresh_in_a_minute()
    {
        await using ProtectedApi api = await StartAsync(byStatus: true);
        await using World world = await api.WorldAsync();
        await world.ConnectAsync();
        api.IsLive = static _ => false;
        using GrpcChannel channel = ChannelOf(world, api);
        using IDisposable user = TokenUser.BeginScope(world.Key.UserId);

        for (int i = 0; i < 3; i++)
        {
            Func<Task> saying = () => Say(channel, "hello");
            (await saying.Should().ThrowAsync<RpcException>()).Which.StatusCode.Should().Be(StatusCode.Unauthenticated);
        }

        world.Refreshes.Should().Be(1);
        api.Calls.Should().HaveCount(4, "only the first was sent again");
    }

    [Fact]
    [Trait("Rule", "FH-2")]
    public async Task Another_status_of_gRPC_refreshes_nothing()
    {
        await using ProtectedApi api = await StartAsync(byStatus: true);
        await using World world = await api.WorldAsync();
        await world.ConnectAsync();
        using GrpcChannel channel = ChannelOf(world, api);
        using IDisposable user = TokenUser.BeginScope(world.Key.UserId);
        var unknown = new Method<string, string>(MethodType.Unary, "test.Echo", "Unknown", Marshallers.StringMarshaller, Marshallers.StringMarshaller);
        Func<Task> calling = async () => await channel.CreateCallInvoker().AsyncUnaryCall(unknown, null, default, "hello");

        (await calling.Should().ThrowAsync<RpcException>()).Which.StatusCode.Should().Be(StatusCode.Unimplemented);
        world.Refreshes.Should().Be(0);
    }

    [Fact]
    [Trait("Rule", "FH-10")]
    public async Task With_the_interceptor_callers_get_the_exceptions_of_the_library()
    {
        await using ProtectedApi api = await StartAsync(byStatus: true);
        await using World world = await api.WorldAsync();
        using GrpcChannel channel = ChannelOf(world, api);
        CallInvoker invoker = channel.Intercept(new Snippets.TokenExceptionInterceptor());
        using IDisposable user = TokenUser.BeginScope(world.Key.UserId);
        using AsyncDuplexStreamingCall<string, string> chat = invoker.AsyncDuplexStreamingCall(EchoServiceBase.ChatMethod, null, default);
        using AsyncClientStreamingCall<string, string> collect = invoker.AsyncClientStreamingCall(EchoServiceBase.CollectMethod, null, default);

        Func<Task>[] calls =
        [
            async () => await invoker.AsyncUnaryCall(EchoServiceBase.SayMethod, null, default, "hello"),
            () => chat.ResponseStream.MoveNext(CancellationToken.None),
            async () => await collect,
        ];

        foreach (Func<Task> call in calls)
            (await call.Should().ThrowAsync<ReauthorizationRequiredException>()).Which.Reason.Should().Be(ReauthorizationReason.NotConnected);
        api.Calls.Should().BeEmpty();
    }

    private static async Task<string> Say(GrpcChannel channel, string text) =>
        await channel.CreateCallInvoker().AsyncUnaryCall(EchoServiceBase.SayMethod, null, default, text);

    private static AsyncDuplexStreamingCall<string, string> Chat(GrpcChannel channel) =>
        channel.CreateCallInvoker().AsyncDuplexStreamingCall(EchoServiceBase.ChatMethod, null, default);

    private static GrpcChannel ChannelOf(World world, ProtectedApi api) => GrpcChannel.ForAddress(
        api.Address,
        new GrpcChannelOptions { HttpHandler = world.Services.GetRequiredService<IHttpMessageHandlerFactory>().CreateHandler("api") });

    private static Task<ProtectedApi> StartAsync(bool byStatus) => ProtectedApi.StartAsync(
        (app, api) =>
        {
            app.Services.GetRequiredService<Holder>().Api = api;
            if (!byStatus)
            {
                app.Use(async (context, next) =>
                {
                    if (api.IsAccepted(context))
                    {
                        await next(context);
                        return;
                    }

                    context.Response.StatusCode = StatusCodes.Status401Unauthorized;
                    api.Calls.Enqueue(new ReceivedCall(401, "", context.Request.ContentType));
                });
            }

            app.MapGrpcService<EchoService>();
        },
        static services =>
        {
            services.AddSingleton<Holder>();
            services.AddSingleton(static provider => provider.GetRequiredService<Holder>().Api!);
            services.AddGrpc();
        },
        HttpProtocols.Http2);

    private static async Task RejectedAsync(World world)
    {
        await world.ConnectAsync();
        world.Server.RevokeAccessTokens(world.User);
    }

    private sealed class Holder
    {
        public ProtectedApi? Api { get; set; }
    }
}
