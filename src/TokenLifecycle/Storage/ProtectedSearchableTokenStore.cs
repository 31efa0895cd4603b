using System.Runtime.ExceptionServices;

namespace TokenLifecycle.Storage;

/// <summary>The same for a store that can be searched.</summary>
internal sealed class ProtectedSearchableTokenStore(ISearchableTokenStore inner, ITokenProtector protector, TimeProvider time)
    : ProtectedTokenStore(inner, protector), ISearchableTokenStore
{
    /// <summary>When a row that cannot be decrypted is looked at again: until then it takes no place from those that can (BG-3).</summary>
    private static readonly TimeSpan _unreadablePause = TimeSpan.FromHours(1);

    /// <summary>The same for a row whose protector failed, for example because its key service cannot be reached.</summary>
    private static readonly TimeSpan _failedPause = TimeSpan.FromMinutes(5);

    public async Task<IReadOnlyList<StoredToken>> ClaimDueAsync(string provider, string attemptId, int limit, TimeSpan leaseDuration, CancellationToken cancellationToken)
    {
        IReadOnlyList<StoredToken> claimed = await inner.ClaimDueAsync(provider, attemptId, limit, leaseDuration, cancellationToken).ConfigureAwait(false);
        var readable = new List<StoredToken>(claimed.Count);
        Exception? protectorFailure = null;
        foreach (StoredToken row in claimed)
        {
            try
            {
                readable.Add(Fields.Unprotect(row)!);
            }
            catch (Exception failure) when (failure is not OutOfMemoryException)
            {
                if (failure is not UnreadableTokenException)
                    protectorFailure = failure;
                TimeSpan pause = failure is UnreadableTokenException ? _unreadablePause : _failedPause;
                var later = new RefreshCompletion { RefreshTokenNotUsed = true, NextRefreshAt = time.GetUtcNow() + pause };
                await inner.CompleteRefreshAsync(row.Key, attemptId, row.Version, later, cancellationToken).ConfigureAwait(false);
            }
        }

        // If no row can be decrypted, the background refresh reports the protector's failure.
        if (readable.Count == 0 && protectorFailure is not null)
            ExceptionDispatchInfo.Throw(protectorFailure);
        return readable;
    }

    public Task<IReadOnlyList<TokenKey>> FindByAccountAsync(string provider, string accountId, string? tenant, CancellationToken cancellationToken) =>
        inner.FindByAccountAsync(provider, accountId, tenant, cancellationToken);

    public Task<IReadOnlyList<StoredConnection>> ListAsync(string provider, TokenKey? after, int limit, CancellationToken cancellationToken) =>
        inner.ListAsync(provider, after, limit, cancellationToken);
}
