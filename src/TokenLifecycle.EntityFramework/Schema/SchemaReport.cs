using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework.Schema;

/// <summary>What a look at the table brought.</summary>
/// <param name="Findings">Everything that is wrong.</param>
/// <param name="Unreachable">Why the database could not be asked; <see langword="null"/> if it was.</param>
internal sealed record SchemaReport(IReadOnlyList<SchemaFinding> Findings, Exception? Unreachable = null)
{
    public bool IsBlocking { get; } = Findings.Any(static finding => finding.IsBlocking);

    public IReadOnlyList<TokenStoreProblem> Problems { get; } = [.. Findings.Select(static finding => finding.Problem)];
}
