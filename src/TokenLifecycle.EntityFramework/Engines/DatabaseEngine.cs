using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using TokenLifecycle.EntityFramework.Rows;
using TokenLifecycle.EntityFramework.Schema;

namespace TokenLifecycle.EntityFramework.Engines;

/// <summary>
/// What depends on the database and its driver: statements, errors, and what a schema check can know. A package for one engine derives
/// from it; the defaults hold on any engine.
/// </summary>
internal abstract class DatabaseEngine
{
    /// <summary>Gets the steps that change rows.</summary>
    public abstract ITokenRows Rows { get; }

    /// <summary>Returns whether this is the engine of an EF Core provider.</summary>
    public abstract bool IsFor(string? provider);

    /// <summary>Gets whether the driver waits only asynchronously.</summary>
    public virtual bool ReadsWithoutBlocking => false;

    /// <summary>Gets whether parameters go by position, as <c>$1</c>.</summary>
    public virtual bool HasPositionalParameters => false;

    /// <summary>
    /// Returns whether the database rolled a statement back in favor of another one, so that it had no effect: class 40 of SQLSTATE.
    /// </summary>
    public virtual bool IsRolledBackForAnother(Exception failure) =>
        StandardErrors.StateOf(failure) is { } state && state.StartsWith("40", StringComparison.Ordinal) && state is not ("40002" or "40003");

    /// <summary>Returns whether the connection failed and not the statement.</summary>
    public virtual bool IsConnectionBroken(Exception failure) => StandardErrors.IsConnectionBroken(failure);

    /// <summary>
    /// Returns what happened and what to do, in a sentence each; <see langword="null"/> where the database's own words must do.
    /// </summary>
    public virtual string? Explain(Exception failure, string table) => null;

    /// <summary>
    /// Closes the idle connections in the pool of a connection, if the driver offers that. The pool opens new ones when they are needed.
    /// </summary>
    public virtual void ClearPool(DbConnection connection)
    {
    }

    /// <summary>Begins a check of a table on an open connection.</summary>
    public virtual Task<SchemaSession> OpenSchemaAsync(DbContext context, ExpectedTable expected, CancellationToken cancellationToken) => Task.FromResult(new SchemaSession());
}
