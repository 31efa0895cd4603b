namespace TokenLifecycle.Testing.Grants;

/// <summary>What the book decided about a token request.</summary>
internal sealed record TokenResult(TokenRequestOutcome Outcome, Grant? Grant)
{
    public Issued? Tokens { get; init; }

    public Refusal? Refusal { get; init; }

    public bool RevokedFamily { get; init; }

    public static TokenResult Issued(Issued tokens) => new(TokenRequestOutcome.Issued, tokens.Grant) { Tokens = tokens };

    public static TokenResult Repeated(Issued tokens) => new(TokenRequestOutcome.Repeated, tokens.Grant) { Tokens = tokens };

    public static TokenResult Refused(Refusal refusal, Grant? grant = null) => new(TokenRequestOutcome.Rejected, grant) { Refusal = refusal };

    public override string ToString() => Outcome.ToString();
}
