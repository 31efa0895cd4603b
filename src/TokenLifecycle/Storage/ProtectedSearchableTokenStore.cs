namespace TokenLifecycle.Storage;

/// <summary>The same for a store that can be searched.</summary>
internal sealed class ProtectedSearchableTokenStore(ISearchableTokenStore inner, ITokenProtector protector, TimeProvider time)
    : ProtectedTokenStore(inner, protector), ISearchableTokenStore
{
    /// <summary>When a row that cannot be decrypted is looked at again: until then it takes no place from those that can (BG-3).</summary>
    private static readonly TimeSpan _unreadablePause = TimeSpan.FromHours(1);

    public async Task<IReadOnlyList<StoredToken>> ClaimDueAsync(string provider, string attemptId, int limit, TimeSpan leaseDuration, CancellationToken cancellationToken)
    {
        IReadOnlyList<StoredToken> claimed = await inner.ClaimDueAsync(provider, attemptId, limit, leaseDuration, cancellationToken).ConfigureAwait(false);
        var readable = new List<StoredToken>(claimed.Count);
        foreach (StoredToken row in claimed)
        {
            try
            {
                readable.Add(Fields.Unprotect(row)!);
            }
            catch (UnreadableTokenException)
            {
                var later = new RefreshEnding { TakeBackIntent = true, NextRefreshAt = time.GetUtcNow() + _unreadablePause };
                await inner.EndRefreshAsync(row.Key, attemptId, row.Version, later, cancellationToken).ConfigureAwait(false);
            }
        }

        return readable;
    }

    public Task<IReadOnlyList<TokenKey>> FindByAccountAsync(string provider, string accountId, CancellationToken cancellationToken) =>
        inner.FindByAccountAsync(provider, accountId, cancellationToken);

    public Task<IReadOnlyList<StoredConnection>> ListAsync(string provider, TokenKey? after, int limit, CancellationToken cancellationToken) =>
        inner.ListAsync(provider, after, limit, cancellationToken);
}
