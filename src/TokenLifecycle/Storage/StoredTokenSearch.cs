namespace TokenLifecycle.Storage;

/// <summary>The questions of <see cref="ISearchableTokenStore"/>, for stores that answer them by looking at each row.</summary>
internal static class StoredTokenSearch
{
    /// <summary>Refuses a call without a provider, an attempt id or a valid limit.</summary>
    public static void CheckClaim(string provider, string attemptId, int limit, TimeSpan leaseDuration)
    {
        ArgumentException.ThrowIfNullOrEmpty(provider);
        ArgumentException.ThrowIfNullOrEmpty(attemptId);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(leaseDuration, TimeSpan.Zero);
    }

    /// <summary>Refuses a search without a provider or account.</summary>
    public static void CheckAccount(string provider, string accountId)
    {
        ArgumentException.ThrowIfNullOrEmpty(provider);
        ArgumentException.ThrowIfNullOrEmpty(accountId);
    }

    /// <summary>Refuses a page that can hold nothing.</summary>
    public static void CheckPage(string provider, int limit)
    {
        ArgumentException.ThrowIfNullOrEmpty(provider);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
    }

    public static bool IsOf(this TokenKey key, string provider) => string.Equals(key.Provider, provider, StringComparison.Ordinal);

    public static bool IsOfAccount(this StoredToken token, string accountId, string? tenant) =>
        string.Equals(token.Tokens.AccountId, accountId, StringComparison.Ordinal) && (tenant is null || string.Equals(token.Key.Tenant, tenant, StringComparison.Ordinal));

    /// <summary>Counts rows by provider and state; a row that cannot be read counts as failing.</summary>
    public static IReadOnlyList<ConnectionCount> Count(IEnumerable<(TokenKey Key, StoredToken? Row)> rows) =>
    [
        .. rows.CountBy(static found => (found.Key.Provider, State: StateOf(found.Row))).Select(static counted => new ConnectionCount(counted.Key.Provider, counted.Key.State, counted.Value)),
    ];

    private static StoredConnectionState StateOf(StoredToken? row) => row switch
    {
        { Reauthorization: not null } => StoredConnectionState.ReauthorizationRequired,
        null or { Failure: not null } => StoredConnectionState.Failing,
        _ => StoredConnectionState.Connected,
    };

    /// <summary>What may be known of a row without its secrets.</summary>
    public static StoredConnection ToConnection(this StoredToken token) => new()
    {
        Key = token.Key,
        Version = token.Version,
        AccountId = token.Tokens.AccountId,
        Scopes = token.Tokens.Scopes,
        ExpiresAt = token.Tokens.ExpiresAt,
        RefreshTokenExpiresAt = token.Tokens.RefreshTokenExpiresAt,
        ReceivedAt = token.ReceivedAt,
        NextRefreshAt = token.NextRefreshAt,
        Reauthorization = token.Reauthorization,
        Failure = token.Failure,
    };
}
