using System.Globalization;
using System.Security.Cryptography;

namespace TokenLifecycle.Storage;

/// <summary>A key ring in a file of its own. Looked at again when it changed, so that keys rotate without a restart.</summary>
internal sealed class TokenKeyRingFile(string path, bool createIfMissing, TimeProvider time)
{
    private static readonly TimeSpan _lookAgainAfter = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private TokenKeyRing? _ring;
    private DateTime _writtenAt;
    private long _lookedAt;

    /// <summary>The keys, read anew if the file may have changed.</summary>
    /// <param name="wanted">A key id that must be known; if it is not, the file is looked at regardless of when that was done last.</param>
    /// <exception cref="TokenStoreUnfitException">The file has never been readable.</exception>
    public TokenKeyRing Read(string? wanted)
    {
        lock (_gate)
        {
            if (_ring is null || time.GetElapsedTime(_lookedAt) >= _lookAgainAfter || (wanted is not null && _ring.Find(wanted) is null))
            {
                _lookedAt = time.GetTimestamp();
                Refresh();
            }

            return _ring!;
        }
    }

    private void Refresh()
    {
        try
        {
            if (_ring is null && createIfMissing && !File.Exists(path))
                Create();
            DateTime writtenAt = File.GetLastWriteTimeUtc(path);
            if (_ring is not null && writtenAt == _writtenAt)
                return;

            RefuseIfOthersMayRead();
            _ring = TokenKeyRing.TryParse(File.ReadAllBytes(path), out IReadOnlyList<string> problems)
                ?? throw Unfit(string.Join(" ", problems), remedy: null);
            _writtenAt = writtenAt;
        }
        catch (Exception e) when (_ring is not null && e is IOException or UnauthorizedAccessException or TokenStoreUnfitException)
        {
            // The keys that are known go on working; a file that is gone or half written must not make every row unreadable.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unfit(
                e is FileNotFoundException or DirectoryNotFoundException
                    ? "It does not exist. If it was lost, restore it from a backup: without it the stored tokens cannot be read. If this is the first start, create it once"
                    : $"It cannot be read: {e.Message}",
                remedy: null,
                e);
        }
    }

    /// <summary>The file appears whole or not at all, and of several processes that start at once one makes it.</summary>
    private void Create()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using FileStream turn = AwaitTurn();
        if (File.Exists(path))
            return; // Another process was first: its keys are everybody's.

        string temporary = $"{path}.{Guid.NewGuid():n}.tmp";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var stream = new FileStream(temporary, options))
        {
            string id = time.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
            stream.Write(TokenKeyRing.NewJson(id, RandomNumberGenerator.GetBytes(TokenKeyRing.KeySize)));
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: false);
    }

    /// <summary>Moving without overwriting is "look, then move" on Unix, so two could both find nothing; a lock that ends with its process parts them.</summary>
    private FileStream AwaitTurn()
    {
        var wait = new SpinWait();
        while (true)
        {
            try
            {
                return new FileStream($"{path}.lock", FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
            }
            catch (IOException) when (wait.Count < 10_000)
            {
                wait.SpinOnce();
            }
        }
    }

    private void RefuseIfOthersMayRead()
    {
        const UnixFileMode others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & others) != UnixFileMode.None)
            throw Unfit("Others than its owner may read or write it.", $"chmod 600 {path}");
    }

    private TokenStoreUnfitException Unfit(string message, string? remedy, Exception? cause = null) =>
        new([new TokenStoreProblem($"key file {path}", message, remedy)], cause);
}
