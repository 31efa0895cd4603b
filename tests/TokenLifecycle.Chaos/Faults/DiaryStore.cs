using System.Collections.Concurrent;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Chaos.Faults;

/// <summary>The store, with a diary of what went through it. The library knows no more of the store than what is written here.</summary>
internal sealed class DiaryStore(ITokenStore inner, ITokenProtector protector, Diary diary) : ITokenStore
{
    private readonly ConcurrentDictionary<TokenKey, string> _lastRead = new();
    private readonly ConcurrentDictionary<string, byte> _received = new(StringComparer.Ordinal);

    public bool ReadsWithoutBlocking => inner.ReadsWithoutBlocking;

    public async Task<StoredToken?> FindAsync(TokenKey key, CancellationToken cancellationToken)
    {
        DateTimeOffset begun = diary.Now;
        StoredToken? row = await inner.FindAsync(key, cancellationToken);
        NoteRead(row, begun);
        return row;
    }

    public async Task<RefreshClaim> BeginRefreshAsync(TokenKey key, string attemptId, TimeSpan leaseDuration, CancellationToken cancellationToken)
    {
        DateTimeOffset begun = diary.Now;
        RefreshClaim claim = await inner.BeginRefreshAsync(key, attemptId, leaseDuration, cancellationToken);
        NoteRead(claim.Token, begun);
        if (claim is { Kind: RefreshClaimKind.Acquired, Token: { } row })
            diary.Write(Diary.Leased, FingerprintOf(row), user: key.UserId, begun: begun);
        return claim;
    }

    public Task<bool> CompleteRefreshAsync(TokenKey key, string attemptId, long version, RefreshCompletion ending, CancellationToken cancellationToken) =>
        inner.CompleteRefreshAsync(key, attemptId, version, ending, cancellationToken);

    public async Task<SaveResult> SaveAsync(StoredToken token, long expectedVersion, CancellationToken cancellationToken)
    {
        DateTimeOffset begun = diary.Now;
        string fingerprint = FingerprintOf(token);
        string? replaced = token.RetiredFingerprints.Count > 0 ? token.RetiredFingerprints[^1] : null;
        if (_received.TryAdd(fingerprint, 0))
            diary.Write(Diary.Received, fingerprint, replaced, token.Key.UserId);
        try
        {
            SaveResult result = await inner.SaveAsync(token, expectedVersion, cancellationToken);
            if (result.IsSaved)
                _lastRead[token.Key] = fingerprint;
            else
                NoteRead(result.Token, begun);
            diary.Write(result.IsSaved ? Diary.Saved : Diary.NotSaved, fingerprint, replaced, token.Key.UserId, begun);
            return result;
        }
        catch (Exception)
        {
            diary.Write(Diary.NotSaved, fingerprint, replaced, token.Key.UserId, begun);
            throw;
        }
    }

    public Task<DeleteResult> DeleteAsync(TokenKey key, CancellationToken cancellationToken) => inner.DeleteAsync(key, cancellationToken);

    /// <summary>Once for each change.</summary>
    private void NoteRead(StoredToken? row, DateTimeOffset begun)
    {
        if (row is null)
            return;
        string fingerprint = FingerprintOf(row);
        if (_lastRead.TryGetValue(row.Key, out string? last) && last == fingerprint)
            return;
        _lastRead[row.Key] = fingerprint;
        diary.Write(Diary.Read, fingerprint, row.RetiredFingerprints.Count > 0 ? row.RetiredFingerprints[^1] : null, row.Key.UserId, begun);
    }

    private string FingerprintOf(StoredToken row) => TokenFingerprint.Of(protector.Unprotect(row.Key, "refresh_token", row.Tokens.RefreshToken!));
}
