namespace TokenLifecycle.AspNetCore;

/// <summary>One connection of the current user, as JSON. Nothing in it is secret.</summary>
internal sealed class ConnectionReport
{
    public required string Provider { get; init; }

    public required string DisplayName { get; init; }

    public required string Connection { get; init; }

    public required string State { get; init; }

    public string? Reason { get; init; }

    public bool NeedsReauth { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    public long? SecondsLeft { get; init; }

    public DateTimeOffset? NextAttemptAt { get; init; }

    public required IReadOnlyList<string> GrantedScopes { get; init; }

    public required IReadOnlyList<string> MissingScopes { get; init; }

    public string? AccountId { get; init; }

    /// <summary>
    /// Whether another connection of the app, which may be another user's, goes to the same account: some providers revoke the older one
    /// (H9).
    /// </summary>
    public bool IsAccountShared { get; init; }

    public DateTimeOffset? LastRefreshedAt { get; init; }

    public FailureReport? LastFailure { get; init; }

    public string? ReconnectUrl { get; init; }

    public required Guidance Guidance { get; init; }

    public static ConnectionReport Of(ConnectionStatus status, string displayName, bool isAccountShared, DateTimeOffset now) => new()
    {
        Provider = status.Key.Provider,
        DisplayName = displayName,
        Connection = status.Key.Connection,
        State = status.State.ToString(),
        Reason = status.Reason?.ToString(),
        NeedsReauth = status.State is TokenState.Missing or TokenState.ReauthorizationRequired,
        ExpiresAt = status.ExpiresAt,
        SecondsLeft = status.ExpiresAt is { } end ? Math.Max(0, (long)(end - now).TotalSeconds) : null,
        NextAttemptAt = status.NextAttemptAt,
        GrantedScopes = status.GrantedScopes,
        MissingScopes = status.MissingScopes,
        AccountId = status.AccountId,
        IsAccountShared = isAccountShared,
        LastRefreshedAt = status.LastRefreshedAt,
        LastFailure = status.LastFailure is { } failure ? FailureReport.Of(failure) : null,
        ReconnectUrl = status.ReconnectPath,
        Guidance = Guidance.Of(status),
    };
}
