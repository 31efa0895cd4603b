namespace TokenLifecycle.AspNetCore;

/// <summary>The current user's connections, as JSON.</summary>
internal sealed class ConnectionList
{
    public required IReadOnlyList<ConnectionReport> Connections { get; init; }
}
