namespace TokenLifecycle.Storage;

/// <summary>
/// A row as <see cref="StoredTokenJson"/> writes it. Apart from <see cref="StoredToken"/> so that the words of the library can be renamed
/// without making stored rows unreadable, and because those words refuse to write their secrets.
/// </summary>
internal sealed class StoredTokenEnvelope
{
    public required int Format { get; init; }

    /// <summary>Null without tenants. Before the other parts of the key, for <see cref="StoredTokenKeyReader"/>.</summary>
    public string? Tenant { get; init; }

    public required string Provider { get; init; }

    public required string UserId { get; init; }

    public required string Connection { get; init; }

    public required long Version { get; init; }

    public ReauthorizationReason? Reauthorization { get; init; }

    public TokenFailure? Failure { get; init; }

    public DateTimeOffset? NextRefreshAt { get; init; }

    public required DateTimeOffset ReceivedAt { get; init; }

    public required string[] RetiredFingerprints { get; init; }

    public string? ClientFingerprint { get; init; }

    public RefreshIntent? Intent { get; init; }

    public string? LeaseOwner { get; init; }

    public long LeaseTakenAtTicks { get; init; }

    public long LeaseDurationTicks { get; init; }

    public required string AccessToken { get; init; }

    public required string TokenType { get; init; }

    public string? RefreshToken { get; init; }

    public DateTimeOffset? IssuedAt { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    public DateTimeOffset? RefreshTokenExpiresAt { get; init; }

    /// <summary>Null and empty differ: not named, and none granted.</summary>
    public string[]? Scopes { get; init; }

    public string? AccountId { get; init; }

    public required Dictionary<string, string> Captured { get; init; }

    public string? Issuer { get; init; }

    public string? ClientId { get; init; }

    public string? SignInIssuer { get; init; }
}
