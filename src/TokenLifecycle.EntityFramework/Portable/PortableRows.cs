using System.Data.Common;
using TokenLifecycle.EntityFramework.Model;
using TokenLifecycle.EntityFramework.Rows;
using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework.Portable;

/// <summary>
/// The steps of the contract on any engine: read, change, and write back if the row still carries the write that was read; else once more.
/// A call that
/// loses the race lost it to a call that succeeded, so this ends.
/// </summary>
/// <remarks>
/// Leases run on the clock of the app, because the engines share no SQL for the clock of the database: processes must agree on the time to
/// within less than a lease.
/// </remarks>
internal sealed partial class PortableRows(TimeProvider clock) : ITokenRows
{
    private DateTime Now => RowValues.Time(clock.GetUtcNow())!.Value;

    public async Task<RefreshClaim> BeginRefreshAsync(RowSession session, TokenKey key, string attemptId, TimeSpan leaseDuration, CancellationToken cancellationToken)
    {
        while (await session.FindAsync(key, cancellationToken).ConfigureAwait(false) is { } row)
        {
            StoredToken before = RowMapper.ToToken(key, row);
            Guid? seen = row.WriteId;
            if (!RowSteps.Begin(row, attemptId, leaseDuration, Now))
                return RefreshClaim.Held(before);
            if (await ReplaceAsync(session, row, seen, cancellationToken).ConfigureAwait(false))
                return RefreshClaim.Acquired(RowMapper.ToToken(key, row));
        }

        return RefreshClaim.NotFound;
    }

    public async Task<bool> CompleteRefreshAsync(RowSession session, TokenKey key, string attemptId, long version, RefreshCompletion ending, CancellationToken cancellationToken)
    {
        Guid writeId = Guid.NewGuid();
        while (await session.FindAsync(key, cancellationToken).ConfigureAwait(false) is { } row)
        {
            Guid? seen = row.WriteId;
            if (!RowSteps.End(row, attemptId, version, ending))
                return seen == writeId; // The statement may have run twice.
            if (await ReplaceAsync(session, row, seen, cancellationToken, writeId).ConfigureAwait(false))
                return true;
        }

        return false;
    }

    public async Task<SaveResult> SaveAsync(RowSession session, StoredToken token, long expectedVersion, CancellationToken cancellationToken)
    {
        Guid writeId = Guid.NewGuid();
        while (true)
        {
            OAuthConnection? row = await session.FindAsync(token.Key, cancellationToken).ConfigureAwait(false);
            StoredToken? stored = row is null ? null : RowMapper.ToToken(token.Key, row);
            if (row is not null && row.WriteId == writeId)
                return SaveResult.Saved(stored!); // An earlier round reached the database, and its answer was lost.
            if ((stored?.Version ?? StoredToken.Unsaved) != expectedVersion)
                return SaveResult.Conflict(stored);

            OAuthConnection values = RowValues.Of(token);
            RowSteps.Save(values);
            values.Version = PortableVersions.After(expectedVersion, clock);
            values.CreatedAt = row is null ? Now : row.CreatedAt;
            bool isWritten = row is null
                ? await InsertAsync(session, values, writeId, cancellationToken).ConfigureAwait(false)
                : await ReplaceAsync(session, values, row.WriteId, cancellationToken, writeId).ConfigureAwait(false);
            if (isWritten)
                return SaveResult.Saved(RowMapper.ToToken(token.Key, values));
        }
    }

    public async Task<DeleteResult> DeleteAsync(RowSession session, TokenKey key, CancellationToken cancellationToken)
    {
        OAuthConnection? before = null;
        while (await session.FindAsync(key, cancellationToken).ConfigureAwait(false) is { } row)
        {
            before = row;
            Guid? seen = row.WriteId;
            List<DbParameter> parameters = session.KeyParameters(key);
            AddSeen(session, parameters, seen);
            if (await session.ExecuteAsync(PortableStatements.Of(session.Table).Delete(seen is not null), parameters, cancellationToken).ConfigureAwait(false) > 0)
                return new DeleteResult(Existed: true, RowMapper.ToTokenOrNull(key, row));
        }

        // If the result of the first run was lost, the second run finds nothing. The tokens that the first run deleted must still be
        // revoked at the provider.
        return before is not null && session.MayHaveRunBefore
            ? new DeleteResult(Existed: true, RowMapper.ToTokenOrNull(key, before))
            : new DeleteResult(Existed: false, Deleted: null);
    }

    public IQueryable<OAuthConnection> InOrder(IQueryable<OAuthConnection> rows) =>
        rows.OrderBy(static row => row.UserId).ThenBy(static row => row.Connection).ThenBy(static row => row.Tenant);

    public IQueryable<OAuthConnection> After(IQueryable<OAuthConnection> rows, TokenKey key)
    {
        (string userId, string connection, string tenant) = (key.UserId, key.Connection, key.Tenant);
#pragma warning disable CA1309 // The database compares, by the collation of the column; EF translates this form.
        return rows.Where(row => string.Compare(row.UserId, userId) > 0
            || (row.UserId == userId && string.Compare(row.Connection, connection) > 0)
            || (row.UserId == userId && row.Connection == connection && string.Compare(row.Tenant, tenant) > 0));
#pragma warning restore CA1309
    }

    private async Task<bool> ReplaceAsync(RowSession session, OAuthConnection row, Guid? seen, CancellationToken cancellationToken, Guid? writeId = null)
    {
        row.WriteId = writeId ?? Guid.NewGuid();
        row.UpdatedAt = Now;
        List<DbParameter> parameters = session.RowParameters(row, Row.All);
        AddSeen(session, parameters, seen);
        return await session.ExecuteAsync(PortableStatements.Of(session.Table).Replace(seen is not null), parameters, cancellationToken).ConfigureAwait(false) > 0
            || (session.MayHaveRunBefore && (await session.FindAsync(RowMapper.KeyOf(row), cancellationToken).ConfigureAwait(false))?.WriteId == row.WriteId);
    }

    private async Task<bool> InsertAsync(RowSession session, OAuthConnection row, Guid writeId, CancellationToken cancellationToken)
    {
        row.WriteId = writeId;
        row.UpdatedAt = Now;
        try
        {
            return await session.ExecuteAsync(PortableStatements.Of(session.Table).Insert, session.RowParameters(row, Row.All), cancellationToken).ConfigureAwait(false) > 0;
        }
        catch (DbException) when (!cancellationToken.IsCancellationRequested)
        {
            // Engines have no common word for "there is one already", so the row itself is asked.
            if (await session.FindAsync(RowMapper.KeyOf(row), cancellationToken).ConfigureAwait(false) is null)
                throw;
            return false;
        }
    }

    private static void AddSeen(RowSession session, List<DbParameter> parameters, Guid? seen)
    {
        if (seen is not null)
            parameters.Add(session.Parameter(PortableStatements.SeenWriteId, Row.WriteId, seen.Value));
    }
}
