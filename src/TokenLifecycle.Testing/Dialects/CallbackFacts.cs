namespace TokenLifecycle.Testing.Dialects;

/// <summary>What a callback may contain.</summary>
internal sealed record CallbackFacts(string Code, string? State, IReadOnlyList<string> Scopes, string? Issuer)
{
    public override string ToString() => "callback (redacted)";
}
