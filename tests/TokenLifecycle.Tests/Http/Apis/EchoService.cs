using Grpc.Core;

namespace TokenLifecycle.Tests.Http.Apis;

/// <summary>What a generated gRPC service looks like, in short: text in, text out.</summary>
[BindServiceMethod(typeof(EchoServiceBase), nameof(Bind))]
internal abstract class EchoServiceBase
{
    public static readonly Method<string, string> SayMethod = MethodOf(MethodType.Unary, nameof(Say));
    public static readonly Method<string, string> CollectMethod = MethodOf(MethodType.ClientStreaming, nameof(Collect));
    public static readonly Method<string, string> ChatMethod = MethodOf(MethodType.DuplexStreaming, nameof(Chat));

    public static void Bind(ServiceBinderBase binder, EchoServiceBase? service)
    {
        binder.AddMethod(SayMethod, service is null ? null : new UnaryServerMethod<string, string>(service.Say));
        binder.AddMethod(CollectMethod, service is null ? null : new ClientStreamingServerMethod<string, string>(service.Collect));
        binder.AddMethod(ChatMethod, service is null ? null : new DuplexStreamingServerMethod<string, string>(service.Chat));
    }

    public abstract Task<string> Say(string request, ServerCallContext context);

    public abstract Task<string> Collect(IAsyncStreamReader<string> requests, ServerCallContext context);

    public abstract Task Chat(IAsyncStreamReader<string> requests, IServerStreamWriter<string> responses, ServerCallContext context);

    private static Method<string, string> MethodOf(MethodType type, string name) =>
        new(type, "test.Echo", name, Marshallers.StringMarshaller, Marshallers.StringMarshaller);
}

/// <summary>Checks the token itself, as services do that respond with a status of gRPC.</summary>
internal sealed class EchoService(ProtectedApi api) : EchoServiceBase
{
    public override Task<string> Say(string request, ServerCallContext context)
    {
        Check(context, request);
        return Task.FromResult(request);
    }

    public override async Task<string> Collect(IAsyncStreamReader<string> requests, ServerCallContext context)
    {
        Check(context, "");
        return string.Join(' ', await requests.ReadAllAsync().ToListAsync());
    }

    public override async Task Chat(IAsyncStreamReader<string> requests, IServerStreamWriter<string> responses, ServerCallContext context)
    {
        Check(context, "");
        await foreach (string request in requests.ReadAllAsync())
            await responses.WriteAsync(request);
    }

    private void Check(ServerCallContext context, string body)
    {
        bool isAccepted = api.IsAccepted(context.GetHttpContext());
        api.Calls.Enqueue(new ReceivedCall(isAccepted ? 0 : (int)StatusCode.Unauthenticated, body, context.Method));
        if (!isAccepted)
            throw new RpcException(new Status(StatusCode.Unauthenticated, "the token was rejected"));
    }
}
