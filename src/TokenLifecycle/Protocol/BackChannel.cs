using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Http.Headers;

namespace TokenLifecycle.Protocol;

/// <summary>
/// The library's own way to a provider. Not from IHttpClientFactory: a retry, logging or cookie handler that an app adds to all its
/// clients must not come near a refresh token (B13, TE-5, MT-5). Never throws for what the network or the provider does.
/// </summary>
/// <remarks>
/// An HttpMessageInvoker and not an HttpClient: it adds no headers, buffers nothing, and disposing it at shutdown does not abort a token
/// request that is in progress (law 3). Its handler has neither spans nor metrics: their listeners belong to the app and run when a
/// response arrives, and a listener that throws there would lose the response (docs/adr/0020). <see cref="TokenEndpoint"/> reports the
/// request instead, after its tokens were saved.
/// </remarks>
internal sealed class BackChannel : IDisposable
{
    /// <summary>The most that is read of an answer, counted after decompression (DL-1).</summary>
    public const int BodyCap = 64 * 1024;

    private readonly HttpMessageInvoker _invoker;
    private readonly TimeProvider _time;
    private readonly StallWatch _stalls;

    public BackChannel(TimeProvider time)
        : this(time, CreateHandler(new StaggeredConnector(time)))
    {
    }

    internal BackChannel(TimeProvider time, HttpMessageHandler handler)
    {
        _time = time;
        _stalls = new StallWatch(time);
        _invoker = new HttpMessageInvoker(handler, disposeHandler: true);
    }

    internal static SocketsHttpHandler CreateHandler(StaggeredConnector? connector = null) => new()
    {
        ConnectCallback = (connector ?? new StaggeredConnector(TimeProvider.System)).ConnectAsync,
        AllowAutoRedirect = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.All,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        ConnectTimeout = TimeSpan.FromSeconds(5),
        MaxResponseHeadersLength = 16,
        // What is not read by then is not wanted: close the connection instead of draining an endless stream.
        MaxResponseDrainSize = 0,
        // No trace headers, because the app's trace baggage must not reach the provider; and no span, see above.
        ActivityHeadersPropagator = null,
        MeterFactory = new SilentMeters(),
    };

    /// <summary>
    /// Sends once; the deadline covers connecting, headers and body together (DL-2). Never throws once the request may have left.
    /// </summary>
    public async Task<BackChannelReply> SendAsync(HttpRequestMessage request, RequestTime limit)
    {
        // Not by a timer: that would abort a request whose response arrived while this process was stalled.
        var abort = new CancellationTokenSource();
        if (limit.Deadline <= TimeSpan.Zero)
            abort.Cancel();
        // The time is running before the request leaves: a process that stands still in between has used it up.
        var watched = new TaskCompletionSource();
        Task<BackChannelReply> exchange = ExchangeAsync(request, watched.Task, abort.Token);
        Task<bool> ends = EndsAsync(exchange, limit);
        watched.SetResult();
        if (!await ends.ConfigureAwait(false))
            abort.Cancel();
        return await exchange.ConfigureAwait(false);
    }

    private async Task<bool> EndsAsync(Task exchange, RequestTime limit)
    {
        try
        {
            return await _stalls.EndsAsync(exchange, limit).ConfigureAwait(false);
        }
        catch (Exception)
        {
            return exchange.IsCompleted; // The clock failed, or the time is longer than timers support.
        }
    }

    private async Task<BackChannelReply> ExchangeAsync(HttpRequestMessage request, Task watched, CancellationToken deadline)
    {
        await watched.ConfigureAwait(false);
        HttpResponseMessage response;
        try
        {
            response = await _invoker.SendAsync(request, deadline).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // Whatever the handlers threw, the body itself knows whether it has left.
            return Failed(request, e, deadline.IsCancellationRequested);
        }

        (byte[] Body, int Length, BackChannelFault Fault, string? Detail) read = await ResponseBodyReader.ReadAsync(response.Content, deadline).ConfigureAwait(false);
        return ReplyOf(response, read);
    }

    public void Dispose() => _invoker.Dispose();

    private static BackChannelReply Failed(HttpRequestMessage request, Exception e, bool timedOut)
    {
        bool sent = request.Content is not SingleUseContent content || !content.TryAbandon();
        HttpRequestError? error = (e as HttpRequestException)?.HttpRequestError;
        bool notHttp = error is HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded;
        return new BackChannelReply
        {
            Fault = !sent ? BackChannelFault.NotSent : notHttp ? BackChannelFault.Unreadable : BackChannelFault.NoAnswer,
            // Never the exception's message: it can hold addresses and header values (LG-3).
            Detail = timedOut ? sent ? "No answer within the deadline" : "No connection within the deadline"
                : sent ? $"The connection was lost before an answer came ({error ?? HttpRequestError.Unknown})"
                : $"The request could not be sent ({error ?? HttpRequestError.Unknown})",
        };
    }

    private BackChannelReply ReplyOf(HttpResponseMessage response, (byte[] Body, int Length, BackChannelFault Fault, string? Detail) read)
    {
        var bare = new BackChannelReply { Fault = read.Fault, Status = (int)response.StatusCode, Body = read.Body.AsMemory(0, read.Length), Detail = read.Detail };
        try
        {
            using (response)
            {
                return bare with
                {
                    MediaType = MediaTypeOf(response.Content.Headers),
                    Date = response.Headers.Date,
                    RetryAfter = RetryAfterHeader.Parse(Raw(response.Headers, "Retry-After"), response.Headers.Date ?? _time.GetUtcNow()),
                    Challenge = Raw(response.Headers, "WWW-Authenticate"),
                    RedirectOrigin = response.Headers.Location is { IsAbsoluteUri: true } to ? EndpointAddress.OriginOf(to) : null,
                };
            }
        }
        catch (Exception)
        {
            // A header that cannot be read must not lose the body.
            return bare;
        }
    }

    private static string? MediaTypeOf(HttpContentHeaders headers) =>
        Raw(headers, "Content-Type") is { } value && value.Split(';')[0].Trim().ToLowerInvariant() is { Length: > 0 } type ? type : null;

    private static string? Raw(HttpHeaders headers, string name) =>
        headers.NonValidated.TryGetValues(name, out HeaderStringValues values) ? values.ToString() : null;

    /// <summary>Creates a meter that no listener sees: instruments of a disposed meter are not published.</summary>
    private sealed class SilentMeters : IMeterFactory
    {
        public Meter Create(MeterOptions options)
        {
            var meter = new Meter(options);
            meter.Dispose();
            return meter;
        }

        public void Dispose()
        {
        }
    }
}
