namespace TokenLifecycle.Storage;

/// <summary>
/// A folder of token files and their locks, on one machine. It is made, looked at and tidied once per process, before its first use.
/// </summary>
internal sealed class TokenFolder(string path, TimeProvider clock)
{
    private const string LocksName = "locks";

    private readonly FileLocks _locks = new(System.IO.Path.Combine(path, LocksName), clock);
    private readonly Lock _gate = new();
    private Task? _opening;

    /// <summary>Where it is.</summary>
    public string Path => path;

    /// <summary>Makes the folder usable, or reports why it is not. Retried at the next use, so that a fix needs no restart.</summary>
    /// <param name="cancellationToken">Ends this caller's wait.</param>
    public Task OpenAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_opening is null or { IsFaulted: true })
                _opening = Task.Run(MakeUsable, CancellationToken.None);
            return _opening.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Refuses a folder that others may read or write, and a folder that no longer exists.</summary>
    public void RefuseShared()
    {
        if (File.Exists(path))
            throw TokenFolderException.OfFile(path);
        if (DurableFiles.IsShared(path))
        {
            throw new TokenFolderException(
                path,
                "can be read or written by other users of this machine, who could take the tokens or put theirs in their place.",
                $"Close it: chmod 700 {TokenFolderException.Quoted(path)}");
        }
    }

    /// <summary>Waits until no other process holds a file.</summary>
    public Task<FileLock> EnterAsync(string name, CancellationToken cancellationToken) => _locks.EnterAsync(TokenFileName.Stripe(name), cancellationToken);

    /// <summary>Locks a file if no other operation has locked it; returns <see langword="null"/> otherwise.</summary>
    public FileLock? TryEnter(string name) => _locks.TryEnter(TokenFileName.Stripe(name));

    /// <summary>Reads a file whole; <see langword="null"/> if there is none.</summary>
    /// <exception cref="DirectoryNotFoundException">The folder does not exist either, which does not mean that no user is
    /// connected.</exception>
    public byte[]? Read(string name)
    {
        byte[]? content = DurableFiles.Read(FileOf(name));

        // An empty mount point in place of the volume has no locks in it.
        if (content is null && !Directory.Exists(_locks.Folder))
            throw new DirectoryNotFoundException($"There is no {_locks.Folder}.");
        return content;
    }

    /// <summary>Puts a file in the place of another, or of none, for good.</summary>
    public void Replace(string name, ReadOnlySpan<byte> content) => DurableFiles.Replace(path, name, content);

    /// <summary>Deletes a file for good.</summary>
    public void Delete(string name) => DurableFiles.Delete(path, name);

    /// <summary>All files directly in the folder.</summary>
    public IEnumerable<string> Names() => Directory.EnumerateFiles(path).Select(static file => System.IO.Path.GetFileName(file));

    /// <summary>The full path of a file.</summary>
    public string FileOf(string name) => System.IO.Path.Combine(path, name);

    private void MakeUsable()
    {
        Make();
        RefuseShared();
        DurableFiles.MakeFolder(_locks.Folder);
        RefuseUnlockable();
        Sweep();
    }

    private void Make()
    {
        try
        {
            DurableFiles.MakeFolder(path);
        }
        catch (IOException e) when (e is DirectoryNotFoundException || File.Exists(path))
        {
            throw new TokenFolderException(path, "cannot be made: a part of its path is a file.", "Name another folder in UseFileStore(path).", e);
        }
    }

    private void RefuseUnlockable()
    {
        // Any lock proves that locks work. A lock that another process holds, perhaps while it is stopped, must not keep this process from
        // starting; that it cannot be acquired is proof as well.
        for (int stripe = 0; stripe < FileLocks.Count; stripe++)
        {
            using FileLock? held = _locks.TryEnter(stripe);
            if (held is null)
                continue;
            if (!_locks.LetsTwoIn(stripe))
                return;
            throw new TokenFolderException(
                path,
                "cannot keep two writers apart: a file that is locked there can be opened a second time.",
                "Name a folder on a disk of this machine in UseFileStore(path), no network share, and do not set DOTNET_SYSTEM_IO_DISABLEFILELOCKING. Several machines need UseEntityFrameworkStore().");
        }
    }

    // A killed process leaves its temporary file behind. The holder of the lock of that stripe knows that no process is writing it.
    private void Sweep()
    {
        foreach (string name in Names().Where(TokenFileName.IsTemporary))
        {
            using FileLock? held = _locks.TryEnter(TokenFileName.Stripe(name));
            if (held is not null)
                File.Delete(FileOf(name));
        }
    }
}
