using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using TokenLifecycle.EntityFramework.Model;
using TokenLifecycle.EntityFramework.Rows;
using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework.PostgreSql.Rows;

/// <summary>The steps of the contract on PostgreSQL: see <see cref="PostgreSqlStatements"/>.</summary>
/// <param name="tells">Whether other processes are notified of changes.</param>
internal sealed class PostgreSqlRows(bool tells) : ITokenRows
{
    private const string OrdinalCollation = "C";
    private const int Tries = 5;

    public async Task<DateTimeOffset?> ReadClockAsync(RowSession session, CancellationToken cancellationToken)
    {
        List<long> microseconds = await session.QueryVersionsAsync(PostgreSqlStatements.ReadClock, [], cancellationToken).ConfigureAwait(false);
        return DateTimeOffset.UnixEpoch + TimeSpan.FromMicroseconds(microseconds[0]);
    }

    public async Task<RefreshClaim> BeginRefreshAsync(RowSession session, TokenKey key, string attemptId, TimeSpan leaseDuration, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            List<DbParameter> parameters = [.. session.KeyParameters(key), .. LeaseParameters(session, attemptId, leaseDuration)];
            List<OAuthConnection> rows = await session.QueryAsync(StatementsOf(session).Begin, parameters, cancellationToken).ConfigureAwait(false);
            if (rows.Count == 0)
                return RefreshClaim.NotFound;

            StoredToken token = RowMapper.ToToken(key, rows[0]);
            string? owner = rows[0].LeaseOwner;
            if (string.Equals(owner, attemptId, StringComparison.Ordinal))
                return RefreshClaim.Acquired(token);

            // Another process took the lease while this statement waited for the row, so it read the row as it was before. Look again.
            if (owner is not null || attempt == Tries)
                return RefreshClaim.Held(token);
        }
    }

    public async Task<bool> CompleteRefreshAsync(RowSession session, TokenKey key, string attemptId, long version, RefreshCompletion ending, CancellationToken cancellationToken)
    {
        Guid writeId = Guid.NewGuid();
        OAuthConnection values = new()
        {
            Reauthorization = ending.Reauthorization?.ToString(),
            ClientFingerprint = ending.ClientFingerprint,
            NextRefreshAt = RowValues.Time(ending.NextRefreshAt),
            WriteId = writeId,
        };
        RowValues.SetFailure(values, ending.Failure);
        List<DbParameter> parameters =
        [
            .. session.KeyParameters(key),
            .. session.RowParameters(values, PostgreSqlStatements.WrittenAtEnd),
            session.Parameter(PostgreSqlStatements.Attempt, attemptId),
            session.Parameter(PostgreSqlStatements.ExpectedVersion, version),
            session.Parameter(PostgreSqlStatements.HasFailure, ending.Failure is not null),
            session.Parameter(PostgreSqlStatements.TakeBack, ending.RefreshTokenNotUsed),
        ];
        string statement = StatementsOf(session).End;
        if (ending.Reauthorization is not null)
        {
            statement = StatementsOf(session).EndForGood;
            parameters.AddRange(Told(session, key));
        }

        int changed = await session.ExecuteAsync(statement, parameters, cancellationToken).ConfigureAwait(false);

        // The statement may have run twice. Then the second run found the result of the first.
        return changed > 0 || (session.MayHaveRunBefore && (await session.FindAsync(key, cancellationToken).ConfigureAwait(false))?.WriteId == writeId);
    }

    public async Task<SaveResult> SaveAsync(RowSession session, StoredToken token, long expectedVersion, CancellationToken cancellationToken)
    {
        Guid writeId = Guid.NewGuid();
        OAuthConnection values = RowValues.Of(token);
        values.WriteId = writeId;
        PostgreSqlStatements statements = StatementsOf(session);
        List<DbParameter> parameters = [.. session.RowParameters(values, PostgreSqlStatements.Written), .. Told(session, token.Key)];
        if (expectedVersion != StoredToken.Unsaved)
            parameters.Add(session.Parameter(PostgreSqlStatements.ExpectedVersion, expectedVersion));

        try
        {
            List<long> versions = await session.QueryVersionsAsync(
                expectedVersion == StoredToken.Unsaved ? statements.Insert : statements.Update, parameters, cancellationToken).ConfigureAwait(false);
            if (versions.Count > 0)
            {
                values.Version = versions[0];
                return SaveResult.Saved(RowMapper.ToToken(token.Key, values));
            }
        }
        catch (Exception lost) when (lost is not OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            // The answer was lost, and the row shows whether the write was too. A row without our mark proves nothing: the statement may
            // still be in progress.
            if (await FoundAsync(session, token.Key, cancellationToken).ConfigureAwait(false) is { } row && row.WriteId == writeId)
                return SaveResult.Saved(RowMapper.ToToken(token.Key, row));
            throw;
        }

        OAuthConnection? current = await session.FindAsync(token.Key, cancellationToken).ConfigureAwait(false);
        if (current is null)
            return SaveResult.Conflict(current: null);

        StoredToken stored = RowMapper.ToToken(token.Key, current);
        return current.WriteId == writeId ? SaveResult.Saved(stored) : SaveResult.Conflict(stored);
    }

    public async Task<DeleteResult> DeleteAsync(RowSession session, TokenKey key, CancellationToken cancellationToken)
    {
        DbParameter[] parameters = [.. session.KeyParameters(key), .. Told(session, key)];
        OAuthConnection? before = await session.FindAsync(key, cancellationToken).ConfigureAwait(false);
        List<OAuthConnection> deleted = await session.QueryAsync(StatementsOf(session).Delete, parameters, cancellationToken).ConfigureAwait(false);

        // If the result of the first run was lost, the second run finds nothing. The tokens that the first run deleted must still be
        // revoked at the provider.
        OAuthConnection? row = deleted.Count > 0 ? deleted[0] : session.MayHaveRunBefore ? before : null;
        return row is null ? new DeleteResult(Existed: false, Deleted: null) : new DeleteResult(Existed: true, RowMapper.ToTokenOrNull(key, row));
    }

    public async Task<IReadOnlyList<StoredToken>> ClaimDueAsync(
        RowSession session, string provider, string attemptId, int limit, TimeSpan leaseDuration, CancellationToken cancellationToken)
    {
        List<DbParameter> parameters =
        [
            .. session.Parameters([new(Row.Provider, provider)]),
            .. LeaseParameters(session, attemptId, leaseDuration),
            session.Parameter(PostgreSqlStatements.Limit, limit),
        ];
        List<OAuthConnection> rows = await session.QueryAsync(StatementsOf(session).ClaimDue, parameters, cancellationToken).ConfigureAwait(false);
        return [.. rows.Select(static row => RowMapper.ToToken(RowMapper.KeyOf(row), row)).OrderBy(static token => token.NextRefreshAt)];
    }

    public IQueryable<OAuthConnection> InOrder(IQueryable<OAuthConnection> rows) => rows
        .OrderBy(static row => EF.Functions.Collate(row.UserId, OrdinalCollation))
        .ThenBy(static row => EF.Functions.Collate(row.Connection, OrdinalCollation))
        .ThenBy(static row => EF.Functions.Collate(row.Tenant, OrdinalCollation));

    public IQueryable<OAuthConnection> After(IQueryable<OAuthConnection> rows, TokenKey key)
    {
        (string userId, string connection, string tenant) = (key.UserId, key.Connection, key.Tenant);
#pragma warning disable CA1309 // The database compares, by the collation of the column; EF translates this form.
        return rows.Where(row => string.Compare(EF.Functions.Collate(row.UserId, OrdinalCollation), userId) > 0
            || (row.UserId == userId && string.Compare(EF.Functions.Collate(row.Connection, OrdinalCollation), connection) > 0)
            || (row.UserId == userId && row.Connection == connection && string.Compare(EF.Functions.Collate(row.Tenant, OrdinalCollation), tenant) > 0));
#pragma warning restore CA1309
    }

    private PostgreSqlStatements StatementsOf(RowSession session) => PostgreSqlStatements.Of(session.Table, tells);

    private DbParameter[] Told(RowSession session, TokenKey key) => tells ? [session.Parameter(PostgreSqlStatements.Told, TokenInvalidation.FingerprintOf(key))] : [];

    private static DbParameter[] LeaseParameters(RowSession session, string attemptId, TimeSpan leaseDuration) =>
    [
        .. session.Parameters([new(Row.WriteId, Guid.NewGuid())]),
        session.Parameter(PostgreSqlStatements.Attempt, attemptId),
        session.Parameter(PostgreSqlStatements.LeaseSeconds, leaseDuration.TotalSeconds),
    ];

    /// <summary>The row, or none where the database cannot be asked.</summary>
    private static async Task<OAuthConnection?> FoundAsync(RowSession session, TokenKey key, CancellationToken cancellationToken)
    {
        try
        {
            return await session.FindAsync(key, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception)
        {
            return null; // What matters is why the save failed, and the caller throws that.
        }
    }
}
