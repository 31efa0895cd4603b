using TokenLifecycle.Storage;

namespace TokenLifecycle.State;

/// <summary>The row of a connection after a response.</summary>
internal sealed class ReceivedRow
{
    public required StoredToken Row { get; init; }

    /// <summary>When it was received.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Gets whether the access token had already expired when it was received.</summary>
    public bool IsExpired { get; init; }

    /// <summary>Gets whether only the refresh token of the response is used.</summary>
    public bool IsSalvaged { get; init; }
}
