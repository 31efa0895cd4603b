using System.Data.Common;
using TokenLifecycle.EntityFramework.Model;
using TokenLifecycle.EntityFramework.Rows;
using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework.Portable;

/// <summary>Acquires what is due: in one transaction where the engine can skip locked rows, or else row by row.</summary>
internal sealed partial class PortableRows
{
    /// <summary>How long an acquisition waits for one locked row.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// How long a failed acquisition checks whether it has acquired the row. Shorter than the time that a canceled call has to return.
    /// </summary>
    private static readonly TimeSpan LastLook = TimeSpan.FromMilliseconds(150);

    public Task<IReadOnlyList<StoredToken>> ClaimDueAsync(
        RowSession session, string provider, string attemptId, int limit, TimeSpan leaseDuration, CancellationToken cancellationToken) =>
        PortableStatements.Of(session.Table).Due is { } due
            ? session.InTransactionAsync(cancel => ClaimLockedAsync(session, due, provider, attemptId, limit, leaseDuration, cancel), cancellationToken)
            : ClaimRowByRowAsync(session, provider, attemptId, limit, leaseDuration, cancellationToken);

    /// <summary>
    /// If the transaction runs again because its result was lost, it finds the rows of its first run by the id of the attempt.
    /// </summary>
    private async Task<IReadOnlyList<StoredToken>> ClaimLockedAsync(
        RowSession session, string due, string provider, string attemptId, int limit, TimeSpan leaseDuration, CancellationToken cancellationToken)
    {
        List<StoredToken> claimed = [];
        HashSet<TokenKey> tried = [];
        while (claimed.Count < limit)
        {
            List<DbParameter> parameters =
            [
                .. session.Parameters([new(Row.Provider, provider)]),
                session.Parameter(PortableStatements.Attempt, Row.LeaseOwner, attemptId),
                session.Parameter(PortableStatements.Now, Row.NextRefreshAt, Now),
                session.Parameter(RowLocking.Limit, limit + tried.Count),
            ];
            List<OAuthConnection> rows = await session.QueryAsync(due, parameters, cancellationToken).ConfigureAwait(false);
            rows.RemoveAll(row => !tried.Add(RowMapper.KeyOf(row)));
            if (rows.Count == 0)
                break;

            foreach (OAuthConnection row in rows.Take(limit - claimed.Count))
            {
                TokenKey key = RowMapper.KeyOf(row);
                Guid? seen = row.WriteId;
                if (RowMapper.ToTokenOrNull(key, row) is not null && RowSteps.Begin(row, attemptId, leaseDuration, Now)
                    && await ReplaceAsync(session, row, seen, cancellationToken).ConfigureAwait(false))
                    claimed.Add(RowMapper.ToToken(key, row));
            }
        }

        return claimed;
    }

    private async Task<IReadOnlyList<StoredToken>> ClaimRowByRowAsync(
        RowSession session, string provider, string attemptId, int limit, TimeSpan leaseDuration, CancellationToken cancellationToken)
    {
        List<StoredToken> claimed = [];
        HashSet<TokenKey> tried = [];
        try
        {
            while (claimed.Count < limit)
            {
                List<OAuthConnection> due = await DueAsync(session, provider, attemptId, limit + tried.Count, cancellationToken).ConfigureAwait(false);
                due.RemoveAll(row => !tried.Add(RowMapper.KeyOf(row)));
                if (due.Count == 0)
                    break;

                foreach (OAuthConnection row in due.Take(limit - claimed.Count))
                {
                    if (await ClaimAsync(session, row, attemptId, leaseDuration, cancellationToken).ConfigureAwait(false) is { } token)
                        claimed.Add(token);
                }
            }
        }
        catch (Exception) when (claimed.Count > 0)
        {
            // Return the rows that were acquired, because the caller cannot know of them otherwise. The next call meets the failure again.
        }

        return claimed;
    }

    private async Task<StoredToken?> ClaimAsync(RowSession session, OAuthConnection row, string attemptId, TimeSpan leaseDuration, CancellationToken cancellationToken)
    {
        TokenKey key = RowMapper.KeyOf(row);
        Guid? seen = row.WriteId;
        if (RowMapper.ToTokenOrNull(key, row) is null || !RowSteps.Begin(row, attemptId, leaseDuration, Now))
            return null;

        // A row that a transaction of the app has locked is skipped after a moment, so that other rows can be acquired.
        using CancellationTokenSource patience = new(Patience, clock);
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            return await ReplaceAsync(session, row, seen, both.Token).ConfigureAwait(false) ? RowMapper.ToToken(key, row) : null;
        }
        catch (Exception)
        {
            // The row may have been written although the response was lost or the time was up. Then it is this attempt's, and the caller
            // cannot know of it otherwise.
            if (await FindOwnAsync(session, key, attemptId).ConfigureAwait(false) is { } own)
                return own;
            if (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
                return null;
            throw;
        }
    }

    /// <summary>Returns a row if this attempt holds its lease; <see langword="null"/> also if the row cannot be read.</summary>
    private async Task<StoredToken?> FindOwnAsync(RowSession session, TokenKey key, string attemptId)
    {
        using CancellationTokenSource patience = new(LastLook, clock);
        try
        {
            return await session.FindAsync(key, patience.Token).ConfigureAwait(false) is { } row && string.Equals(row.LeaseOwner, attemptId, StringComparison.Ordinal)
                ? RowMapper.ToToken(key, row)
                : null;
        }
        catch (Exception)
        {
            return null;
        }
    }

    /// <summary>What may be due: whether its lease is really free is looked at row by row.</summary>
    private async Task<List<OAuthConnection>> DueAsync(RowSession session, string provider, string attemptId, int limit, CancellationToken cancellationToken)
    {
        DateTime? now = Now;
        List<OAuthConnection> due = await session.ListAsync(session.Rows
            .Where(row => row.Provider == provider
                && row.NextRefreshAt <= now
                && (row.LeaseOwner == null || row.LeaseOwner == attemptId
                    || row.LeaseUntil == null || row.LeaseUntil <= now
                    || row.LeaseTakenAt > now))
            .OrderBy(static row => row.NextRefreshAt)
            .Take(limit), cancellationToken).ConfigureAwait(false);
        return due.ConvertAll(static row => row.InUtc());
    }
}
