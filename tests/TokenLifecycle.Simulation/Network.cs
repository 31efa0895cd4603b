using System.Net;
using System.Net.Http.Headers;

namespace TokenLifecycle.Simulation;

/// <summary>What happens to one request on its way.</summary>
internal enum WireFault
{
    None,
    Refused,
    RequestLost,
    ReplyLost,
    ReplyNeverComes,
    ReplyLate,
    ReplyTorn,
    ReplyHangsWithin,
    ReplyDoubled,
    ServerErrorBefore,
    GatewayErrorAfter,
    HtmlInstead,
    TooManyRequests,
}

/// <summary>The way between the processes and the server: each request may be lost, late, torn or doubled, before or after the server has done its work.</summary>
internal sealed class Network(Scheduler scheduler, AuthorizationServer server, SeededRandom random, Trace trace, DateTimeOffset start)
{
    private readonly Queue<(WireFault Fault, TimeSpan Time)> _next = new();

    /// <summary>Gets or sets what all requests meet while the server is down.</summary>
    public WireFault Outage { get; set; }

    public int Met { get; private set; }

    public void FailNext(WireFault fault, int count, TimeSpan time)
    {
        for (int i = 0; i < count; i++)
            _next.Enqueue((fault, time));
    }

    public void Recover()
    {
        _next.Clear();
        Outage = WireFault.None;
    }

    public HttpMessageHandler HandlerOf(Life life) => new Handler(this, life);

    private async Task<HttpResponseMessage> SendAsync(Life life, HttpRequestMessage request, CancellationToken abort)
    {
        scheduler.CheckThread();
        var answered = new TaskCompletionSource<HttpResponseMessage>();
        if (life.IsDead)
            return await answered.Task.ConfigureAwait(false);

        bool isRefresh = !request.RequestUri!.AbsolutePath.EndsWith("revoke", StringComparison.Ordinal);
        (WireFault fault, TimeSpan time) = FaultOf(isRefresh);
        if (fault == WireFault.Refused)
        {
            Say(life, "cannot reach the server");
            scheduler.After(Latency(), life, "refused", () => answered.TrySetException(new HttpRequestException(HttpRequestError.ConnectionError)));
            return await answered.Task.ConfigureAwait(false);
        }

        // The request leaves here and now; from here on only the server knows.
        string body = await request.Content!.ReadAsStringAsync(CancellationToken.None).ConfigureAwait(false);
        Dictionary<string, string> form = Parse(body);
        string? refreshToken = form.GetValueOrDefault("refresh_token");
        var exchange = new TokenExchange(life, scheduler.Now) { RefreshToken = refreshToken };
        Grant? grant = server.OfRefreshToken(refreshToken);
        if (isRefresh && grant is not null)
            Sending?.Invoke(grant, exchange);
        CancellationTokenRegistration registration = abort.UnsafeRegister(_ =>
        {
            exchange.End(scheduler.Now);
            answered.TrySetException(new TaskCanceledException());
        }, null);

        scheduler.After(Latency(), null, "request arrives", () => Arrive(life, form, isRefresh, fault, time, exchange, answered));
        try
        {
            HttpResponseMessage response = await answered.Task.ConfigureAwait(false);
            exchange.WasAnswered = (int)response.StatusCode < 500;
            return response;
        }
        finally
        {
            exchange.End(scheduler.Now);
            registration.Unregister();
        }
    }

    /// <summary>Called when a refresh request leaves a process.</summary>
    public Action<Grant, TokenExchange>? Sending { get; set; }

    private void Arrive(Life life, Dictionary<string, string> form, bool isRefresh, WireFault fault, TimeSpan time, TokenExchange exchange,
        TaskCompletionSource<HttpResponseMessage> answered)
    {
        switch (fault)
        {
            case WireFault.RequestLost:
                Say(life, "its request is lost");
                if (time > TimeSpan.Zero)
                    Fail(life, answered, time);
                return;
            case WireFault.ServerErrorBefore:
                Reply(life, new ServerAnswer(500, "oops"), TimeSpan.Zero, exchange, answered);
                return;
            case WireFault.HtmlInstead:
                Reply(life, new ServerAnswer(time > TimeSpan.FromSeconds(5) ? 403 : 200, "<html>Just a moment</html>", MediaType: "text/html"), TimeSpan.Zero, exchange, answered);
                return;
            case WireFault.TooManyRequests:
                Reply(life, new ServerAnswer(429, """{"error":"slow_down"}""", RetryAfter: (int)Math.Ceiling(time.TotalSeconds)), TimeSpan.Zero, exchange, answered);
                return;
        }

        ServerAnswer answer = isRefresh ? server.Refresh(form.GetValueOrDefault("refresh_token", ""), exchange) : server.Revoke(form.GetValueOrDefault("token", ""));
        switch (fault)
        {
            case WireFault.ReplyLost:
                Say(life, "the reply to it is lost, the connection broken");
                Fail(life, answered, Latency());
                return;
            case WireFault.ReplyNeverComes:
                Say(life, "the reply to it never comes");
                return;
            case WireFault.GatewayErrorAfter:
                Say(life, "a gateway hides the reply to it");
                Reply(life, new ServerAnswer(502, "<html>Bad gateway</html>", MediaType: "text/html"), TimeSpan.Zero, exchange, answered);
                return;
            case WireFault.ReplyDoubled:
                Say(life, "the reply to it is doubled");
                Reply(life, answer with { Body = answer.Body + answer.Body }, TimeSpan.Zero, exchange, answered);
                return;
            case WireFault.ReplyTorn or WireFault.ReplyHangsWithin when answer.Body.Length > 0:
                int cut = random.Below(answer.Body.Length);
                Say(life, $"the reply to it is torn after {cut} of {answer.Body.Length} bytes{(fault == WireFault.ReplyTorn ? "" : ", and hangs")}");
                Reply(life, answer, TimeSpan.Zero, exchange, answered, cut, hangs: fault == WireFault.ReplyHangsWithin);
                return;
            case WireFault.ReplyLate:
                Say(life, $"the reply to it takes {time.TotalSeconds:0.0} s");
                Reply(life, answer, time, exchange, answered);
                return;
            default:
                Reply(life, answer, TimeSpan.Zero, exchange, answered);
                return;
        }
    }

