using System.Buffers;

namespace TokenLifecycle.Http;

/// <summary>Keeps the bytes of one body, up to a limit.</summary>
internal sealed class BodyRecording(int maxBytes)
{
    private ArrayBufferWriter<byte>? _bytes;

    /// <summary>Whether everything that was written is here.</summary>
    public bool IsWhole { get; private set; } = true;

    public ReadOnlyMemory<byte> Bytes => _bytes?.WrittenMemory ?? default;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (!IsWhole)
            return;
        _bytes ??= new ArrayBufferWriter<byte>();
        IsWhole = _bytes.WrittenCount + bytes.Length <= maxBytes;
        if (IsWhole)
            _bytes.Write(bytes);
        else
            _bytes = null;
    }

    /// <summary>A body that is written a second time may be used up already, so what it writes then does not prove what it is.</summary>
    public void Restart(bool isFirst)
    {
        _bytes = null;
        IsWhole &= isFirst;
    }
}
