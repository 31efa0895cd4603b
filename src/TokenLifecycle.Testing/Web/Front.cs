using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace TokenLifecycle.Testing.Web;

/// <summary>Reads each request, records it, finds its endpoint and lets a scripted fault play before the handler's answer.</summary>
internal sealed class Front(ServerContext server, FrontEndpoints endpoints, CancellationToken stopping)
{
    private readonly TokenHandler _token = new(server);
    private readonly RevocationHandler _revocation = new(server);
    private readonly AuthorizationHandler _authorization = new(server);
    private readonly ApiHandler _api = new(server);

    public async Task HandleAsync(HttpContext context)
    {
        RecordedRequest request;
        try
        {
            request = await ReadAsync(context).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or BadHttpRequestException)
        {
            // The client hung up while it was sending: there is no request to answer.
            context.Abort();
            return;
        }

        if (server.Options.RecordRequests) server.Log.Add(request);
        (ScriptedEndpoint endpoint, Func<RecordedRequest, Reply> handler) = Route(request.Path);
        var exchange = new Exchange(context, () => handler(request), server.Options.TimeProvider, stopping);
        try
        {
            if (endpoint.Take(request) is { } fault)
                await fault.PlayAsync(exchange).ConfigureAwait(false);
            else
                await exchange.AnswerAsync().ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or ConnectionAbortedException)
        {
            // The client, or the server's end, came before the answer.
            context.Abort();
        }
        finally
        {
            if (endpoint == endpoints.Token && !exchange.Processed) _token.LogUnprocessed(request);
        }
    }

    private (ScriptedEndpoint Endpoint, Func<RecordedRequest, Reply> Handler) Route(string path)
    {
        if (Is(server.Dialect.TokenPath)) return (endpoints.Token, _token.Handle);
        if (Is(server.Dialect.RevocationPath)) return (endpoints.Revocation, _revocation.Handle);
        if (Is(server.Dialect.AuthorizationPath)) return (endpoints.Authorization, _authorization.Handle);
        return (endpoints.Api, _api.Handle);

        bool Is(string known) => path.Equals(known, server.Dialect.PathComparison);
    }

    private async Task<RecordedRequest> ReadAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted).ConfigureAwait(false);
        string target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        int question = target.IndexOf('?', StringComparison.Ordinal);
        return new RecordedRequest
        {
            Time = server.Now,
            Method = context.Request.Method,
            Path = context.Request.Path,
            Query = question < 0 ? "" : target[question..],
            Headers = [.. context.Request.Headers.SelectMany(header => header.Value, (header, value) => KeyValuePair.Create(header.Key, value ?? ""))],
            BodyBytes = body.ToArray(),
        };
    }
}
