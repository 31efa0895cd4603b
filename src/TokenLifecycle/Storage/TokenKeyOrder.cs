namespace TokenLifecycle.Storage;

/// <summary>The order of <see cref="ISearchableTokenStore.ListAsync"/>: user id, then connection, ordinally.</summary>
internal sealed class TokenKeyOrder : IComparer<TokenKey>
{
    public static TokenKeyOrder Instance { get; } = new();

    public int Compare(TokenKey x, TokenKey y)
    {
        int byUser = string.CompareOrdinal(x.UserId, y.UserId);
        return byUser != 0 ? byUser : string.CompareOrdinal(x.Connection, y.Connection);
    }
}
