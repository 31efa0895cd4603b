namespace TokenLifecycle.Storage;

/// <summary>
/// Stands before a store so that no plain token reaches it. Keys, times, scopes and account ids stay readable, as stores search by them.
/// </summary>
internal class ProtectedTokenStore(ITokenStore inner, ITokenProtector protector) : ITokenStore
{
    /// <summary>A protector of the app's may ask a key service and block its thread meanwhile.</summary>
    private readonly bool _mayBlock = protector is not KeyRingTokenProtector;

    protected SecretFields Fields { get; } = new(protector);

    public bool ReadsWithoutBlocking => inner.ReadsWithoutBlocking && !_mayBlock;

    public Task<DateTimeOffset?> ReadClockAsync(CancellationToken cancellationToken) => inner.ReadClockAsync(cancellationToken);

    public async Task<StoredToken?> FindAsync(TokenKey key, CancellationToken cancellationToken) =>
        Fields.Unprotect(await inner.FindAsync(key, cancellationToken).ConfigureAwait(false));

    public async Task<RefreshClaim> BeginRefreshAsync(TokenKey key, string attemptId, TimeSpan leaseDuration, CancellationToken cancellationToken)
    {
        RefreshClaim claim = await inner.BeginRefreshAsync(key, attemptId, leaseDuration, cancellationToken).ConfigureAwait(false);
        if (claim.Token is not { } row)
            return claim;

        try
        {
            StoredToken readable = Fields.Unprotect(row)!;
            return claim.Kind == RefreshClaimKind.Acquired ? RefreshClaim.Acquired(readable) : RefreshClaim.Held(readable);
        }
        catch (Exception) when (claim.Kind == RefreshClaimKind.Acquired)
        {
            // Nothing will be sent, so there is nothing to remember. The same if the app's protector does not reach its key service.
            await inner.CompleteRefreshAsync(key, attemptId, row.Version, new RefreshCompletion { RefreshTokenNotUsed = true }, cancellationToken).ConfigureAwait(false);
            throw;
        }
    }

    public Task<bool> CompleteRefreshAsync(TokenKey key, string attemptId, long version, RefreshCompletion ending, CancellationToken cancellationToken) =>
        inner.CompleteRefreshAsync(key, attemptId, version, ending, cancellationToken);

    public async Task<SaveResult> SaveAsync(StoredToken token, long expectedVersion, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(token);
        SaveResult result = await inner.SaveAsync(Fields.Protect(token), expectedVersion, cancellationToken).ConfigureAwait(false);
        StoredToken? stored = Fields.Unprotect(result.Token);
        return result.IsSaved ? SaveResult.Saved(stored!) : SaveResult.Conflict(stored);
    }

    public async Task<DeleteResult> DeleteAsync(TokenKey key, CancellationToken cancellationToken)
    {
        DeleteResult result = await inner.DeleteAsync(key, cancellationToken).ConfigureAwait(false);
        try
        {
            return new DeleteResult(result.Existed, Fields.Unprotect(result.Deleted));
        }
        catch (UnreadableTokenException)
        {
            return new DeleteResult(result.Existed, Deleted: null);
        }
    }
}
