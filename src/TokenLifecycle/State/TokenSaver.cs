using Microsoft.Extensions.Logging;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Storage;

namespace TokenLifecycle.State;

/// <summary>Saves new tokens over the row that they replace, and resolves conflicts with other rows.</summary>
internal sealed class TokenSaver(StoreAccess store, RewoundStore rewound, TimeProvider time, ILogger<ITokenManager> logger)
{
    private const int MostRestores = 5;

    /// <summary>
    /// Saves by compare-and-swap. A conflicting row is newer, unless it is the same row (an earlier try whose result was lost) or a row
    /// that these tokens have replaced. In that case the store went back in time.
    /// </summary>
    public async Task<SaveResult> SaveAsync(PendingSave pending, bool looksFirst, TimeSpan? patience = null)
    {
        TimeSpan deadline = patience < pending.Deadline ? patience.Value : pending.Deadline;
        StoredToken row = pending.Row;
        long expected = pending.ExpectedVersion;
        bool isLate = false;
        if (looksFirst || pending.IsRecovered)
        {
            StoredToken? current = await store.FindFirstAsync(row.Key, deadline).ConfigureAwait(false);
            if (pending.IsRecovered && (current is null || !current.WasReplacedBy(row)))
                return current?.HoldsSameTokens(row) == true ? SaveResult.Saved(current) : SaveResult.Conflict(current);
            if (pending.IsRecovered)
                expected = current!.Version;
            isLate = current is not null && current.Version == expected && pending.WasOvertaken(current);
        }

        if (isLate)
            row = row.SavedLate(time.GetUtcNow());
        for (int restores = 0; ; restores++)
        {
            SaveResult result = await store.SaveFirstAsync(row, expected, deadline).ConfigureAwait(false);
            if (result.IsSaved)
            {
                if (isLate)
                    Log.SavedLate(logger, row.Key);
                if (restores > 0)
                {
                    Log.StoreWentBack(logger, row.Key);
                    rewound.Notice();
                }

                return result;
            }

            if (result.Token is { } own && own.HoldsSameTokens(row))
                return SaveResult.Saved(await ReleaseAsync(pending, own).ConfigureAwait(false));
            if (result.Token is not { } older || !older.WasReplacedBy(row) || restores == MostRestores)
                return result;

            expected = older.Version;
        }
    }

    /// <summary>
    /// An earlier try saved the tokens, and its answer was lost. A retry may have renewed the lease since, which would keep everyone out
    /// until it expires.
    /// </summary>
    private async Task<StoredToken> ReleaseAsync(PendingSave pending, StoredToken own)
    {
        if (pending.AttemptId is not { } attemptId || own.Intent?.AttemptId != attemptId)
            return own;
        try
        {
            await store.CompleteRefreshAsync(own.Key, attemptId, own.Version, new RefreshCompletion { RefreshTokenNotUsed = true }).ConfigureAwait(false);
            return own with { Intent = null };
        }
        catch (Exception)
        {
            return own; // Reported by StoreAccess. The lease expires.
        }
    }
}
