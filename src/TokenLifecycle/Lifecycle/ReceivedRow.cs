using TokenLifecycle.Storage;

namespace TokenLifecycle.Lifecycle;

/// <summary>The row that a reply leaves a connection with.</summary>
internal sealed class ReceivedRow
{
    public required StoredToken Row { get; init; }

    /// <summary>When it was received.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Whether the access token had expired when it came.</summary>
    public bool IsExpired { get; init; }

    /// <summary>Whether the reply was refused but for its refresh token.</summary>
    public bool IsSalvaged { get; init; }
}
