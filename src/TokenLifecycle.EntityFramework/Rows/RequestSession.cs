using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using TokenLifecycle.EntityFramework.Engines;
using TokenLifecycle.EntityFramework.Model;

namespace TokenLifecycle.EntityFramework.Rows;

/// <summary>The rows of redeemed authorization requests, in one operation's own context.</summary>
internal sealed class RequestSession(DbContext context, DatabaseEngine engine)
{
    /// <summary>
    /// How many expired rows one call deletes: more than it adds, so that they get fewer, and few enough to cost nothing.
    /// </summary>
    private const int SweptAtOnce = 100;

    public TokenTable Table { get; } = TokenTable.OfRequests(context);

    private readonly StatementRetry _retry = new(context, engine);

    /// <summary>All rows, whatever the app filters.</summary>
    public IQueryable<Dictionary<string, object>> Rows => context.Set<Dictionary<string, object>>(RequestRow.EntityName).IgnoreQueryFilters().AsNoTracking();

    public IQueryable<Dictionary<string, object>> Of(string id) => Rows.Where(row => EF.Property<string>(row, RequestRow.Id) == id);

    public IQueryable<Dictionary<string, object>> Live(string id, string holder, DateTime now) => Of(id)
        .Where(row => EF.Property<string>(row, RequestRow.Holder) == holder && EF.Property<DateTime>(row, RequestRow.ExpiresAt) > now);

    public async Task<RedeemedRow?> FindAsync(string id, CancellationToken cancellationToken) => (await ListAsync(
        Of(id).Select(static row => new RedeemedRow(
            EF.Property<string>(row, RequestRow.Holder), EF.Property<Guid?>(row, RequestRow.TakenBy), EF.Property<string?>(row, RequestRow.Outcome))), cancellationToken).ConfigureAwait(false)).SingleOrDefault();

    /// <summary>Runs a query.</summary>
    public Task<List<T>> ListAsync<T>(IQueryable<T> query, CancellationToken cancellationToken) => _retry.RunAsync(cancel => query.ToListAsync(cancel), cancellationToken);

    /// <summary>Changes or deletes rows. The statement may run twice.</summary>
    public Task<int> ExecuteAsync(Func<CancellationToken, Task<int>> statement, CancellationToken cancellationToken) => _retry.RunAsync(statement, cancellationToken);

    /// <summary>Deletes expired rows; that of the id for certain.</summary>
    public async Task SweepAsync(string id, DateTime now, CancellationToken cancellationToken)
    {
        List<string> ended = await ListAsync(Rows
            .Where(row => EF.Property<DateTime>(row, RequestRow.ExpiresAt) <= now)
            .OrderBy(static row => EF.Property<DateTime>(row, RequestRow.ExpiresAt))
            .Select(static row => EF.Property<string>(row, RequestRow.Id))
            .Take(SweptAtOnce), cancellationToken).ConfigureAwait(false);
        if (ended.Count == SweptAtOnce && !ended.Contains(id, StringComparer.Ordinal))
            ended.Add(id);

        // One by one: two nodes that delete the same rows in another order would wait for each other.
        foreach (string expired in ended)
        {
            await ExecuteAsync(
                cancel => Of(expired).Where(row => EF.Property<DateTime>(row, RequestRow.ExpiresAt) <= now).ExecuteDeleteAsync(cancel), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Inserts without <c>SaveChanges</c>, which the app may have taught things that are not ours.</summary>
    /// <returns>The row that is stored under the id, which may be that of another call.</returns>
    public async Task<RedeemedRow> InsertAsync(Dictionary<string, object?> values, CancellationToken cancellationToken)
    {
        using DbCommand command = context.Database.GetDbConnection().CreateCommand(); // Only makes parameters; nothing runs through it.
        DbParameter[] parameters = [.. values.Select(value => Table.Parameter(command, value.Key, value.Key, value.Value))];
        string sql = $"INSERT INTO {Table.Name} ({string.Join(", ", values.Keys.Select(name => Table[name]))}) VALUES ({string.Join(", ", values.Keys.Select(static name => "@" + name))})";
        try
        {
            await ExecuteAsync(cancel => context.Database.ExecuteSqlRawAsync(sql, parameters, cancel), cancellationToken).ConfigureAwait(false);
            return new RedeemedRow((string)values[RequestRow.Holder]!, (Guid?)values[RequestRow.TakenBy], Outcome: null);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Another call was first, or a first run of this one whose result was lost.
            if (await FindAsync((string)values[RequestRow.Id]!, cancellationToken).ConfigureAwait(false) is { } found)
                return found;
            throw;
        }
    }
}
