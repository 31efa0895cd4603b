using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Scaffolding.Metadata;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;
using TokenLifecycle.EntityFramework.Schema;

namespace TokenLifecycle.EntityFramework.PostgreSql.Schema;

/// <summary>What PostgreSQL says of itself beyond scaffolding: roles, settings, the search path and collations.</summary>
internal sealed class PostgreSqlSchemaSession(PostgreSqlSession session) : SchemaSession
{
    // The columns whose collation takes different texts for the same. All others compare byte for byte, whatever order they sort in.
    private IReadOnlySet<string> _loose = new HashSet<string>(StringComparer.Ordinal);

    /// <inheritdoc/>
    public override StringComparer Names => StringComparer.Ordinal;

    /// <summary>
    /// Npgsql refuses synchronous commands on connections that share sessions (Multiplexing=true), unless a transaction binds the
    /// connection to a session.
    /// </summary>
    public override bool ReadsInTransaction => true;

    public static async Task<PostgreSqlSchemaSession> ReadAsync(DbContext context, ExpectedTable expected, CancellationToken cancellationToken)
    {
        string quoted = context.GetService<ISqlGenerationHelper>().DelimitIdentifier(expected.Name);
        return new PostgreSqlSchemaSession(await PostgreSqlSession.ReadAsync(context.Database.GetDbConnection(), quoted, cancellationToken).ConfigureAwait(false));
    }

    /// <inheritdoc/>
    public override string FilterOf(string name) => $"\"{name}\"";

    /// <inheritdoc/>
    public override DatabaseTable? Find(DatabaseModel database, ExpectedTable expected) =>
        (expected.Schema ?? session.VisibleSchema) is { } schema ? Find(database, expected.Name, schema) : null;

    /// <inheritdoc/>
    public override SchemaFinding Missing(DbContext context, DatabaseModel database, ExpectedTable expected)
    {
        string? elsewhere = expected.Schema is null ? database.Tables.FirstOrDefault(table => table.Name == expected.Name)?.Schema : null;
        if (elsewhere is null)
            return Missing(context, expected, expected.Schema ?? session.CurrentSchema ?? "public"); // Where the statements would look for it, even if PostgreSQL is set to look nowhere.

        ISqlGenerationHelper sql = context.GetService<ISqlGenerationHelper>();
        string path = session.SearchPath.Trim('"').Length == 0 ? sql.DelimitIdentifier(elsewhere) : $"{session.SearchPath}, {sql.DelimitIdentifier(elsewhere)}";
        return new SchemaFinding(
            $"table {expected.Name}",
            $"It is in the schema {elsewhere}, where {session.User} does not look: search_path is {session.SearchPath}, and the model names no schema.",
            session.IsPathOfClient
                ? $"Add {elsewhere} to Search Path in the connection string of {context.GetType().Name}, or {expected.HowToSetSchema.Replace("{0}", elsewhere, StringComparison.Ordinal)}."
                : $"GRANT USAGE ON SCHEMA {sql.DelimitIdentifier(elsewhere)} TO {sql.DelimitIdentifier(session.User)};{Environment.NewLine}{session.Set(sql, $"search_path TO {path}")}") { IsOfSession = true };
    }

    /// <inheritdoc/>
    public override async Task<SchemaFinding?> FindObstacleAsync(TableUnderCheck table, CancellationToken cancellationToken) =>
        await PostgreSqlSession.MayUseAsync(table.Context.Database.GetDbConnection(), table.Schema!, cancellationToken).ConfigureAwait(false)
            ? null
            : new SchemaFinding(
                $"schema {table.Schema}",
                $"The role {session.User} may not use it.",
                $"GRANT USAGE ON SCHEMA {table.Sql.DelimitIdentifier(table.Schema!)} TO {table.Sql.DelimitIdentifier(session.User)};");

    /// <inheritdoc/>
    public override async Task CompleteAsync(TableUnderCheck table, CancellationToken cancellationToken) =>
        _loose = await PostgreSqlColumns.CompleteAsync(table.Context.Database.GetDbConnection(), table.Actual, table.QuotedName, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public override bool IsOfAnotherCollation(ExpectedColumn column, DatabaseColumn actual) => _loose.Contains(actual.Name);

    /// <inheritdoc/>
    public override bool IsAsGoodAs(string? actual, string expected) => base.IsAsGoodAs(actual, expected) || (actual == "character varying" && expected == "text");

    /// <inheritdoc/>
    public override string WithConversion(string ddl, string column, string? from, string to) =>
        PostgreSqlConversion.Using(column, from!, to) is { } conversion ? ddl.Replace(";", $" USING {conversion};", StringComparison.Ordinal) : ddl;

    /// <inheritdoc/>
    public override SchemaFinding ExplainRefusal(TableUnderCheck table, string verb, DbException refusal) => (refusal as PostgresException)?.SqlState switch
    {
        PostgresErrorCodes.InsufficientPrivilege => new SchemaFinding(
            $"privilege {verb} on {table.FullName}",
            $"The role {session.User} does not have it.",
            $"GRANT {verb} ON {table.QuotedName} TO {table.Sql.DelimitIdentifier(session.User)};"),
        PostgresErrorCodes.ReadOnlySqlTransaction => new SchemaFinding(
            $"database {session.Database}", $"It is read-only for {session.User}: {ReadOnlyReason()}", ReadOnlyRemedy(table)) { IsOfSession = true },
        _ => base.ExplainRefusal(table, verb, refusal),
    };

    private string ReadOnlyReason() => session switch
    {
        { IsInRecovery: true } => "this server is a replica.",
        { IsReadOnlyByClient: true } => "the connection string sets default_transaction_read_only.",
        _ => "default_transaction_read_only is on.",
    };

    private string ReadOnlyRemedy(TableUnderCheck table) => session switch
    {
        { IsInRecovery: true } => "Connect to the primary: name all hosts in the connection string, with Target Session Attributes=primary.",
        { IsReadOnlyByClient: true } => "Take default_transaction_read_only out of Options in the connection string.",
        _ => $"BEGIN READ WRITE; {session.Set(table.Sql, "default_transaction_read_only = off")} COMMIT;",
    };
}
