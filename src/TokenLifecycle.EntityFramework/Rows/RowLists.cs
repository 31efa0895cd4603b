using Microsoft.EntityFrameworkCore;
using TokenLifecycle.EntityFramework.Model;
using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework.Rows;

/// <summary>Searches, the same on every engine but for the order of keys.</summary>
internal static class RowLists
{
    // In place of the access token a list reads only whether there is one, and no refresh token at all.
    private const string Present = "(present)";

    private static readonly string[] Listed =
    [
        Row.Provider, Row.UserId, Row.Connection, Row.Tenant, Row.AccessToken, Row.Captured, Row.Scopes, Row.AccountId, Row.Reauthorization, Row.FailureKind, Row.FailureErrorCode,
        Row.FailureAttempts, Row.FailureHttpStatus, Row.FailureAt, Row.FailureFirstAt, Row.ExpiresAt, Row.RefreshTokenExpiresAt, Row.ReceivedAt, Row.NextRefreshAt,
        Row.UpdatedAt, Row.Version,
    ];

    public static async Task<IReadOnlyList<TokenKey>> OfAccountAsync(ITokenRows rows, RowSession session, string provider, string accountId, string? tenant, CancellationToken cancellationToken)
    {
        var found = await session.ListAsync(rows.InOrder(session.Rows.Where(row => EF.Property<string>(row, Row.Provider) == provider && EF.Property<string?>(row, Row.AccountId) == accountId
                && (tenant == null || EF.Property<string>(row, Row.Tenant) == tenant)))
            .Select(static row => new { UserId = EF.Property<string>(row, Row.UserId), Connection = EF.Property<string>(row, Row.Connection), Tenant = EF.Property<string>(row, Row.Tenant) }), cancellationToken).ConfigureAwait(false);
        return [.. found.Select(row => new TokenKey(provider, row.UserId, row.Connection).In(row.Tenant))];
    }

    public static async Task<IReadOnlyList<StoredConnection>> PageAsync(ITokenRows rows, RowSession session, string provider, TokenKey? after, int limit, CancellationToken cancellationToken)
    {
        IQueryable<Dictionary<string, object>> page = session.Rows.Where(row => EF.Property<string>(row, Row.Provider) == provider);
        if (after is { } last)
            page = rows.After(page, last);

        List<object?[]> found = await session.ListAsync(rows.InOrder(page).Take(limit)
            .Select(static row => new object?[]
            {
                EF.Property<string>(row, Row.Provider),
                EF.Property<string>(row, Row.UserId),
                EF.Property<string>(row, Row.Connection),
                EF.Property<string>(row, Row.Tenant),
                EF.Property<string?>(row, Row.AccessToken) == null ? null : Present,
                EF.Property<string?>(row, Row.Captured),
                EF.Property<string?>(row, Row.Scopes),
                EF.Property<string?>(row, Row.AccountId),
                EF.Property<string?>(row, Row.Reauthorization),
                EF.Property<string?>(row, Row.FailureKind),
                EF.Property<string?>(row, Row.FailureErrorCode),
                EF.Property<int?>(row, Row.FailureAttempts),
                EF.Property<int?>(row, Row.FailureHttpStatus),
                EF.Property<DateTime?>(row, Row.FailureAt),
                EF.Property<DateTime?>(row, Row.FailureFirstAt),
                EF.Property<DateTime?>(row, Row.ExpiresAt),
                EF.Property<DateTime?>(row, Row.RefreshTokenExpiresAt),
                EF.Property<DateTime?>(row, Row.ReceivedAt),
                EF.Property<DateTime?>(row, Row.NextRefreshAt),
                EF.Property<DateTime?>(row, Row.UpdatedAt),
                EF.Property<long>(row, Row.Version),
            }), cancellationToken).ConfigureAwait(false);
        return [.. found.Select(static values => RowMapper.ToConnection(Named(values)))];
    }

    /// <summary>One statement over all rows; nothing of a row is read but what it is counted by.</summary>
    public static async Task<IReadOnlyList<ConnectionCount>> CountAsync(RowSession session, CancellationToken cancellationToken)
    {
        var counted = await session.ListAsync(session.Rows
            .GroupBy(static row => new
            {
                Provider = EF.Property<string>(row, Row.Provider),
                IsOver = EF.Property<string?>(row, Row.Reauthorization) != null,
                IsFailing = EF.Property<string?>(row, Row.FailureKind) != null,
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

    private static Dictionary<string, object?> Named(object?[] values)
    {
        Dictionary<string, object?> row = new(StringComparer.Ordinal);
        for (int i = 0; i < values.Length; i++)
            row[Listed[i]] = values[i];
        return row;
    }
}
