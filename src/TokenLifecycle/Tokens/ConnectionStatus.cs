namespace TokenLifecycle;

/// <summary>All that can be said of one connection without a secret: for a status page, an overview or a support answer.</summary>
public sealed class ConnectionStatus
{
    /// <summary>Whose connection.</summary>
    public required TokenKey Key { get; init; }

    /// <summary>The state, by the same function that decides what callers get.</summary>
    public required TokenState State { get; init; }

    /// <summary>Why the user has to reconnect, when <see cref="State"/> is Missing or ReauthorizationRequired.</summary>
    public ReauthorizationReason? Reason { get; init; }

    /// <summary>When the access token expires.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When the next refresh is planned, or may be tried again after a failure.</summary>
    public DateTimeOffset? NextAttemptAt { get; init; }

    /// <summary>The scopes that were granted.</summary>
    public IReadOnlyList<string> GrantedScopes { get; init; } = [];

    /// <summary>The configured scopes that were not granted.</summary>
    public IReadOnlyList<string> MissingScopes { get; init; } = [];

    /// <summary>The provider's immutable id of the connected account.</summary>
    public string? AccountId { get; init; }

    /// <summary>When tokens were last received, by connecting or refreshing.</summary>
    public DateTimeOffset? LastRefreshedAt { get; init; }

    /// <summary>The last failure since then; <see langword="null"/> if the last attempt succeeded.</summary>
    public TokenFailure? LastFailure { get; init; }

    /// <summary>
    /// Where the user can reconnect, if the provider's <c>ReconnectPath</c> is set. Names the connection, unless it is the default one.
    /// </summary>
    public string? ReconnectPath { get; init; }

    /// <summary>Key and state.</summary>
    public override string ToString() => $"{Key}: {State}{(Reason is { } reason ? $" ({reason})" : "")}";
}
