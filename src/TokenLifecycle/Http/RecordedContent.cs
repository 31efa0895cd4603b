using System.Net;

namespace TokenLifecycle.Http;

/// <summary>
/// Sends another content and keeps a bounded copy of what it wrote. Writing the other content again could write something else: a sequence
/// that can be read once would be empty. From the copy the same bytes are sent, or nothing (FH-3).
/// </summary>
internal sealed class RecordedContent : HttpContent
{
    /// <summary>The most bytes that are kept of one body.</summary>
    public const int MaxBytes = 64 * 1024;

    private readonly BodyRecording _recording = new(MaxBytes);
    private volatile State _state;

    public RecordedContent(HttpContent original)
    {
        Original = original;
        foreach (KeyValuePair<string, System.Net.Http.Headers.HeaderStringValues> header in original.Headers.NonValidated)
            Headers.TryAddWithoutValidation(header.Key, header.Value);
    }

    private enum State
    {
        Untouched,
        Begun,
        Complete,
    }

    /// <summary>The content of the app.</summary>
    public HttpContent Original { get; }

    /// <summary>Whether the same bytes can be sent again: none were read, or all were kept.</summary>
    public bool CanBeSentAgain => _state == State.Untouched || (_state == State.Complete && _recording.IsWhole);

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    /// <inheritdoc/>
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (IsReplay)
        {
            await stream.WriteAsync(_recording.Bytes, cancellationToken).ConfigureAwait(false);
            return;
        }

        Begin();
        RecordingStream recorder = new(stream, _recording);
        await using (recorder.ConfigureAwait(false))
            await Original.CopyToAsync(recorder, context, cancellationToken).ConfigureAwait(false);
        _state = State.Complete;
    }

    /// <inheritdoc/>
    protected override void SerializeToStream(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (IsReplay)
        {
            stream.Write(_recording.Bytes.Span);
            return;
        }

        Begin();
        using var recorder = new RecordingStream(stream, _recording);
        Original.CopyTo(recorder, context, cancellationToken);
        _state = State.Complete;
    }

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        length = Original.Headers.ContentLength ?? -1;
        return length >= 0;
    }

    private bool IsReplay => _state == State.Complete && _recording.IsWhole;

    /// <summary>The runtime itself may begin again, on another network connection: only the last writing counts.</summary>
    private void Begin()
    {
        _recording.Restart(isFirst: _state == State.Untouched);
        _state = State.Begun;
    }
}
