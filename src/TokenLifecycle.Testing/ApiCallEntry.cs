namespace TokenLifecycle.Testing;

/// <summary>A call of the protected API, as the server saw it. Holds no secret.</summary>
public sealed class ApiCallEntry
{
    /// <summary>When it was processed.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The method.</summary>
    public required string Method { get; init; }

    /// <summary>The path, without the query.</summary>
    public required string Path { get; init; }

    /// <summary>The user whose token was sent; <see langword="null"/> if it was not a live one, or the client's own.</summary>
    public string? User { get; init; }

    /// <summary>The fingerprint of the token that was sent; <see langword="null"/> if none was.</summary>
    public string? TokenFingerprint { get; init; }

    /// <summary>The status it was answered with.</summary>
    public required int Status { get; init; }

    /// <summary>Whether the token was a live one.</summary>
    public required bool Accepted { get; init; }

    /// <summary>Method, path, user and status.</summary>
    public override string ToString() => $"{Time:u} {Method} {Path} {User ?? "(nobody)"} {Status}";
}
