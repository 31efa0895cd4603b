namespace TokenLifecycle.State;

/// <summary>What <see cref="Freshness"/> says of a connection.</summary>
/// <param name="State">The state, as everybody sees it.</param>
/// <param name="Reason">Why the user has to connect, if so.</param>
/// <param name="IsLive">Whether the access token may be returned: it has not expired.</param>
/// <param name="MustWait">Whether a caller should wait for a refresh before taking it.</param>
internal readonly record struct FreshnessVerdict(TokenState State, ReauthorizationReason? Reason, bool IsLive, bool MustWait);
