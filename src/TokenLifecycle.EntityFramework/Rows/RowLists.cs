using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework.Rows;

/// <summary>Searches, the same on every engine but for the order of keys.</summary>
internal static class RowLists
{
    // In place of the access token a list reads only whether there is one, and no refresh token at all.
    private const string Present = "(present)";

    public static async Task<IReadOnlyList<TokenKey>> OfAccountAsync(ITokenRows rows, RowSession session, string provider, string accountId, string? tenant, CancellationToken cancellationToken)
    {
        var found = await session.ListAsync(rows.InOrder(session.Rows.Where(row => row.Provider == provider && row.AccountId == accountId && (tenant == null || row.Tenant == tenant)))
            .Select(static row => new
            {
                row.UserId,
                row.Connection,
                row.Tenant,
                row.AccountId,
            }), cancellationToken).ConfigureAwait(false);

        // The engine may take a blank at the end, or the case of a letter, for nothing. Two accounts are the same only if they are equal.
        return [.. found.Where(row => string.Equals(row.AccountId, accountId, StringComparison.Ordinal)).Select(row => new TokenKey(provider, row.UserId, row.Connection).In(row.Tenant))
            .Where(key => tenant is null || string.Equals(key.Tenant, tenant, StringComparison.Ordinal))];
    }

    public static async Task<IReadOnlyList<StoredConnection>> PageAsync(ITokenRows rows, RowSession session, string provider, TokenKey? after, int limit, CancellationToken cancellationToken)
    {
        IQueryable<OAuthConnection> page = session.Rows.Where(row => row.Provider == provider);
        if (after is { } last)
            page = rows.After(page, last);

        List<OAuthConnection> found = await session.ListAsync(rows.InOrder(page).Take(limit)
            .Select(static row => new OAuthConnection
            {
                Provider = row.Provider,
                UserId = row.UserId,
                Connection = row.Connection,
                Tenant = row.Tenant,
                AccessToken = row.AccessToken == null ? null! : Present,
                Captured = row.Captured,
                Scopes = row.Scopes,
                AccountId = row.AccountId,
                Reauthorization = row.Reauthorization,
                FailureKind = row.FailureKind,
                FailureErrorCode = row.FailureErrorCode,
                FailureAttempts = row.FailureAttempts,
                FailureHttpStatus = row.FailureHttpStatus,
                FailureAt = row.FailureAt,
                FailureFirstAt = row.FailureFirstAt,
                ExpiresAt = row.ExpiresAt,
                RefreshTokenExpiresAt = row.RefreshTokenExpiresAt,
                ReceivedAt = row.ReceivedAt,
                NextRefreshAt = row.NextRefreshAt,
                UpdatedAt = row.UpdatedAt,
                Version = row.Version,
            }), cancellationToken).ConfigureAwait(false);
        return [.. found.Select(static row => RowMapper.ToConnection(row))];
    }

    /// <summary>One statement over all rows; nothing of a row is read but what it is counted by.</summary>
    public static async Task<IReadOnlyList<ConnectionCount>> CountAsync(RowSession session, CancellationToken cancellationToken)
    {
        var counted = await session.ListAsync(session.Rows
            .GroupBy(static row => new
            {
                row.Provider,
                IsOver = row.Reauthorization != null,
                IsFailing = row.FailureKind != null,
            })
            .Select(static rows => new { rows.Key.Provider, rows.Key.IsOver, rows.Key.IsFailing, Count = rows.LongCount() }), cancellationToken).ConfigureAwait(false);
        return
        [
            .. counted
                .GroupBy(
                    static group => (group.Provider, State: group.IsOver ? StoredConnectionState.ReauthorizationRequired : group.IsFailing ? StoredConnectionState.Failing : StoredConnectionState.Connected),
                    static group => group.Count)
                .Select(static group => new ConnectionCount(group.Key.Provider, group.Key.State, group.Sum())),
        ];
    }
}
