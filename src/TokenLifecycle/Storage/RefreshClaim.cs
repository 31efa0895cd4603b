namespace TokenLifecycle.Storage;

/// <summary>The answer to <see cref="ITokenStore.BeginRefreshAsync"/>.</summary>
public sealed class RefreshClaim
{
    private RefreshClaim(RefreshClaimKind kind, StoredToken? token)
    {
        Kind = kind;
        Token = token;
    }

    /// <summary>The answer when there is no row.</summary>
    public static RefreshClaim NotFound { get; } = new(RefreshClaimKind.NotFound, token: null);

    /// <summary>What became of the attempt.</summary>
    public RefreshClaimKind Kind { get; }

    /// <summary>The row after this step; <see langword="null"/> if there is none.</summary>
    public StoredToken? Token { get; }

    /// <summary>The lease is this attempt's.</summary>
    /// <param name="token">The row, with this attempt's intent in it.</param>
    public static RefreshClaim Acquired(StoredToken token) => new(RefreshClaimKind.Acquired, token);

    /// <summary>The lease is another's.</summary>
    /// <param name="token">The row.</param>
    public static RefreshClaim Held(StoredToken token) => new(RefreshClaimKind.Held, token);
}
