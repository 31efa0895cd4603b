using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using TokenLifecycle.EntityFramework.Engines;
using TokenLifecycle.EntityFramework.Model;

namespace TokenLifecycle.EntityFramework.Rows;

/// <summary>The rows of pending authorization requests, in one operation's own context.</summary>
internal sealed class RequestSession(DbContext context, DatabaseEngine engine)
{
    /// <summary>
    /// How many expired rows one start deletes: more than it adds, so that they get fewer, and few enough to cost nothing.
    /// </summary>
    private const int SweptAtOnce = 100;

    public TokenTable Table { get; } = TokenTable.OfRequests(context);

    private readonly StatementRetry _retry = new(context, engine);

    /// <summary>All rows, whatever the app filters.</summary>
    public IQueryable<Dictionary<string, object>> Rows => context.Set<Dictionary<string, object>>(RequestRow.EntityName).IgnoreQueryFilters().AsNoTracking();

    public IQueryable<Dictionary<string, object>> Of(string id) => Rows.Where(row => EF.Property<string>(row, RequestRow.Id) == id);

    public IQueryable<Dictionary<string, object>> Live(string id, string browserId, DateTime now) => Of(id)
        .Where(row => EF.Property<string>(row, RequestRow.BrowserId) == browserId && EF.Property<DateTime>(row, RequestRow.ExpiresAt) > now);

    /// <summary>Whether so many are kept. Counts no further than that, along the index.</summary>
    public async Task<bool> AreThereAsync(DateTime now, int many, CancellationToken cancellationToken) => (await ListAsync(Rows
        .Where(row => EF.Property<DateTime>(row, RequestRow.ExpiresAt) > now)
        .OrderBy(static row => EF.Property<DateTime>(row, RequestRow.ExpiresAt))
        .Select(static row => EF.Property<string>(row, RequestRow.Id))
        .Skip(many - 1)
        .Take(1), cancellationToken).ConfigureAwait(false)).Count > 0;

    /// <summary>Runs a query.</summary>
    public Task<List<T>> ListAsync<T>(IQueryable<T> query, CancellationToken cancellationToken) => _retry.RunAsync(cancel => query.ToListAsync(cancel), cancellationToken);

    /// <summary>Changes or deletes rows. The statement may run twice.</summary>
    public Task<int> ExecuteAsync(Func<CancellationToken, Task<int>> statement, CancellationToken cancellationToken) => _retry.RunAsync(statement, cancellationToken);

    public async Task SweepAsync(DateTime now, CancellationToken cancellationToken)
    {
        List<string> ended = await ListAsync(Rows
            .Where(row => EF.Property<DateTime>(row, RequestRow.ExpiresAt) <= now)
            .OrderBy(static row => EF.Property<DateTime>(row, RequestRow.ExpiresAt))
            .Select(static row => EF.Property<string>(row, RequestRow.Id))
            .Take(SweptAtOnce), cancellationToken).ConfigureAwait(false);
        await DeleteAsync(ended, Rows, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Deletes the oldest pending rows to make room for one more. What was taken is in progress, or shows its browser the result.
    /// </summary>
    public async Task MakeRoomAsync(string property, string value, int most, CancellationToken cancellationToken)
    {
        IQueryable<Dictionary<string, object>> pending = Rows.Where(row => EF.Property<string>(row, property) == value && EF.Property<Guid?>(row, RequestRow.TakenBy) == null);
        List<string> tooMany = await ListAsync(pending
            .OrderByDescending(static row => EF.Property<DateTime>(row, RequestRow.CreatedAt))
            .Select(static row => EF.Property<string>(row, RequestRow.Id))
            .Skip(most - 1)
            .Take(SweptAtOnce), cancellationToken).ConfigureAwait(false);
        await DeleteAsync(tooMany, pending, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Inserts without <c>SaveChanges</c>, which the app may have taught things that are not ours.</summary>
    public async Task<int> InsertAsync(Dictionary<string, object?> values, CancellationToken cancellationToken)
    {
        using DbCommand command = context.Database.GetDbConnection().CreateCommand(); // Only makes parameters; nothing runs through it.
        DbParameter[] parameters = [.. values.Select(value => Table.Parameter(command, value.Key, value.Key, value.Value))];
        string sql = $"INSERT INTO {Table.Name} ({string.Join(", ", values.Keys.Select(name => Table[name]))}) VALUES ({string.Join(", ", values.Keys.Select(static name => "@" + name))})";
        try
        {
            return await ExecuteAsync(cancel => context.Database.ExecuteSqlRawAsync(sql, parameters, cancel), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception) when (_retry.MayHaveRunBefore && !cancellationToken.IsCancellationRequested)
        {
            // Each request has a new id. A row with this id was inserted by a first run whose result was lost.
            string id = (string)values[RequestRow.Id]!;
            if ((await ListAsync(Of(id).Select(static row => EF.Property<string>(row, RequestRow.Id)), cancellationToken).ConfigureAwait(false)).Count == 0)
                throw;
            return 1;
        }
    }

    private async Task DeleteAsync(IEnumerable<string> ids, IQueryable<Dictionary<string, object>> among, CancellationToken cancellationToken)
    {
        // One by one: two nodes that delete the same rows in another order would wait for each other.
        foreach (string id in ids)
            await ExecuteAsync(cancel => among.Where(row => EF.Property<string>(row, RequestRow.Id) == id).ExecuteDeleteAsync(cancel), cancellationToken).ConfigureAwait(false);
    }
}
