namespace TokenLifecycle.Http;

/// <summary>Keeps the bytes of one body, up to a limit.</summary>
internal sealed class BodyRecording(int maxBytes)
{
    private readonly MemoryStream _bytes = new();

    /// <summary>Whether everything that was written is here.</summary>
    public bool IsWhole { get; private set; } = true;

    public ReadOnlyMemory<byte> Bytes => _bytes.GetBuffer().AsMemory(0, (int)_bytes.Length);

    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (!IsWhole)
            return;
        if (_bytes.Length + bytes.Length > maxBytes)
        {
            IsWhole = false;
            _bytes.SetLength(0);
            _bytes.Capacity = 0;
            return;
        }

        _bytes.Write(bytes);
    }

    /// <summary>A body that is written a second time may be used up already, so what it writes then is no proof of what it is.</summary>
    public void Restart(bool isFirst)
    {
        _bytes.SetLength(0);
        IsWhole &= isFirst;
    }
}
