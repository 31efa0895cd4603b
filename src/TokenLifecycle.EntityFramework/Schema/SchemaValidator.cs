using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Scaffolding.Metadata;
using Microsoft.EntityFrameworkCore.Storage;
using TokenLifecycle.EntityFramework.PostgreSql;
using TokenLifecycle.EntityFramework.Rows;

namespace TokenLifecycle.EntityFramework.Schema;

/// <summary>Compares the table in the database with the one in the model. Looks at our table only, and changes nothing.</summary>
internal static class SchemaValidator
{
    public static async Task<SchemaReport> RunAsync(DbContext context, ExpectedTable expected, CancellationToken cancellationToken)
    {
        SchemaReport report = await LookAsync(context, expected, cancellationToken).ConfigureAwait(false);
        if (!report.IsUnreachable || report.Cause is not { } cause || !PostgreSqlErrors.IsConnectionBroken(cause))
            return report;

        // Most often the server or a load balancer had closed a connection of the pool. Checks once more, with a new connection.
        StatementRetry.ClearPool(context.Database.GetDbConnection());
        return await LookAsync(context, expected, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<SchemaReport> LookAsync(DbContext context, ExpectedTable expected, CancellationToken cancellationToken)
    {
        try
        {
            await context.Database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            return Unreachable(context, expected, failure);
        }

        try
        {
            SchemaReport report = new(await CompareAsync(context, expected, cancellationToken).ConfigureAwait(false));
            if (report.Findings.Any(static finding => finding.IsOfSession))
                StatementRetry.ClearPool(context.Database.GetDbConnection()); // Settings of a role or a database apply to new connections only.
            return report;
        }
        catch (Exception failure) when (failure is DbException or IOException or TimeoutException && !cancellationToken.IsCancellationRequested)
        {
            return Unreachable(context, expected, failure);
        }
        finally
        {
            await context.Database.CloseConnectionAsync().ConfigureAwait(false);
        }
    }

    /// <summary>A malformed connection string has no owner yet, and its error may quote the part of a password behind a semicolon: it is not shown, nor passed on.</summary>
    public static SchemaReport Malformed(Type context, Exception failure) => new(
        [new SchemaFinding($"connection string of {context.Name}", $"It cannot be read ({failure.GetType().Name}).", "Correct it. A value with a semicolon in it, as a password may be, goes between double quotes.")],
        IsUnreachable: true);

    private static async Task<IReadOnlyList<SchemaFinding>> CompareAsync(DbContext context, ExpectedTable expected, CancellationToken cancellationToken)
    {
        string quoted = context.GetService<ISqlGenerationHelper>().DelimitIdentifier(expected.Name);
        DbConnection connection = context.Database.GetDbConnection();
        PostgreSqlSession? session = context.Database.ProviderName == PostgreSqlProvider.Name
            ? await PostgreSqlSession.ReadAsync(connection, quoted, cancellationToken).ConfigureAwait(false)
            : null;

        DatabaseModel database = await ReadAsync(context, FilterOf(expected.Name, session is null ? expected.Name : quoted), session is not null, cancellationToken).ConfigureAwait(false);
        if (TableLocator.Find(database, expected, session) is not { } actual)
            return [TableLocator.Missing(context, database, expected, session)];

        TableUnderCheck table = new(context, expected, actual, session);
        if (session is not null && !await PostgreSqlSession.MayUseAsync(connection, actual.Schema!, cancellationToken).ConfigureAwait(false))
            return [AccessCheck.WithoutSchema(table, session)];

        IReadOnlySet<string>? loose = session is null ? null : await PostgreSqlColumns.CompleteAsync(connection, actual, table.QuotedName, cancellationToken).ConfigureAwait(false);
        return [.. ColumnCheck.Run(table, loose), .. KeyCheck.Run(table), .. await AccessCheck.RunAsync(table, cancellationToken).ConfigureAwait(false)];
    }

    /// <summary>Scaffolding is synchronous, which Npgsql refuses on connections that share sessions (Multiplexing=true), unless a transaction binds the connection to a session.</summary>
    private static async Task<DatabaseModel> ReadAsync(DbContext context, string[] filter, bool bind, CancellationToken cancellationToken)
    {
        DbTransaction? bound = bind && context.Database.CurrentTransaction is null
            ? await context.Database.GetDbConnection().BeginTransactionAsync(cancellationToken).ConfigureAwait(false)
            : null;
        try
        {
            return await Task.Run(() => DatabaseReader.Read(context, filter), CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            if (bound is not null)
                await bound.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Filters know no quote within a name. What they cannot name is looked for among all tables.</summary>
    private static string[] FilterOf(string name, string filter) => name.Contains('"', StringComparison.Ordinal) ? [] : [filter];

    private static SchemaReport Unreachable(DbContext context, ExpectedTable expected, Exception failure)
    {
        if (failure is ArgumentException or FormatException)
            return Malformed(context.GetType(), failure);

        DbConnection connection = context.Database.GetDbConnection();
        string reason = PostgreSqlErrors.Explain(failure, expected.Name) ?? failure.Message;
        return new SchemaReport(
            [new SchemaFinding(
                $"database {connection.Database} at {connection.DataSource}",
                $"It cannot be asked: {reason}",
                $"Check that it runs and can be reached from here, and the connection string of {context.GetType().Name}.")],
            IsUnreachable: true,
            failure);
    }
}
