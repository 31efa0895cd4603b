namespace TokenLifecycle.Testing.Grants;

/// <summary>What one user allowed once, and the head of the family of tokens that descends from it.</summary>
internal sealed class Grant(string family, SimulatedUser? user, IReadOnlyList<string> scopes, DateTimeOffset startedAt)
{
    public string Family { get; } = family;

    public SimulatedUser? User { get; } = user;

    public IReadOnlyList<string> Scopes { get; } = scopes;

    public DateTimeOffset StartedAt { get; } = startedAt;

    public string? Nonce { get; init; }

    public int Generation { get; set; }

    public bool Revoked { get; set; }

    public AccessRecord? LatestAccess { get; set; }
}
