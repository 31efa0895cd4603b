namespace TokenLifecycle.Storage;

/// <summary>The order of <see cref="ISearchableTokenStore.ListAsync"/>: user id, connection, then tenant, ordinally.</summary>
internal sealed class TokenKeyOrder : IComparer<TokenKey>
{
    public static TokenKeyOrder Instance { get; } = new();

    public int Compare(TokenKey x, TokenKey y)
    {
        int byUser = string.CompareOrdinal(x.UserId, y.UserId);
        if (byUser != 0)
            return byUser;
        int byConnection = string.CompareOrdinal(x.Connection, y.Connection);
        return byConnection != 0 ? byConnection : string.CompareOrdinal(x.Tenant, y.Tenant);
    }
}
