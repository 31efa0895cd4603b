using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using TokenLifecycle.EntityFramework.Model;

namespace TokenLifecycle.EntityFramework.Rows;

/// <summary>One operation's own context, and how it reads and writes rows. Each call is one statement, without a transaction around it.</summary>
internal sealed class RowSession(DbContext context)
{
    public TokenTable Table { get; } = TokenTable.Of(context);

    public bool IsRetryingOnFailure => context.Database.CreateExecutionStrategy().RetriesOnFailure;

    /// <summary>All rows. The app's filters are not ours: a connection is not hidden because its tenant is.</summary>
    public IQueryable<Dictionary<string, object>> Rows => Set.IgnoreQueryFilters().AsNoTracking();

    private DbSet<Dictionary<string, object>> Set => context.Set<Dictionary<string, object>>(Row.EntityName);

    /// <summary>The row as it is stored, readable or not.</summary>
    public async Task<Dictionary<string, object?>?> FindAsync(TokenKey key, CancellationToken cancellationToken)
    {
        (string provider, string userId, string connection) = (key.Provider, key.UserId, key.Connection);
        Dictionary<string, object?>? row = (await Rows
            .SingleOrDefaultAsync(
                row => EF.Property<string>(row, Row.Provider) == provider && EF.Property<string>(row, Row.UserId) == userId && EF.Property<string>(row, Row.Connection) == connection,
                cancellationToken)
            .ConfigureAwait(false))!;
        if (row is not null && RowMapper.KeyOf(row) != key)
        {
            throw new InvalidOperationException(
                $"{key.ToRedactedString()}: the database takes this key and that of another connection in {Table.Name} for the same, because it does not compare them ordinally. "
                + $"Set {nameof(TokenTableOptions)}.{nameof(TokenTableOptions.KeyCollation)} to a binary collation of this engine, and migrate.");
        }

        return row;
    }

    /// <summary>Runs a statement that returns whole rows.</summary>
    public async Task<IReadOnlyList<Dictionary<string, object?>>> QueryAsync(string sql, IEnumerable<DbParameter> parameters, CancellationToken cancellationToken) =>
        (await Set.FromSqlRaw(sql, [.. parameters]).IgnoreQueryFilters().AsNoTracking().ToListAsync(cancellationToken).ConfigureAwait(false))!;

    /// <summary>Runs a statement that returns versions in a column named <c>Value</c>.</summary>
    public async Task<IReadOnlyList<long>> QueryVersionsAsync(string sql, IEnumerable<DbParameter> parameters, CancellationToken cancellationToken) =>
        await context.Database.SqlQueryRaw<long>(sql, [.. parameters]).ToListAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>Runs a statement that returns nothing; by the app's own strategy of retries, which EF leaves out here and nowhere else.</summary>
    /// <returns>How many rows it changed.</returns>
    public Task<int> ExecuteAsync(string sql, IEnumerable<DbParameter> parameters, CancellationToken cancellationToken) =>
        context.Database.CreateExecutionStrategy().ExecuteAsync(cancel => context.Database.ExecuteSqlRawAsync(sql, parameters, cancel), cancellationToken);

    /// <summary>Parameters named after properties, and of their types; everything of a row goes to the database in one of these and never in the text of a statement.</summary>
    public List<DbParameter> Parameters(IEnumerable<KeyValuePair<string, object?>> values)
    {
        using DbCommand command = context.Database.GetDbConnection().CreateCommand();
        return [.. values.Select(value => Table.Parameter(command, value.Key, value.Key, value.Value))];
    }

    /// <summary>The three parameters of a key.</summary>
    public List<DbParameter> KeyParameters(TokenKey key) => Parameters(
        [new(Row.Provider, key.Provider), new(Row.UserId, key.UserId), new(Row.Connection, key.Connection)]);

    /// <summary>A parameter of a property's type with another name.</summary>
    public DbParameter Parameter(string name, string property, object value)
    {
        using DbCommand command = context.Database.GetDbConnection().CreateCommand();
        return Table.Parameter(command, name, property, value);
    }

    /// <summary>A parameter that is no property of a row.</summary>
    public DbParameter Parameter(string name, object value)
    {
        using DbCommand command = context.Database.GetDbConnection().CreateCommand();
        DbParameter parameter = command.CreateParameter();
        parameter.ParameterName = "@" + name;
        parameter.Value = value;
        return parameter;
    }
}
