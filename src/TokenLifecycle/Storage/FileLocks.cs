using System.Globalization;

namespace TokenLifecycle.Storage;

/// <summary>
/// Keeps threads and processes of one machine apart, many rows to a lock. Between processes a file opened by one at a time: the system
/// releases it when a
/// process ends, however it ends.
/// </summary>
internal sealed class FileLocks(string folder, TimeProvider clock)
{
    public const int Count = 64;

    private const int HeldOnLinux = 11;
    private const int HeldOnMac = 35;
    private const int HeldOnWindows = unchecked((int)0x80070020);

    // A step takes about as long as a disk's flush: a few milliseconds.
    private static readonly TimeSpan _shortestPause = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan _longestPause = TimeSpan.FromMilliseconds(16);

    private readonly SemaphoreSlim[] _gates = [.. Enumerable.Range(0, Count).Select(static _ => new SemaphoreSlim(1))];

    /// <summary>The folder of the lock files.</summary>
    public string Folder => folder;

    /// <summary>Waits until no other process holds the stripe.</summary>
    public async Task<FileLock> EnterAsync(int stripe, CancellationToken cancellationToken)
    {
        await _gates[stripe].WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            FileStream? file = TryOpen(stripe);
            for (TimeSpan pause = _shortestPause; file is null; pause = pause < _longestPause ? pause * 2 : _longestPause)
            {
                await Task.Delay(pause, clock, cancellationToken).ConfigureAwait(false);
                file = TryOpen(stripe);
            }

            return Held(stripe, file);
        }
        catch
        {
            _gates[stripe].Release();
            throw;
        }
    }

    /// <summary>Takes the stripe if it is free.</summary>
    public FileLock? TryEnter(int stripe)
    {
        if (!_gates[stripe].Wait(0, CancellationToken.None))
            return null;

        FileLock? held = null;
        try
        {
            held = TryOpen(stripe) is { } file ? Held(stripe, file) : null;
            return held;
        }
        finally
        {
            if (held is null)
                _gates[stripe].Release();
        }
    }

    /// <summary>
    /// Whether a file that is held can be opened by a second one, which makes every lock here worthless. To be asked while the stripe is
    /// held.
    /// </summary>
    public bool LetsTwoIn(int heldStripe)
    {
        using FileStream? second = TryOpen(heldStripe);
        return second is not null;
    }

    private FileLock Held(int stripe, FileStream file)
    {
        try
        {
            return new FileLock(file, _gates[stripe]);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private FileStream? TryOpen(int stripe)
    {
        try
        {
            return DurableFiles.OpenAlone(Path.Combine(folder, stripe.ToString("x2", CultureInfo.InvariantCulture) + ".lock"), FileMode.OpenOrCreate);
        }
        catch (IOException e) when (e.HResult is HeldOnLinux or HeldOnMac or HeldOnWindows)
        {
            return null;
        }
    }
}
