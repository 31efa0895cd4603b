namespace TokenLifecycle;

/// <summary>Something happened that an application may want to know. Holds no secret.</summary>
public sealed class TokenEvent
{
    /// <summary>What happened.</summary>
    public required TokenEventKind Kind { get; init; }

    /// <summary>The provider's name.</summary>
    public required string Provider { get; init; }

    /// <summary>Whose connection; <see langword="null"/> if the whole provider is concerned.</summary>
    public TokenKey? Key { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Why the user has to reconnect, for <see cref="TokenEventKind.ReauthorizationRequired"/>.</summary>
    public ReauthorizationReason? Reason { get; init; }

    /// <summary>The failure, where there was one.</summary>
    public TokenFailure? Failure { get; init; }

    /// <summary>Kind and whom it concerns.</summary>
    public override string ToString() => $"{Kind} {Key?.ToString() ?? Provider}";
}
