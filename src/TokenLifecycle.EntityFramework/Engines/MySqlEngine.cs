using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using TokenLifecycle.EntityFramework.Portable;
using TokenLifecycle.EntityFramework.Rows;
using TokenLifecycle.EntityFramework.Schema;

namespace TokenLifecycle.EntityFramework.Engines;

/// <summary>
/// MySQL and MariaDB, whatever their provider: portable statements, and a schema check that knows their types and collations.
/// </summary>
internal sealed class MySqlEngine(TimeProvider clock) : DatabaseEngine
{
    private const int LockWaitTimeout = 1205;
    private const int Deadlock = 1213;

    /// <summary>Where both drivers, MySql.Data and MySqlConnector, put the number of an error.</summary>
    private const string ErrorCode = "Server Error Code";

    /// <inheritdoc/>
    public override ITokenRows Rows { get; } = new PortableRows(clock);

    /// <inheritdoc/>
    public override bool IsFor(string? provider) => provider is ProviderNames.MySql or ProviderNames.Pomelo;

    /// <summary>Also the time-outs of a wait for a row's lock, which has no SQLSTATE of its kind: the statement had no effect.</summary>
    public override bool IsRolledBackForAnother(Exception failure) => base.IsRolledBackForAnother(failure) || CodeOf(failure) is Deadlock or LockWaitTimeout;

    /// <inheritdoc/>
    public override Task<SchemaSession> OpenSchemaAsync(DbContext context, ExpectedTable expected, CancellationToken cancellationToken) =>
        Task.FromResult<SchemaSession>(new MySqlSchemaSession());

    private static int? CodeOf(Exception? failure)
    {
        for (; failure is not null; failure = failure.InnerException)
        {
            if (failure is DbException && failure.Data[ErrorCode] is int code)
                return code;
        }

        return null;
    }
}
