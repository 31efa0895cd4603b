using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework.Schema;

/// <summary>One way in which the table differs from the model.</summary>
/// <param name="Problem">The object, what is wrong with it, and how to fix it.</param>
/// <param name="IsBlocking">Whether reads or writes would fail or be wrong. A missing index only makes them slow, and blocks
/// nothing.</param>
internal sealed record SchemaFinding(TokenStoreProblem Problem, bool IsBlocking = true)
{
    public SchemaFinding(string subject, string message, string? remedy, bool isBlocking = true)
        : this(new TokenStoreProblem(subject, message, remedy), isBlocking)
    {
    }

    /// <summary>
    /// Whether new connections see something else than those which the pool keeps, as they do after a change of a role's or a database's
    /// settings.
    /// </summary>
    public bool IsOfSession { get; init; }
}
