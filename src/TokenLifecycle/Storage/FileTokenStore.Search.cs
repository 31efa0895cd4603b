using System.Runtime.ExceptionServices;

namespace TokenLifecycle.Storage;

/// <content>Searches: every file is read, and a file that cannot be read blocks no other.</content>
public sealed partial class FileTokenStore
{
    /// <summary>The number of files that cannot be written after which a call stops: the cause is the disk and not a single file.</summary>
    private const int EnoughFailures = 8;

    /// <inheritdoc/>
    /// <exception cref="IOException">The folder cannot be used; the message states how to fix it.</exception>
    public Task<IReadOnlyList<StoredToken>> ClaimDueAsync(string provider, string attemptId, int limit, TimeSpan leaseDuration, CancellationToken cancellationToken)
    {
        StoredTokenSearch.CheckClaim(provider, attemptId, limit, leaseDuration);
        return RunAsync(
            () => Task.FromResult(Claim(
            [
                .. Scan(provider, cancellationToken)
                    .Where(found => IsDue(found.Row))
                    .Select(static found => (found.Row!.Token.NextRefreshAt, found.Key))
                    .OrderBy(static row => row.NextRefreshAt)
                    .Select(static row => row.Key),
            ])),
            cancellationToken);

        bool IsDue(LeasedConnection? row) => row is not null && row.IsDueFor(attemptId, Now, _clock.GetUtcNow());

        // Two rounds: a file that an operation of a few milliseconds had locked in the first round is usually free in the second. Files
        // that are still locked are left to the next call.
        IReadOnlyList<StoredToken> Claim(List<TokenKey> due)
        {
            List<StoredToken> claimed = [];
            List<Exception> failures = [];
            List<TokenKey> locked = [];
            foreach (List<TokenKey> round in (List<TokenKey>[])[due, locked])
            {
                foreach (TokenKey key in round.ToArray())
                {
                    // Returns the acquired rows even when the time is up, because the caller cannot know of them otherwise.
                    if (claimed.Count == limit || failures.Count == EnoughFailures || cancellationToken.IsCancellationRequested)
                        break;
                    try
                    {
                        using FileLock? stripe = _folder.TryEnter(TokenFileName.Of(key));
                        if (stripe is null)
                            locked.Add(key);
                        else if (ClaimLocked(key) is { } token)
                            claimed.Add(token);
                    }
                    catch (Exception e) when (TokenFolderException.IsUnexplained(e))
                    {
                        failures.Add(e); // A file that cannot be written does not prevent others from being acquired.
                    }
                }
            }

            if (claimed.Count == 0 && failures.Count > 0)
                ExceptionDispatchInfo.Throw(failures[0]);
            if (claimed.Count == 0)
                cancellationToken.ThrowIfCancellationRequested();
            return claimed;
        }

        StoredToken? ClaimLocked(TokenKey key)
        {
            // Another process may have acquired or saved it since it was found.
            string name = TokenFileName.Of(key);
            if (_folder.Read(name) is not { } content || StoredTokenJson.ReadOrNull(key, content) is not { } row || !IsDue(row))
                return null;

            (LeasedConnection begun, _) = row.Begin(attemptId, leaseDuration, Now, _clock.GetUtcNow());
            Write(name, begun);
            return begun.Token;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="IOException">The folder cannot be used; the message states how to fix it.</exception>
    public Task<IReadOnlyList<TokenKey>> FindByAccountAsync(string provider, string accountId, string? tenant, CancellationToken cancellationToken)
    {
        StoredTokenSearch.CheckAccount(provider, accountId);
        return RunAsync(
            () => Task.FromResult<IReadOnlyList<TokenKey>>(
            [
                .. Scan(provider, cancellationToken).Where(found => found.Row?.Token.IsOfAccount(accountId, tenant) == true).Select(static found => found.Key).Order(TokenKeyOrder.Instance),
            ]),
            cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="IOException">The folder cannot be used; the message states how to fix it.</exception>
    public Task<IReadOnlyList<StoredConnection>> ListAsync(string provider, TokenKey? after, int limit, CancellationToken cancellationToken)
    {
        StoredTokenSearch.CheckPage(provider, limit);
        return RunAsync(
            () => Task.FromResult<IReadOnlyList<StoredConnection>>(
            [
                .. Scan(provider, cancellationToken)
                    .Where(found => after is not { } last || TokenKeyOrder.Instance.Compare(found.Key, last) > 0)
                    .Select(static found => found.Row?.Token.ToConnection() ?? new StoredConnection { Key = found.Key, IsUnreadable = true })
                    .OrderBy(static connection => connection.Key, TokenKeyOrder.Instance)
                    .Take(limit),
            ]),
            cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="IOException">The folder cannot be used; the message states how to fix it.</exception>
    public Task<IReadOnlyList<ConnectionCount>> CountAsync(CancellationToken cancellationToken) =>
        RunAsync(
            () => Task.FromResult<IReadOnlyList<ConnectionCount>>(StoredTokenSearch.Count(Scan(provider: null, cancellationToken).Select(static found => (found.Key, found.Row?.Token)))),
            cancellationToken);

    /// <summary>
    /// The files of a provider, or of all; without a row those that cannot be read but whose beginning still says, and whose name confirms,
    /// whose they are.
    /// </summary>
    private IEnumerable<(TokenKey Key, LeasedConnection? Row)> Scan(string? provider, CancellationToken cancellationToken)
    {
        foreach (string name in _folder.Names().Where(TokenFileName.IsRow))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (ContentOrNull(name) is { } content && StoredTokenKeyReader.Read(content) is { } key && (provider is null || key.IsOf(provider)) && TokenFileName.Of(key) == name)
                yield return (key, StoredTokenJson.ReadOrNull(key, content));
        }
    }

    private byte[]? ContentOrNull(string name)
    {
        try
        {
            return _folder.Read(name);
        }
        catch (Exception e) when (e is (IOException or UnauthorizedAccessException) and not DirectoryNotFoundException)
        {
            // One file that this process may not read, or a bad block. CheckAsync reports it by name.
            return null;
        }
    }
}
