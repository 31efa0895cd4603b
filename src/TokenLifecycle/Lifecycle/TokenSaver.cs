using Microsoft.Extensions.Logging;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Lifecycle;

/// <summary>Writes new tokens over the row that they replace, and decides what a row means that stands in the way.</summary>
internal sealed class TokenSaver(StoreAccess store, RewoundStore rewound, TimeProvider time, ILogger<TokenManager> logger)
{
    private const int MostRestores = 5;

    /// <summary>
    /// Saves by compare-and-swap. What stands in the way is newer, unless it is our own row (an earlier try whose answer was lost) or one that these tokens have replaced: then the
    /// store has gone back in time.
    /// </summary>
    public async Task<SaveResult> SaveAsync(PendingSave pending, bool looksFirst)
    {
        StoredToken row = pending.Row;
        long expected = pending.ExpectedVersion;
        bool isLate = false;
        if (looksFirst || pending.IsRecovered)
        {
            StoredToken? current = await store.FindFirstAsync(row.Key, pending.Deadline).ConfigureAwait(false);
            if (pending.IsRecovered && (current is null || !current.WasReplacedBy(row)))
                return current?.HoldsSameTokens(row) == true ? SaveResult.Saved(current) : SaveResult.Conflict(current);
            if (pending.IsRecovered)
                expected = current!.Version;
            isLate = current is not null && current.Version == expected && pending.WasOvertaken(current);
        }

        if (isLate)
            row = Late(row);
        for (int restores = 0; ; restores++)
        {
            SaveResult result = await store.SaveFirstAsync(row, expected, pending.Deadline).ConfigureAwait(false);
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
                return SaveResult.Saved(own);
            if (result.Token is not { } older || !older.WasReplacedBy(row) || restores == MostRestores)
                return result;

            expected = older.Version;
        }
    }

    /// <summary>Another attempt has sent the refresh token that these tokens replaced. They may be revoked by now, so they are not shown as sound, and the next refresh is due.</summary>
    private StoredToken Late(StoredToken row)
    {
        DateTimeOffset now = time.GetUtcNow();
        return row with
        {
            Failure = row.Failure ?? new TokenFailure { Kind = TokenFailureKind.SavedLate, At = now, FirstAt = now, Attempts = 1 },
            NextRefreshAt = now,
        };
    }
}