    private void Reply(Life life, ServerAnswer answer, TimeSpan late, TokenExchange exchange, TaskCompletionSource<HttpResponseMessage> answered, int? cut = null, bool hangs = false)
    {
        scheduler.After(
            Latency() + late,
            life,
            "reply arrives",
            () =>
            {
                MarkReached();
                answered.TrySetResult(Response(answer, cut, hangs));
            },
            held: MarkReached);

        void MarkReached()
        {
            if (answer.Rotation is { } rotation && !exchange.IsOver && (cut is null || cut > answer.Body.IndexOf("\"refresh_token\":\"", StringComparison.Ordinal) + "\"refresh_token\":\"".Length
                + rotation.Grant.RefreshToken(rotation.To).Length))
            {
                if (!rotation.Reached.Contains(exchange))
                    rotation.Reached.Add(exchange);
            }
        }
    }

    private void Fail(Life life, TaskCompletionSource<HttpResponseMessage> answered, TimeSpan after) =>
        scheduler.After(after, life, "connection breaks", () => answered.TrySetException(new HttpRequestException(HttpRequestError.ResponseEnded)));

    private HttpResponseMessage Response(ServerAnswer answer, int? cut, bool hangs)
    {
        byte[] body = System.Text.Encoding.UTF8.GetBytes(answer.Body);
        var response = new HttpResponseMessage((HttpStatusCode)answer.Status)
        {
            Content = cut is { } length ? new StreamContent(new TornStream(body, length, hangs)) : new ByteArrayContent(body),
        };
        response.Content.Headers.ContentType = new MediaTypeHeaderValue(answer.MediaType);
        response.Headers.Date = start + scheduler.Elapsed;
        if (answer.RetryAfter is { } seconds)
            response.Headers.RetryAfter = new RetryConditionHeaderValue(TimeSpan.FromSeconds(seconds));
        return response;
    }

    private (WireFault Fault, TimeSpan Time) FaultOf(bool isRefresh)
    {
        if (Outage != WireFault.None)
            return (Outage, TimeSpan.FromSeconds(3));
        if (!isRefresh || !_next.TryDequeue(out (WireFault Fault, TimeSpan Time) next))
            return default;
        Met++;
        return next;
    }

    private void Say(Life life, string what) => trace.Line(scheduler.Now, life.ToString(), what);

    private TimeSpan Latency() => random.Chance(0.9) ? random.Seconds(0.002, 0.08) : random.Seconds(0.08, 1.5);

    private static Dictionary<string, string> Parse(string form)
    {
        Dictionary<string, string> fields = new(StringComparer.Ordinal);
        foreach (string field in form.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = field.Split('=', 2);
            fields[parts[0]] = Uri.UnescapeDataString(parts[1]);
        }

        return fields;
    }

    private sealed class Handler(Network network, Life life) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => network.SendAsync(life, request, cancellationToken);
    }

    /// <summary>A body that breaks off, or of which the rest never comes.</summary>
    private sealed class TornStream(byte[] body, int length, bool hangs) : Stream
    {
        private int _read;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_read < length)
            {
                int count = Math.Min(buffer.Length, length - _read);
                body.AsMemory(_read, count).CopyTo(buffer);
                _read += count;
                return count;
            }

            if (!hangs)
                throw new IOException("The connection was reset.");
            var never = new TaskCompletionSource<int>();
            CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(_ => never.TrySetCanceled(), null);
            try
            {
                return await never.Task.ConfigureAwait(false);
            }
            finally
            {
                registration.Unregister();
            }
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
