using System.Globalization;
using System.Security.Cryptography;

namespace TokenLifecycle.Storage;

/// <summary>
/// Reads a key ring from a file, and reads it again when the file changes, so that keys rotate without a restart. A change that cannot be
/// used is reported, and the previous keys stay in use: no stored token becomes unreadable, and no token is lost.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="createIfMissing">Whether to create the file if there is none.</param>
/// <param name="time">The clock.</param>
/// <param name="report">Called for each distinct change that is not used, and with <see langword="null"/> when the file can be used again.
/// The second argument is the id of the key that encrypts new tokens.</param>
internal sealed class TokenKeyRingFile(string path, bool createIfMissing, TimeProvider time, Action<TokenStoreProblem?, string> report)
{
    private static readonly TimeSpan _lookAgainAfter = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private TokenKeyRing? _ring;
    private byte[] _takenHash = [];
    private TokenStoreProblem? _problem;
    private long _lookedAt;

    /// <summary>Completes when the last report was logged.</summary>
    internal Task Reported { get; private set; } = Task.CompletedTask;

    /// <summary>Gets the keys, read again if the file may have changed.</summary>
    /// <param name="wanted">A key id that must be known; if it is not, the file is looked at regardless of when that was done last.</param>
    /// <exception cref="TokenStoreNotReadyException">The file has never been readable.</exception>
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

    /// <summary>Checks the file now.</summary>
    /// <returns>Why the current file cannot be used; empty if it can.</returns>
    public IReadOnlyList<TokenStoreProblem> Check()
    {
        lock (_gate)
        {
            _lookedAt = time.GetTimestamp();
            Refresh();
            return _problem is null ? [] : [_problem];
        }
    }

    private void Refresh()
    {
        try
        {
            if (_ring is null && createIfMissing && !File.Exists(path))
                Create();
            RefuseIfOthersMayRead();

            // Compared by content and not by time, because a restored or copied file may have the same time as the one before.
            byte[] content = File.ReadAllBytes(path);
            byte[] hash = SHA256.HashData(content);
            if (_ring is null || !hash.AsSpan().SequenceEqual(_takenHash))
            {
                _ring = TokenKeyRing.TryParse(content, out IReadOnlyList<string> problems) ?? throw Unfit(string.Join(" ", problems), "Correct the file.");
                _takenHash = hash;
            }

            Report(problem: null);
        }
        catch (Exception failure) when (_ring is not null)
        {
            // The known keys stay in use, also to encrypt: a file that is missing or half written must not make a row unreadable or lose a
            // token that is being saved.
            Report(Explained(failure).Problems[0]);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw Explained(failure);
        }
    }

    /// <summary>Reports on another thread. Keys are read while tokens are being saved, and a log provider must not delay that.</summary>
    private void Report(TokenStoreProblem? problem)
    {
        if (problem == _problem)
            return;

        _problem = problem;
        string id = _ring!.CurrentKeyId;
        Reported = Task.Run(() => report(problem, id));
    }

    private TokenStoreNotReadyException Explained(Exception failure) => failure switch
    {
        TokenStoreNotReadyException unfit => unfit,
        FileNotFoundException or DirectoryNotFoundException => Unfit(
            "It does not exist. Without it the stored tokens cannot be read after a restart.", $"If it was lost, restore {path} from a backup. If this is the first start, create it once.", failure),
        _ => Unfit($"It cannot be read: {failure.Message}", $"Allow only the account that runs the app to read {path}: use chown and chmod 600.", failure),
    };

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

    /// <summary>
    /// Moving without overwriting is "look, then move" on Unix, so two could both find nothing; a lock that is released with its process
    /// separates them.
    /// </summary>
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

    private TokenStoreNotReadyException Unfit(string message, string remedy, Exception? cause = null) =>
        new([new TokenStoreProblem($"key file {path}", message, remedy)], cause);
}
