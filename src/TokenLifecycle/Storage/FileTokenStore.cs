namespace TokenLifecycle.Storage;

/// <summary>
/// Keeps connections in a folder of this machine, one file each: for tools, samples and small services. Survives crashes and power cuts,
/// and may be shared by several processes of one machine.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item><b>A row is whole or not there.</b> It is written beside its place, flushed to disk, renamed, and the folder flushed, before it is
/// reported that it
/// is saved. On Windows the folder is not flushed.</item>
/// <item><b>For its owner only.</b> The folder is made with mode 0700, files with 0600. A folder that others may read or write is refused,
/// with the command that closes it. On Windows the folder's access list decides.</item>
/// <item><b>What cannot be read is left unchanged</b> and reported by its file's name. Only a disconnect deletes.</item>
/// <item><b>One machine, no network share.</b> Processes are kept apart by locked files, and leases run on the machine's wall clock. A
/// process that is stopped in the middle of a write blocks one connection in 64 until it resumes or ends; searches skip these
/// connections.</item>
/// <item><b>A search reads every file.</b> Good for tens of thousands of connections; for more use the Entity Framework store.</item>
/// </list>
/// </remarks>
public sealed partial class FileTokenStore : ISearchableTokenStore, ITokenStoreCheck, ITokenStoreStatistics
{
    private readonly TokenFolder _folder;
    private readonly TimeProvider _clock;
    private readonly VersionSource _versions;

    /// <summary>Makes a store on a folder. Nothing is read or written yet.</summary>
    /// <param name="path">The folder, made at first use. A relative path starts at the current directory of this moment.</param>
    /// <param name="clock">The clock of leases.</param>
    /// <exception cref="ArgumentException">The path is empty.</exception>
    public FileTokenStore(string path, TimeProvider clock)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentNullException.ThrowIfNull(clock);
        _folder = new TokenFolder(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)), clock);
        _clock = clock;
        _versions = new VersionSource(clock);
    }

    /// <inheritdoc/>
    /// <exception cref="IOException">The folder or the file cannot be used; the message states how to fix it.</exception>
    public Task<StoredToken?> FindAsync(TokenKey key, CancellationToken cancellationToken)
    {
        string name = TokenFileName.Of(key);
        return RunAsync(() => Task.FromResult(Read(key, name)?.Token), cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="IOException">The folder or the file cannot be used; the message states how to fix it.</exception>
    public Task<RefreshClaim> BeginRefreshAsync(TokenKey key, string attemptId, TimeSpan leaseDuration, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(attemptId);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(leaseDuration, TimeSpan.Zero);
        return AloneAsync(key, (name, _) =>
        {
            if (Read(key, name) is not { } row)
                return RefreshClaim.NotFound;

            (LeasedConnection begun, RefreshClaim claim) = row.Begin(attemptId, leaseDuration, Now, _clock.GetUtcNow());
            if (!ReferenceEquals(begun, row))
                Write(name, begun);
            return claim;
        }, cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="UnreadableTokenException">There is a row, but it cannot be read. It must be left unchanged.</exception>
    /// <exception cref="IOException">The folder or the file cannot be used; the message states how to fix it.</exception>
    public Task<bool> CompleteRefreshAsync(TokenKey key, string attemptId, long version, RefreshCompletion ending, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(attemptId);
        ArgumentNullException.ThrowIfNull(ending);
        return AloneAsync(key, (name, _) =>
        {
            LeasedConnection? ended = Read(key, name)?.End(attemptId, version, ending);
            if (ended is not null)
                Write(name, ended);
            return ended is not null;
        }, cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="UnreadableTokenException">The stored row cannot be read, and so is not replaced.</exception>
    /// <exception cref="IOException">The folder or the file cannot be used; the message states how to fix it.</exception>
    public Task<SaveResult> SaveAsync(StoredToken token, long expectedVersion, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(token);
        return AloneAsync(token.Key, (name, stripe) =>
        {
            LeasedConnection? row = Read(token.Key, name);
            long version = row?.Token.Version ?? StoredToken.Unsaved;
            if (version != expectedVersion)
                return SaveResult.Conflict(row?.Token);

            LeasedConnection saved = LeasedConnection.Saved(token, _versions.After(Math.Max(version, stripe.ReadFloor())));
            Write(name, saved);
            return SaveResult.Saved(saved.Token);
        }, cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="IOException">The folder or the file cannot be used; the message states how to fix it.</exception>
    public Task<DeleteResult> DeleteAsync(TokenKey key, CancellationToken cancellationToken) =>
        AloneAsync(key, (name, stripe) =>
        {
            if (_folder.Read(name) is not { } content)
                return new DeleteResult(Existed: false, Deleted: null);

            // First the floor: were the process killed in between, the row would only keep its version.
            StoredToken? deleted = StoredTokenJson.ReadOrNull(key, content)?.Token;
            stripe.RaiseFloor(_versions.After(Math.Max(deleted?.Version ?? StoredToken.Unsaved, stripe.ReadFloor())));
            _folder.Delete(name);
            return new DeleteResult(Existed: true, deleted);
        }, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<TokenStoreProblem>> CheckAsync(CancellationToken cancellationToken) =>
        Task.Run(() => new TokenFolderCheck(_folder).RunAsync(cancellationToken), cancellationToken);

    // Leases must outlive the process, so they run on the wall clock: the time since its zero.
    private TimeSpan Now => TimeSpan.FromTicks(_clock.GetUtcNow().UtcTicks);

    private Task<T> AloneAsync<T>(TokenKey key, Func<string, FileLock, T> step, CancellationToken cancellationToken)
    {
        string name = TokenFileName.Of(key);
        return RunAsync(async () =>
        {
            using FileLock stripe = await _folder.EnterAsync(name, cancellationToken).ConfigureAwait(false);
            return step(name, stripe);
        }, cancellationToken);
    }

    // A flush blocks its thread for milliseconds, which must not be the caller's.
    private Task<T> RunAsync<T>(Func<Task<T>> step, CancellationToken cancellationToken) =>
        Task.Run(async () =>
        {
            try
            {
                await _folder.OpenAsync(cancellationToken).ConfigureAwait(false);
                return await step().ConfigureAwait(false);
            }
            catch (Exception e) when (TokenFolderException.IsUnexplained(e))
            {
                throw TokenFolderException.Of(_folder.Path, e);
            }
        }, cancellationToken);

    private LeasedConnection? Read(TokenKey key, string name) =>
        _folder.Read(name) is { } content ? StoredTokenJson.Read(key, content, $"the file {_folder.FileOf(name)}") : null;

    private void Write(string name, LeasedConnection row) => _folder.Replace(name, StoredTokenJson.Write(row));
}
