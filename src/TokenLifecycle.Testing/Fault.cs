using Microsoft.AspNetCore.Http;
using TokenLifecycle.Testing.Web;

namespace TokenLifecycle.Testing;

/// <summary>
/// Something that goes wrong with a request. "Before processing" means that the server did none of its work: no refresh token was consumed.
/// "After processing" means that it did all of it, and the client does not hear of it.
/// </summary>
/// <remarks>
/// This class is longer than the house's usual: it is one flat list of faults, so that they are found where the word <c>Fault.</c> is
/// typed.
/// </remarks>
public class Fault
{
    private const int Chunk = 64 * 1024;

    private readonly Func<Exchange, Task> _play;

    private protected Fault() => _play = _ => Task.CompletedTask;

    private Fault(Func<Exchange, Task> play) => _play = play;

    /// <summary>An empty reply with a status, before processing.</summary>
    /// <param name="status">For example 429, 500 or 503.</param>
    /// <param name="retryAfter">The <c>Retry-After</c> header, sent unchanged: seconds, a date, or nonsense. <see langword="null"/> for
    /// none.</param>
    public static Fault Status(int status, string? retryAfter = null)
    {
        Fault fault = new(exchange => exchange.SendAsync(Reply.Empty(status)));
        return retryAfter is null ? fault : fault.WithHeader("Retry-After", retryAfter);
    }

    /// <summary>A fixed reply, before processing.</summary>
    /// <param name="status">The status.</param>
    /// <param name="body">The body.</param>
    /// <param name="contentType">Its type.</param>
    public static Fault Body(int status, string body, string contentType = "application/json") =>
        new(exchange => exchange.SendAsync(new Reply(status, contentType, body)));

    /// <summary>A fixed reply of raw bytes, before processing: a byte order mark, broken UTF-8, anything.</summary>
    /// <param name="status">The status.</param>
    /// <param name="body">The body.</param>
    /// <param name="contentType">Its type.</param>
    public static Fault Bytes(int status, ReadOnlyMemory<byte> body, string contentType = "application/json") => new(async exchange =>
    {
        exchange.Begin(new Reply(status, contentType, ""));
        exchange.Context.Response.ContentLength = body.Length;
        await exchange.WriteAsync(body).ConfigureAwait(false);
    });

    /// <summary>A redirect, before processing.</summary>
    /// <param name="location">Where to.</param>
    /// <param name="status">301, 302, 303, 307 or 308.</param>
    public static Fault Redirect(string location, int status = StatusCodes.Status302Found) =>
        new(exchange => exchange.SendAsync(Reply.Redirect(location, status)));

    /// <summary>The connection is reset before processing.</summary>
    public static Fault DropBeforeProcessing() => new(exchange =>
    {
        exchange.Context.Abort();
        return Task.CompletedTask;
    });

    /// <summary>The connection is reset after processing: a refresh token has rotated, and the reply is lost.</summary>
    public static Fault DropAfterProcessing() => DropBeforeProcessing().AfterProcessing();

    /// <summary>
    /// The request waits before processing until it is released. The client may give up meanwhile; the server processes it all the same.
    /// </summary>
    public static FaultHold Hold() => new(processFirst: false);

    /// <summary>The request is processed, and the reply waits until it is released.</summary>
    public static FaultHold HoldReply() => new(processFirst: true);

    /// <summary>The request waits before processing for a time by the server's clock.</summary>
    /// <param name="time">How long.</param>
    public static Fault Delay(TimeSpan time) => new(async exchange =>
    {
        await Task.Delay(time, exchange.TimeProvider, exchange.Stopping).ConfigureAwait(false);
        await exchange.AnswerAsync().ConfigureAwait(false);
    });

    /// <summary>The true reply, its body changed.</summary>
    /// <param name="change">Gets the body and gives another.</param>
    public static Fault Transform(Func<string, string> change) => new(exchange =>
    {
        Reply reply = exchange.Process();
        return exchange.SendAsync(reply with { Body = change(reply.Body) });
    });

    /// <summary>The true reply with its full <c>Content-Length</c>, but the connection ends after half of the body.</summary>
    public static Fault Truncate() => new(async exchange =>
    {
        Reply reply = exchange.Process();
        byte[] body = reply.BodyBytes();
        exchange.Begin(reply);
        exchange.Context.Response.ContentLength = body.Length;
        // No Abort: it could overtake the bytes. Kestrel closes the connection itself when a body ends before its length.
        await exchange.WriteAsync(body.AsMemory(0, body.Length / 2)).ConfigureAwait(false);
    });

