using System.Net;
using System.Net.Http.Headers;

namespace TokenLifecycle.Protocol;

/// <summary>
/// A request body that knows whether it has left: it is written at most once, and after <see cref="TryAbandon"/> never.
/// So "not sent" is a fact and not a guess from an exception, and no handler below can send a refresh token or code twice (TE-5).
/// </summary>
internal sealed class SingleUseContent : HttpContent
{
    private const int Fresh = 0;
    private const int Begun = 1;
    private const int Abandoned = 2;

    private readonly byte[] _body;
    private int _state;

    public SingleUseContent(byte[] body, string? mediaType)
    {
        _body = body;
        if (mediaType is not null)
            Headers.ContentType = new MediaTypeHeaderValue(mediaType);
    }

    /// <summary>Forbids the body to leave from now on; false if it already began to.</summary>
    public bool TryAbandon() => Interlocked.CompareExchange(ref _state, Abandoned, Fresh) != Begun;

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (Interlocked.CompareExchange(ref _state, Begun, Fresh) != Fresh)
            throw new InvalidOperationException("The body of a token request is sent at most once.");
        await stream.WriteAsync(_body, cancellationToken).ConfigureAwait(false);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _body.Length;
        return true;
    }
}
