using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Scaffolding.Metadata;

namespace TokenLifecycle.EntityFramework.Schema;

/// <summary>
/// What a check knows of an engine and of its connection. The defaults are what holds on any engine; an engine that can say more derives
/// from it.
/// </summary>
internal class SchemaSession
{
    /// <summary>Gets how this engine compares names.</summary>
    public virtual StringComparer Names => StringComparer.OrdinalIgnoreCase;

    /// <summary>
    /// Gets whether the schema is read in a transaction: scaffolding is synchronous, which some connections allow only there.
    /// </summary>
    public virtual bool ReadsInTransaction => false;

    /// <summary>Returns the name of a table as the filter of scaffolding needs it.</summary>
    public virtual string FilterOf(string name) => name;

    /// <summary>Finds the table that the store's statements mean.</summary>
    public virtual DatabaseTable? Find(DatabaseModel database, ExpectedTable expected) =>
        Find(database, expected.Name, expected.Schema ?? database.DefaultSchema);

    /// <summary>Describes that there is none.</summary>
    public virtual SchemaFinding Missing(DbContext context, DatabaseModel database, ExpectedTable expected) => Missing(context, expected, expected.Schema);

    /// <summary>Returns why the table cannot be looked at; <see langword="null"/> if it can.</summary>
    public virtual Task<SchemaFinding?> FindObstacleAsync(TableUnderCheck table, CancellationToken cancellationToken) => Task.FromResult<SchemaFinding?>(null);

    /// <summary>Adds what scaffolding leaves out.</summary>
    public virtual Task CompleteAsync(TableUnderCheck table, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Returns whether a column compares by another collation than the model's.</summary>
    public virtual bool IsOfAnotherCollation(ExpectedColumn column, DatabaseColumn actual) =>
        !string.Equals(actual.Collation, column.Collation, StringComparison.OrdinalIgnoreCase);

    /// <summary>Returns whether a type holds everything that the model's type holds.</summary>
    public virtual bool IsAsGoodAs(string? actual, string expected) => string.Equals(actual, expected, StringComparison.OrdinalIgnoreCase);

    /// <summary>Returns the statement that alters a column, with the conversion that the engine needs.</summary>
    public virtual string WithConversion(string ddl, string column, string? from, string to) => ddl;

    /// <summary>Describes why the database refuses a statement.</summary>
    public virtual SchemaFinding ExplainRefusal(TableUnderCheck table, string verb, DbException refusal) =>
        new($"{verb} on {table.FullName}", $"The database refuses it: {refusal.Message}", remedy: null);

    /// <summary>Describes a missing table with the DDL that creates it.</summary>
    protected static SchemaFinding Missing(DbContext context, ExpectedTable expected, string? schema) => new(
        $"table {TableUnderCheck.Full(schema, expected.Name)}",
        "It is missing. Apply the app's migrations, or run this.",
        new DdlWriter(context, expected.Model).Write(expected.Create(schema)));

    /// <summary>Finds a table by its name, in one schema if the engine has schemas.</summary>
    protected DatabaseTable? Find(DatabaseModel database, string name, string? schema) => database.Tables.FirstOrDefault(table =>
        Names.Equals(table.Name, name) && (table.Schema is null || schema is null || Names.Equals(table.Schema, schema)));
}
