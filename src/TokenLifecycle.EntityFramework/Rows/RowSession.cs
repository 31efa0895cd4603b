using System.Data;
using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using TokenLifecycle.EntityFramework.Engines;
using TokenLifecycle.EntityFramework.Model;

namespace TokenLifecycle.EntityFramework.Rows;

/// <summary>
/// One operation's own context, and how it reads and writes rows. Each call is one statement, without a transaction around it.
/// </summary>
internal sealed class RowSession(DbContext context, DatabaseEngine engine)
{
    public TokenTable Table { get; } = TokenTable.Of(context);

    private readonly StatementRetry _retry = new(context, engine);

    /// <summary>Gets whether a statement that changed nothing may have run before with its result lost.</summary>
    public bool MayHaveRunBefore => _retry.MayHaveRunBefore || _retry.IsRetryingOnFailure;

    /// <summary>All rows. The app's filters are not ours: a connection is not hidden because its tenant is.</summary>
    public IQueryable<OAuthConnection> Rows => context.Set<OAuthConnection>().IgnoreQueryFilters().AsNoTracking();

    /// <summary>The row as it is stored, readable or not.</summary>
    public async Task<OAuthConnection?> FindAsync(TokenKey key, CancellationToken cancellationToken) =>
        RowOf(key, await ReadAsync(Table.Find(engine.HasPositionalParameters), ValuesOf(key), Table.ReadRow, cancellationToken).ConfigureAwait(false));

    /// <summary>The columns of the token, as <see cref="RowOf"/> needs them.</summary>
    public Task<List<OAuthConnection>> FindTokenAsync(TokenKey key, CancellationToken cancellationToken) =>
        ReadAsync(Table.FindToken(engine.HasPositionalParameters), ValuesOf(key), Table.ReadToken, cancellationToken);

    /// <summary>The one that was found for a key, if any.</summary>
    public OAuthConnection? RowOf(TokenKey key, List<OAuthConnection> found)
    {
        OAuthConnection? row = found.SingleOrDefault();
        if (row is not null && RowMapper.KeyOf(row) != key)
        {
            throw new InvalidOperationException(
                $"{key.ToRedactedString()}: the database takes this key and that of another connection in {Table.Name} for the same, because it does not compare them ordinally. "
                + $"Set {nameof(TokenTableOptions)}.{nameof(TokenTableOptions.KeyCollation)} to a binary collation of this engine, and migrate.");
        }

        return row;
    }

    /// <summary>Runs a statement that returns whole rows.</summary>
    public Task<List<OAuthConnection>> QueryAsync(string sql, IReadOnlyList<DbParameter> parameters, CancellationToken cancellationToken) =>
        ReadAsync(sql, parameters, Table.ReadRow, cancellationToken);

    /// <summary>Runs a statement whose first column is a version.</summary>
    public Task<List<long>> QueryVersionsAsync(string sql, IReadOnlyList<DbParameter> parameters, CancellationToken cancellationToken) =>
        ReadAsync(sql, parameters, static reader => reader.GetInt64(0), cancellationToken);

    /// <summary>Runs a statement that returns nothing.</summary>
    /// <returns>How many rows it changed.</returns>
    public Task<int> ExecuteAsync(string sql, IEnumerable<DbParameter> parameters, CancellationToken cancellationToken) =>
        _retry.RunAsync(cancel => context.Database.ExecuteSqlRawAsync(sql, parameters, cancel), cancellationToken);

