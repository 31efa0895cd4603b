using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace TokenLifecycle.Testing.Web;

/// <summary>One request while it is being answered: what a fault plays with.</summary>
internal sealed class Exchange(HttpContext context, Func<Reply> process, TimeProvider timeProvider, CancellationToken stopping)
{
    private Reply? _reply;

    public HttpContext Context => context;

    public TimeProvider TimeProvider => timeProvider;

    /// <summary>The server is going down. A client that hangs up does not end a hold: real servers go on processing too.</summary>
    public CancellationToken Stopping => stopping;

    public bool Processed => _reply is not null;

    /// <summary>Does the server's work, once.</summary>
    public Reply Process() => _reply ??= process();

    public Task AnswerAsync() => SendAsync(Process());

    public async Task SendAsync(Reply reply)
    {
        Begin(reply);
        byte[] body = reply.BodyBytes();
        context.Response.ContentLength = body.Length;
        if (body.Length > 0) await context.Response.Body.WriteAsync(body, stopping).ConfigureAwait(false);
    }

    /// <summary>Sets status, type and headers, and leaves length and body to the caller.</summary>
    public void Begin(Reply reply)
    {
        context.Response.StatusCode = reply.Status;
        if (reply.ContentType.Length > 0) context.Response.ContentType = reply.ContentType;
        // Of the server's clock, not of the machine's: clients read the time and detect skew by it.
        if (!context.Response.Headers.ContainsKey("Date")) context.Response.Headers.Date = timeProvider.GetUtcNow().ToString("R", CultureInfo.InvariantCulture);
        foreach ((string name, string value) in reply.Headers) context.Response.Headers.Append(name, value);
    }

    public async Task WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        await context.Response.Body.WriteAsync(bytes, context.RequestAborted).ConfigureAwait(false);
        await context.Response.Body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
    }
}