    /// <summary>
    /// Half of the true reply's body, without a length: only the closed connection ends it, so nothing on the wire shows that it is cut.
    /// </summary>
    public static Fault TruncateCloseDelimited() => new(async exchange =>
    {
        Reply reply = exchange.Process();
        byte[] body = reply.BodyBytes();
        exchange.Begin(reply.With("Connection", "close").With("Transfer-Encoding", "identity"));
        await exchange.WriteAsync(body.AsMemory(0, body.Length / 2)).ConfigureAwait(false);
    });

    /// <summary>The true reply's headers at once, its body byte by byte, with a pause by the server's clock before each.</summary>
    /// <param name="pause">The pause.</param>
    public static Fault Drip(TimeSpan pause) => new(exchange => DripAsync(
        exchange, () => Task.Delay(pause, exchange.TimeProvider, exchange.Context.RequestAborted)));

    /// <summary>The true reply's headers at once, its body byte by byte as the test lets them go.</summary>
    public static FaultDrip Drip() => new();

    /// <summary>A well-formed token reply before processing, with an access token of this many characters, without a length.</summary>
    /// <param name="characters">How many; <see cref="long.MaxValue"/> goes on until the client hangs up.</param>
    public static Fault Oversize(long characters) => new(async exchange =>
    {
        exchange.Begin(Reply.Json(StatusCodes.Status200OK, ""));
        await WritePaddedAsync(exchange.Context.Response.Body, characters, exchange.Context.RequestAborted).ConfigureAwait(false);
    });

    /// <summary>As <see cref="Oversize"/>, compressed with gzip to about a thousandth.</summary>
    /// <param name="characters">How many characters the access token has when unpacked.</param>
    public static Fault GzipBomb(long characters = 64 * 1024 * 1024) => new(async exchange =>
    {
        exchange.Begin(Reply.Json(StatusCodes.Status200OK, "").With("Content-Encoding", "gzip"));
        var gzip = new System.IO.Compression.GZipStream(exchange.Context.Response.Body, System.IO.Compression.CompressionLevel.Fastest);
        await using (gzip.ConfigureAwait(false))
            await WritePaddedAsync(gzip, characters, exchange.Context.RequestAborted).ConfigureAwait(false);
    });

    /// <summary>The same fault, but the server does its work first: a refresh token rotates, and then the fault happens.</summary>
    public Fault AfterProcessing() => new(exchange =>
    {
        exchange.Process();
        return PlayAsync(exchange);
    });

    /// <summary>The same fault with a further header on the reply.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="value">Its value, sent unchanged.</param>
    public Fault WithHeader(string name, string value) => new(exchange =>
    {
        exchange.Context.Response.Headers.Append(name, value);
        return PlayAsync(exchange);
    });

    internal virtual Task PlayAsync(Exchange exchange) => _play(exchange);

    private protected static async Task DripAsync(Exchange exchange, Func<Task> beforeEachByte, TaskCompletionSource? begun = null)
    {
        Reply reply = exchange.Process();
        byte[] body = reply.BodyBytes();
        exchange.Begin(reply);
        exchange.Context.Response.ContentLength = body.Length;
        await exchange.Context.Response.StartAsync(exchange.Context.RequestAborted).ConfigureAwait(false);
        await exchange.WriteAsync(ReadOnlyMemory<byte>.Empty).ConfigureAwait(false);
        begun?.TrySetResult();
        for (int i = 0; i < body.Length; i++)
        {
            await beforeEachByte().ConfigureAwait(false);
            await exchange.WriteAsync(body.AsMemory(i, 1)).ConfigureAwait(false);
        }
    }

    private static async Task WritePaddedAsync(Stream stream, long characters, CancellationToken cancellationToken)
    {
        byte[] padding = new byte[Chunk];
        padding.AsSpan().Fill((byte)'a');
        await stream.WriteAsync("{\"token_type\":\"Bearer\",\"access_token\":\""u8.ToArray(), cancellationToken).ConfigureAwait(false);
        for (long left = characters; left > 0; left -= Chunk)
            await stream.WriteAsync(padding.AsMemory(0, (int)long.Min(left, Chunk)), cancellationToken).ConfigureAwait(false);
        await stream.WriteAsync("\"}"u8.ToArray(), cancellationToken).ConfigureAwait(false);
    }
}
