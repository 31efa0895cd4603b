using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework.Schema;

/// <summary>What a look at the table brought.</summary>
/// <param name="Findings">Everything that is wrong.</param>
/// <param name="IsUnreachable">Whether the database could not be asked, so that nothing is known of the table.</param>
/// <param name="Cause">The error behind that, if it may be shown.</param>
internal sealed record SchemaReport(IReadOnlyList<SchemaFinding> Findings, bool IsUnreachable = false, Exception? Cause = null)
{
    public bool IsBlocking { get; } = Findings.Any(static finding => finding.IsBlocking);

    public IReadOnlyList<TokenStoreProblem> Problems { get; } = [.. Findings.Select(static finding => finding.Problem)];
}
