using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Scaffolding.Metadata;
using TokenLifecycle.EntityFramework.Engines;

namespace TokenLifecycle.EntityFramework.Schema;

/// <summary>Compares the table in the database with the one in the model. Looks at our table only, and changes nothing.</summary>
internal static class SchemaValidator
{
    public static async Task<SchemaReport> RunAsync(DbContext context, DatabaseEngine engine, ExpectedTable expected, CancellationToken cancellationToken)
    {
        SchemaReport report = await LookAsync(context, engine, expected, cancellationToken).ConfigureAwait(false);
        if (!report.IsUnreachable || report.Cause is not { } cause || !engine.IsConnectionBroken(cause))
            return report;

        // Most often the server or a load balancer had closed a connection of the pool. Checks once more, with a new connection.
        engine.ClearPool(context.Database.GetDbConnection());
        return await LookAsync(context, engine, expected, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<SchemaReport> LookAsync(DbContext context, DatabaseEngine engine, ExpectedTable expected, CancellationToken cancellationToken)
    {
        try
        {
            await context.Database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            return Unreachable(context, engine, expected, failure);
        }

        try
        {
            SchemaReport report = new(await CompareAsync(context, engine, expected, cancellationToken).ConfigureAwait(false));
            if (report.Findings.Any(static finding => finding.IsOfSession))
                engine.ClearPool(context.Database.GetDbConnection()); // Settings of a role or a database apply to new connections only.
            return report;
        }
        catch (Exception failure) when (failure is DbException or IOException or TimeoutException && !cancellationToken.IsCancellationRequested)
        {
            return Unreachable(context, engine, expected, failure);
        }
        finally
        {
            await context.Database.CloseConnectionAsync().ConfigureAwait(false);
        }
    }

    /// <summary>
    /// A malformed connection string has no owner yet, and its error may quote the part of a password behind a semicolon: it is not shown,
    /// nor passed on.
    /// </summary>
    public static SchemaReport Malformed(Type context, Exception failure) => new(
        [new SchemaFinding($"connection string of {context.Name}", $"It cannot be read ({failure.GetType().Name}).", "Correct it. A value with a semicolon in it, as a password may be, goes between double quotes.")],
        IsUnreachable: true);

    private static async Task<IReadOnlyList<SchemaFinding>> CompareAsync(
        DbContext context, DatabaseEngine engine, ExpectedTable expected, CancellationToken cancellationToken)
    {
        SchemaSession session = await engine.OpenSchemaAsync(context, expected, cancellationToken).ConfigureAwait(false);
        DatabaseModel database = await ReadAsync(context, FilterOf(expected.Name, session), session.ReadsInTransaction, cancellationToken).ConfigureAwait(false);
        if (session.Find(database, expected) is not { } actual)
            return [session.Missing(context, database, expected)];

        TableUnderCheck table = new(context, expected, actual, session);
        if (await session.FindObstacleAsync(table, cancellationToken).ConfigureAwait(false) is { } obstacle)
            return [obstacle];

        await session.CompleteAsync(table, cancellationToken).ConfigureAwait(false);
        return [.. ColumnCheck.Run(table), .. KeyCheck.Run(table), .. await AccessCheck.RunAsync(table, cancellationToken).ConfigureAwait(false)];
    }

    /// <summary>Scaffolding is synchronous.</summary>
    private static async Task<DatabaseModel> ReadAsync(DbContext context, string[] filter, bool inTransaction, CancellationToken cancellationToken)
    {
        DbTransaction? transaction = inTransaction && context.Database.CurrentTransaction is null
            ? await context.Database.GetDbConnection().BeginTransactionAsync(cancellationToken).ConfigureAwait(false)
            : null;
        try
        {
            return await Task.Run(() => DatabaseReader.Read(context, filter), CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            if (transaction is not null)
                await transaction.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Filters know no quote within a name. What they cannot name is looked for among all tables.</summary>
    private static string[] FilterOf(string name, SchemaSession session) => name.Contains('"', StringComparison.Ordinal) ? [] : [session.FilterOf(name)];

    private static SchemaReport Unreachable(DbContext context, DatabaseEngine engine, ExpectedTable expected, Exception failure)
    {
        if (failure is ArgumentException or FormatException)
            return Malformed(context.GetType(), failure);

        DbConnection connection = context.Database.GetDbConnection();
        string reason = engine.Explain(failure, expected.Name) ?? failure.Message;
        return new SchemaReport(
            [new SchemaFinding(
                $"database {connection.Database} at {connection.DataSource}",
                $"It cannot be asked: {reason}",
                $"Check that it runs and can be reached from here, and the connection string of {context.GetType().Name}.")],
            IsUnreachable: true,
            failure);
    }
}
