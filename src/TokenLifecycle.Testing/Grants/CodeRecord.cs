namespace TokenLifecycle.Testing.Grants;

/// <summary>An issued authorization code and what it is bound to.</summary>
internal sealed class CodeRecord
{
    public required SimulatedUser User { get; init; }

    public required IReadOnlyList<string> Scopes { get; init; }

    public required string RedirectUri { get; init; }

    public string? Challenge { get; init; }

    public string? Nonce { get; init; }

    public bool WithRefreshToken { get; init; } = true;

    public DateTimeOffset ExpiresAt { get; set; }

    public Grant? UsedFor { get; set; }
}