    /// <summary>Runs several statements in one transaction, which runs again as a whole.</summary>
    public Task<T> InTransactionAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken) => _retry.RunAsync(
        async cancel =>
        {
            // Read committed: under a stricter isolation MySQL locks the gaps between the rows, and so the inserts of others.
            IDbContextTransaction transaction = await context.Database.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancel).ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                T result = await work(cancel).ConfigureAwait(false);
                await transaction.CommitAsync(cancel).ConfigureAwait(false);
                return result;
            }
        },
        cancellationToken);

    /// <summary>Runs an EF Core query.</summary>
    public Task<List<T>> ListAsync<T>(IQueryable<T> query, CancellationToken cancellationToken) => _retry.RunAsync(cancel => query.ToListAsync(cancel), cancellationToken);

    /// <summary>
    /// Parameters named after properties, and of their types; everything of a row goes to the database in one of these and never in the
    /// text of a statement.
    /// </summary>
    public List<DbParameter> Parameters(IEnumerable<KeyValuePair<string, object?>> values)
    {
        using DbCommand command = context.Database.GetDbConnection().CreateCommand();
        return [.. values.Select(value => Table.Parameter(command, value.Key, value.Key, value.Value))];
    }

    /// <summary>A parameter for each of some properties of a row.</summary>
    public List<DbParameter> RowParameters(OAuthConnection row, IEnumerable<RowProperty> properties) =>
        Parameters(properties.Select(property => KeyValuePair.Create(property.Name, property.Get(row))));

    /// <summary>The parameters of a key.</summary>
    public List<DbParameter> KeyParameters(TokenKey key) => Parameters(
        [new(Row.Provider, key.Provider), new(Row.UserId, key.UserId), new(Row.Connection, key.Connection), new(Row.Tenant, key.Tenant)]);

    /// <summary>A parameter of a property's type with another name.</summary>
    public DbParameter Parameter(string name, string property, object value)
    {
        using DbCommand command = context.Database.GetDbConnection().CreateCommand();
        return Table.Parameter(command, name, property, value);
    }

    /// <summary>A parameter that does not belong to a property of a row.</summary>
    public DbParameter Parameter(string name, object value)
    {
        using DbCommand command = context.Database.GetDbConnection().CreateCommand();
        DbParameter parameter = command.CreateParameter();
        parameter.ParameterName = "@" + name;
        parameter.Value = value;
        return parameter;
    }

    private static Dictionary<string, object?> ValuesOf(TokenKey key) =>
        new(4, StringComparer.Ordinal) { [Row.Provider] = key.Provider, [Row.UserId] = key.UserId, [Row.Connection] = key.Connection, [Row.Tenant] = key.Tenant };

    private Task<List<T>> ReadAsync<T>(string sql, IReadOnlyList<DbParameter> parameters, Func<DbDataReader, T> read, CancellationToken cancellationToken)
    {
        RawSqlCommand command = context.GetService<IRawSqlCommandBuilder>().Build(sql, parameters, context.Model);
        return ReadAsync(command.RelationalCommand, command.ParameterValues, read, cancellationToken);
    }

    /// <summary>
    /// By EF's own way to the database, with the app's strategy of retries, interceptors and log, but not as a query of EF: such a query
    /// with a statement in it is put together again each time, which costs more than the statement.
    /// </summary>
    private Task<List<T>> ReadAsync<T>(IRelationalCommandTemplate command, IReadOnlyDictionary<string, object?> values, Func<DbDataReader, T> read, CancellationToken cancellationToken) =>
        _retry.RunAsync(
            async cancel =>
            {
                IRelationalConnection connection = context.GetService<IRelationalConnection>();
                IRelationalCommand rented = connection.RentCommand();
                try
                {
                    rented.PopulateFrom(command);
                    RelationalDataReader result = await rented.ExecuteReaderAsync(
                        new RelationalCommandParameterObject(
                            connection, values, readerColumns: null, context, context.GetService<IRelationalCommandDiagnosticsLogger>(), CommandSource.FromSqlQuery), cancel).ConfigureAwait(false);
                    List<T> rows = [];
                    await using (result.ConfigureAwait(false))
                    {
                        while (await result.ReadAsync(cancel).ConfigureAwait(false))
                            rows.Add(read(result.DbDataReader));
                    }

                    return rows;
                }
                finally
                {
                    connection.ReturnCommand(rented);
                }
            },
            cancellationToken);
}
