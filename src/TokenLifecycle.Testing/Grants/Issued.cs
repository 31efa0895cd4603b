namespace TokenLifecycle.Testing.Grants;

/// <summary>The tokens of one successful reply.</summary>
internal sealed record Issued(AccessRecord Access, RefreshRecord? Refresh)
{
    public Grant Grant => Access.Grant;

    public override string ToString() => $"tokens of {Grant.Family} (redacted)";
}
