namespace TokenLifecycle.Storage;

/// <content>Connections that nobody named: every file is read, and one that cannot be read holds up nobody.</content>
public sealed partial class FileTokenStore
{
    /// <inheritdoc/>
    /// <exception cref="IOException">The folder cannot be used; the message says what mends it.</exception>
    public Task<IReadOnlyList<StoredToken>> ClaimDueAsync(string provider, string attemptId, int limit, TimeSpan leaseDuration, CancellationToken cancellationToken)
    {
        StoredTokenSearch.CheckClaim(provider, attemptId, limit, leaseDuration);
        return RunAsync<IReadOnlyList<StoredToken>>(async () =>
        {
            List<(DateTimeOffset? DueAt, TokenKey Key)> due =
            [
                .. Scan(provider, cancellationToken).Where(found => IsDue(found.Row)).Select(static found => (found.Row!.Token.NextRefreshAt, found.Key)),
            ];
            List<StoredToken> claimed = [];
            foreach ((_, TokenKey key) in due.OrderBy(static row => row.DueAt).TakeWhile(_ => claimed.Count < limit))
            {
                try
                {
                    if (await ClaimAsync(key).ConfigureAwait(false) is { } token)
                        claimed.Add(token);
                }
                catch (Exception e) when (TokenFolderException.IsUnexplained(e) && claimed.Count > 0)
                {
                    // Those that are claimed are the caller's, who could not know of them otherwise. The fault is met again by the next claim.
                    break;
                }
            }

            return claimed;
        }, cancellationToken);

        bool IsDue(LeasedRow? row) => row is not null && row.IsDueFor(attemptId, Now, _clock.GetUtcNow());

        async Task<StoredToken?> ClaimAsync(TokenKey key)
        {
            string name = TokenFileName.Of(key);
            using StripeLock stripe = await _folder.EnterAsync(name, cancellationToken).ConfigureAwait(false);

            // Somebody may have claimed or saved it since it was found.
            if (_folder.Read(name) is not { } content || ReadOrNull(key, name, content) is not { } row || !IsDue(row))
                return null;

            (LeasedRow begun, _) = row.Begin(attemptId, leaseDuration, Now, _clock.GetUtcNow());
            Write(name, begun);
            return begun.Token;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="IOException">The folder cannot be used; the message says what mends it.</exception>
    public Task<IReadOnlyList<TokenKey>> FindByAccountAsync(string provider, string accountId, CancellationToken cancellationToken)
    {
        StoredTokenSearch.CheckAccount(provider, accountId);
        return RunAsync(
            () => Task.FromResult<IReadOnlyList<TokenKey>>(
            [
                .. Scan(provider, cancellationToken).Where(found => found.Row?.Token.IsOfAccount(accountId) == true).Select(static found => found.Key).Order(TokenKeyOrder.Instance),
            ]),
            cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="IOException">The folder cannot be used; the message says what mends it.</exception>
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
    /// <exception cref="IOException">The folder cannot be used; the message says what mends it.</exception>
    public Task<IReadOnlyList<ConnectionCount>> CountAsync(CancellationToken cancellationToken) =>
        RunAsync(
            () => Task.FromResult<IReadOnlyList<ConnectionCount>>(StoredTokenSearch.Count(Scan(provider: null, cancellationToken).Select(static found => (found.Key, found.Row?.Token)))),
            cancellationToken);

    /// <summary>The files of a provider, or of all; without a row those that cannot be read but whose beginning still says, and whose name confirms, whose they are.</summary>
    private IEnumerable<(TokenKey Key, LeasedRow? Row)> Scan(string? provider, CancellationToken cancellationToken)
    {
        foreach (string name in _folder.Names().Where(TokenFileName.IsRow))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (ContentOrNull(name) is { } content && StoredTokenKeyReader.Read(content) is { } key && (provider is null || key.IsOf(provider)) && TokenFileName.Of(key) == name)
                yield return (key, ReadOrNull(key, name, content));
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
