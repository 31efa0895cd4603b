namespace TokenLifecycle.Storage;

/// <summary>What a store knows of a connection apart from its tokens: for overviews, which need no secret and so get none.</summary>
public sealed record StoredConnection
{
    /// <summary>Whose connection.</summary>
    public required TokenKey Key { get; init; }

    /// <summary>Whether the row cannot be read; nothing but <see cref="Key"/> is known then.</summary>
    public bool IsUnreadable { get; init; }

    /// <inheritdoc cref="StoredToken.Version"/>
    public long Version { get; init; }

    /// <inheritdoc cref="TokenSet.AccountId"/>
    public string? AccountId { get; init; }

    /// <inheritdoc cref="TokenSet.Scopes"/>
    public IReadOnlyList<string>? Scopes { get; init; }

    /// <inheritdoc cref="TokenSet.ExpiresAt"/>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <inheritdoc cref="TokenSet.RefreshTokenExpiresAt"/>
    public DateTimeOffset? RefreshTokenExpiresAt { get; init; }

    /// <inheritdoc cref="StoredToken.ReceivedAt"/>
    public DateTimeOffset ReceivedAt { get; init; }

    /// <inheritdoc cref="StoredToken.NextRefreshAt"/>
    public DateTimeOffset? NextRefreshAt { get; init; }

    /// <inheritdoc cref="StoredToken.Reauthorization"/>
    public ReauthorizationReason? Reauthorization { get; init; }

    /// <inheritdoc cref="StoredToken.Failure"/>
    public TokenFailure? Failure { get; init; }

    /// <summary>Key and version.</summary>
    public override string ToString() => $"{Key} v{Version}{(IsUnreadable ? ", unreadable" : string.Empty)}";
}
