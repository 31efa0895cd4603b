namespace TokenLifecycle.Testing;

/// <summary>A request to the revocation endpoint, as the server saw it. Holds no secret.</summary>
public sealed class RevocationEntry
{
    /// <summary>When it was processed.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>How the client authenticated: <c>body</c>, <c>basic</c>, <c>body+basic</c>, <c>bearer</c> or <c>none</c>.</summary>
    public required string ClientAuthentication { get; init; }

    /// <summary>The fingerprint of the token that was sent; <see langword="null"/> if none was.</summary>
    public string? TokenFingerprint { get; init; }

    /// <summary>Whether the request was accepted: by RFC 7009 also for a token that the server does not know.</summary>
    public required bool Accepted { get; init; }

    /// <summary>The family that it revoked; <see langword="null"/> if it revoked none.</summary>
    public string? Family { get; init; }

    /// <summary>Whether it was accepted, and the family.</summary>
    public override string ToString() => $"{Time:u} revocation {(Accepted ? "accepted" : "refused")} {Family}";
}
