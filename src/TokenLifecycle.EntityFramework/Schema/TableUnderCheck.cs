using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Scaffolding.Metadata;
using Microsoft.EntityFrameworkCore.Storage;

namespace TokenLifecycle.EntityFramework.Schema;

/// <summary>The expected and the actual table, and what the checks need to describe it.</summary>
internal sealed class TableUnderCheck(DbContext context, ExpectedTable expected, DatabaseTable actual, SchemaSession session)
{
    public DbContext Context { get; } = context;

    public ExpectedTable Expected { get; } = expected;

    public DatabaseTable Actual { get; } = actual;

    /// <summary>What is known of the engine.</summary>
    public SchemaSession Session { get; } = session;

    public DdlWriter Ddl { get; } = new(context, expected.Model);

    public ISqlGenerationHelper Sql { get; } = context.GetService<ISqlGenerationHelper>();

    /// <summary>How this engine compares names.</summary>
    public StringComparer Names => Session.Names;

    /// <summary>Where the table actually is; printed statements name it, so they do not depend on the session that runs them.</summary>
    public string? Schema => Actual.Schema;

    /// <summary>Schema and table, for people.</summary>
    public string FullName => Full(Schema, Actual.Name);

    /// <summary>Schema and table, quoted for SQL.</summary>
    public string QuotedName => Sql.DelimitIdentifier(Actual.Name, Schema);

    public static string Full(string? schema, string name) => schema is null ? name : $"{schema}.{name}";

    public DatabaseColumn? Find(ExpectedColumn column) => Actual.Columns.FirstOrDefault(actual => Names.Equals(actual.Name, column.Name));

    /// <summary>The columns of others. They are ignored as long as a row can be inserted without them.</summary>
    public IEnumerable<DatabaseColumn> Others => Actual.Columns.Where(actual => !Expected.Columns.Any(column => Names.Equals(column.Name, actual.Name)));
}
