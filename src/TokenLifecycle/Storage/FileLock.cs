using System.Globalization;
using System.Text;

namespace TokenLifecycle.Storage;

/// <summary>
/// A stripe held by this step alone, over all threads and processes. Its file also remembers the greatest version that a deleted row had,
/// so that a version is not used again after delete and reconnect, whatever the clock does.
/// </summary>
internal sealed class FileLock : IDisposable
{
    // Every long fits, padded with zeros: the file never changes its length, so that to write it needs no space on a full disk.
    private const int Digits = 19;

    private readonly FileStream _file;
    private readonly SemaphoreSlim _gate;

    public FileLock(FileStream file, SemaphoreSlim gate)
    {
        _file = file;
        _gate = gate;
        if (file.Length < Digits)
            Write(StoredToken.Unsaved);
    }

    /// <summary>No version up to this one may be given to a new row.</summary>
    public long ReadFloor()
    {
        Span<byte> text = stackalloc byte[Digits];
        int read = RandomAccess.Read(_file.SafeFileHandle, text, fileOffset: 0);
        return long.TryParse(text[..read], NumberStyles.None, CultureInfo.InvariantCulture, out long floor) ? floor : StoredToken.Unsaved;
    }

    /// <summary>Remembers a greater floor, on disk.</summary>
    public void RaiseFloor(long version)
    {
        Write(version);
        _file.Flush(flushToDisk: true);
    }

    /// <summary>Lets the next one in. The file stays: were it deleted, two could each lock a file of that name.</summary>
    public void Dispose()
    {
        _file.Dispose();
        _gate.Release();
    }

    private void Write(long version) =>
        RandomAccess.Write(_file.SafeFileHandle, Encoding.ASCII.GetBytes(version.ToString("D19", CultureInfo.InvariantCulture)), fileOffset: 0);
}
