namespace TokenLifecycle.Testing.Dialects;

/// <summary>What a callback may tell.</summary>
internal sealed record CallbackFacts(string Code, string? State, IReadOnlyList<string> Scopes, string? Issuer)
{
    public override string ToString() => "callback (redacted)";
}
