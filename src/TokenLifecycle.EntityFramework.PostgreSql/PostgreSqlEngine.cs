using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Npgsql;
using TokenLifecycle.EntityFramework.Engines;
using TokenLifecycle.EntityFramework.PostgreSql.Rows;
using TokenLifecycle.EntityFramework.PostgreSql.Schema;
using TokenLifecycle.EntityFramework.Rows;
using TokenLifecycle.EntityFramework.Schema;

namespace TokenLifecycle.EntityFramework.PostgreSql;

/// <summary>PostgreSQL by Npgsql.</summary>
internal sealed class PostgreSqlEngine(IOptions<PostgreSqlStoreOptions> options) : DatabaseEngine
{
    /// <inheritdoc/>
    public override ITokenRows Rows { get; } = new PostgreSqlRows(options.Value.NotifyChanges);

    /// <inheritdoc/>
    public override bool IsFor(string? provider) => provider == ProviderNames.Npgsql;

    /// <inheritdoc/>
    public override bool ReadsWithoutBlocking => true;

    /// <summary>As its protocol has it: Npgsql reads a statement with names through each time, to put positions in their place.</summary>
    public override bool HasPositionalParameters => true;

    /// <inheritdoc/>
    public override bool IsRolledBackForAnother(Exception failure) => PostgreSqlErrors.IsRolledBackForAnother(failure);

    /// <inheritdoc/>
    public override bool IsConnectionBroken(Exception failure) => PostgreSqlErrors.IsConnectionBroken(failure);

    /// <inheritdoc/>
    public override string? Explain(Exception failure, string table) => PostgreSqlErrors.Explain(failure, table);

    /// <inheritdoc/>
    public override void ClearPool(DbConnection connection)
    {
        if (connection is NpgsqlConnection npgsql)
            NpgsqlConnection.ClearPool(npgsql);
    }

    /// <inheritdoc/>
    public override async Task<SchemaSession> OpenSchemaAsync(DbContext context, ExpectedTable expected, CancellationToken cancellationToken) =>
        await PostgreSqlSchemaSession.ReadAsync(context, expected, cancellationToken).ConfigureAwait(false);
}
