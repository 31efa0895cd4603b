using System.Collections.Concurrent;
using System.Globalization;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Chaos;

/// <summary>The real store, with the failpoints around it and a word to the run when a rotation is durable.</summary>
internal sealed class WatchedStore(ITokenStore inner, Failpoint failpoint, Action<string> say, TimeProvider time) : ITokenStore
{
    private readonly ConcurrentDictionary<TokenKey, long> _begun = new();

    public bool ReadsWithoutBlocking => inner.ReadsWithoutBlocking;

    public Task<StoredToken?> FindAsync(TokenKey key, CancellationToken cancellationToken) => inner.FindAsync(key, cancellationToken);

    public async Task<RefreshClaim> BeginRefreshAsync(TokenKey key, string attemptId, TimeSpan leaseDuration, CancellationToken cancellationToken)
    {
        failpoint.Pass(Failpoint.BeforeLease);
        RefreshClaim claim = await inner.BeginRefreshAsync(key, attemptId, leaseDuration, cancellationToken);
        if (claim.Kind == RefreshClaimKind.Acquired)
        {
            _begun[key] = time.GetTimestamp();
            failpoint.Pass(Failpoint.AfterLease);
        }

        return claim;
    }

    public Task<bool> CompleteRefreshAsync(TokenKey key, string attemptId, long version, RefreshCompletion ending, CancellationToken cancellationToken) =>
        inner.CompleteRefreshAsync(key, attemptId, version, ending, cancellationToken);

    public async Task<SaveResult> SaveAsync(StoredToken token, long expectedVersion, CancellationToken cancellationToken)
    {
        failpoint.Pass(Failpoint.BeforeSave);
        SaveResult result = await inner.SaveAsync(token, expectedVersion, cancellationToken);
        long acknowledged = time.GetUtcNow().UtcTicks;
        failpoint.Pass(Failpoint.AfterSave);
        if (result.IsSaved && _begun.TryRemove(token.Key, out _))
            say(string.Create(CultureInfo.InvariantCulture, $"saved {token.Key.UserId} {acknowledged}"));
        return result;
    }

    public Task<DeleteResult> DeleteAsync(TokenKey key, CancellationToken cancellationToken) => inner.DeleteAsync(key, cancellationToken);
}
