using System.Collections.Immutable;
using System.Data.Common;
using System.Runtime.CompilerServices;

namespace TokenLifecycle.Importing;

/// <summary>
/// Which column of another system's table is what. The one place where foreign names are turned into this library's; a column that is not
/// there is an error before the first row is read.
/// </summary>
public sealed class ImportMapping
{
    /// <summary>The table's name, for the report.</summary>
    /// <value>The default value is <c>table</c>.</value>
    public string Table { get; init; } = "table";

    /// <summary>The column that names a row in the report, for example the primary key. Never a secret.</summary>
    /// <value>The default value is <see langword="null"/>: <see cref="UserIdColumn"/>.</value>
    public string? LabelColumn { get; init; }

    /// <summary>The tenant of all rows.</summary>
    /// <value>The default value is <see langword="null"/>: none.</value>
    public string? Tenant { get; init; }

    /// <summary>The column with the tenant of the app that the user belongs to.</summary>
    public string? TenantColumn { get; init; }

    /// <summary>The provider of all rows. Set this or <see cref="ProviderColumn"/>.</summary>
    public string? Provider { get; init; }

    /// <summary>The column that holds the provider's name.</summary>
    public string? ProviderColumn { get; init; }

    /// <summary>
    /// What is in <see cref="ProviderColumn"/>, and the name given to <c>AddProvider</c>. Values that are not listed are used unchanged.
    /// </summary>
    public IReadOnlyDictionary<string, string> ProviderNames { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>The connection of all rows.</summary>
    /// <value>The default value is <see langword="null"/>: <see cref="TokenKey.DefaultConnection"/>.</value>
    public string? Connection { get; init; }

    /// <summary>The column that distinguishes a user's connections to one provider.</summary>
    public string? ConnectionColumn { get; init; }

    /// <summary>
    /// What is in <see cref="ConnectionColumn"/>, and the connection it becomes. Values that are not listed are used unchanged.
    /// </summary>
    public IReadOnlyDictionary<string, string> ConnectionNames { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>The column with the app's own, stable id of its user.</summary>
    public required string UserIdColumn { get; init; }

    /// <summary>The column with the access token.</summary>
    public required string AccessTokenColumn { get; init; }

    /// <summary>The column with the refresh token.</summary>
    public string? RefreshTokenColumn { get; init; }

    /// <inheritdoc cref="ImportRow.ExpiresAt"/>
    public string? ExpiresAtColumn { get; init; }

    /// <inheritdoc cref="ImportRow.Scope"/>
    public string? ScopeColumn { get; init; }

    /// <inheritdoc cref="ImportRow.AccountId"/>
    public string? AccountIdColumn { get; init; }

    /// <inheritdoc cref="ImportRow.AllowSignIn"/>
    public bool AllowSignIn { get; init; }

    /// <inheritdoc cref="ImportRow.IssuedAt"/>
    public string? IssuedAtColumn { get; init; }

    /// <summary>Reads the rows of a query. The columns are checked at once, the rows are read when they are requested.</summary>
    /// <param name="reader">The open result of a query; not closed here.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>One row for each, for <see cref="TokenImporter.ImportAsync"/>.</returns>
    /// <exception cref="InvalidOperationException">A column is not there, or there twice, or this mapping contradicts itself. The message
    /// lists the columns that are there.</exception>
    public IAsyncEnumerable<ImportRow> ReadAsync(DbDataReader reader, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reader);
        MappedColumns columns = MappedColumns.Of(this, [.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetName)]);
        return RowsAsync(reader, columns, cancellationToken);
    }

    /// <summary>Reads one row that is given as a dictionary, for example of a CSV or JSON file.</summary>
    /// <param name="row">Column names and values.</param>
    /// <param name="number">The row's number, for the report.</param>
    /// <exception cref="InvalidOperationException">A column is not there, or there twice, or this mapping contradicts itself. The message
    /// lists the columns that are there.</exception>
    public ImportRow Read(IReadOnlyDictionary<string, object?> row, long number = 1)
    {
        ArgumentNullException.ThrowIfNull(row);
        string[] names = [.. row.Keys];
        return MappedColumns.Of(this, names).Read(number, column => row[names[column]]);
    }

    private static async IAsyncEnumerable<ImportRow> RowsAsync(DbDataReader reader, MappedColumns columns, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (long number = 1; await reader.ReadAsync(cancellationToken).ConfigureAwait(false); number++)
            yield return columns.Read(number, reader.GetValue);
    }
}
