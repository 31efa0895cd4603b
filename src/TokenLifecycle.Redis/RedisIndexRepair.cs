using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StackExchange.Redis;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Redis.Scripts;

namespace TokenLifecycle.Redis;

/// <summary>
/// Adds index entries that are missing: after an index was deleted by hand, evicted, or restored in part, its rows must still be refreshed.
/// Scripts change a row and its entries together, and every step adds the entries of its row; this finds the rows that no step comes to.
/// Reads a page of keys with each background refresh.
/// </summary>
internal sealed class RedisIndexRepair(RedisConnection connection, IOptions<RedisTokenStoreOptions> options, TimeProvider clock, ILoggerFactory loggers)
{
    private const int PageSize = 1000;

    private readonly GuardedLogger _logger = new(loggers.CreateLogger("TokenLifecycle.Redis"));
    private readonly Queue<(IServer Server, string Cursor)> _walk = new();
    private int _isRunning;
    private long? _startedAt;
    private int _repaired;

    /// <summary>
    /// Checks the next page, if a check is in progress or due. A failure ends the check until the next one is due, and does not fail the
    /// caller.
    /// </summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        TimeSpan interval = options.Value.IndexCheckInterval;
        if (interval == Timeout.InfiniteTimeSpan || Interlocked.Exchange(ref _isRunning, 1) == 1)
            return;

        try
        {
            if (_walk.Count == 0 && !await TryStartAsync(interval, cancellationToken).ConfigureAwait(false))
                return;
            await CheckPageAsync(cancellationToken).ConfigureAwait(false);
            if (_walk.Count == 0 && _repaired > 0)
                RedisLog.IndexRepaired(_logger, _repaired);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            _walk.Clear(); // For example, the user of this connection may not run SCAN.
        }
        finally
        {
            Volatile.Write(ref _isRunning, 0);
        }
    }

    private async Task<bool> TryStartAsync(TimeSpan interval, CancellationToken cancellationToken)
    {
        if (_startedAt is { } start && clock.GetElapsedTime(start) < interval)
            return false;

        _startedAt = clock.GetTimestamp();
        _repaired = 0;
        IDatabase database = await connection.DatabaseAsync(cancellationToken).ConfigureAwait(false);
        if (!await database.StringSetAsync(connection.Keys.IndexCheck, Environment.MachineName, interval, when: When.NotExists).WaitAsync(cancellationToken).ConfigureAwait(false))
            return false; // Another process checks.
        foreach (IServer server in database.Multiplexer.GetServers().Where(static server => server is { IsConnected: true, IsReplica: false }))
            _walk.Enqueue((server, "0"));
        return _walk.Count > 0;
    }

    private async Task CheckPageAsync(CancellationToken cancellationToken)
    {
        IDatabase database = await connection.DatabaseAsync(cancellationToken).ConfigureAwait(false);
        (IServer server, string cursor) = _walk.Dequeue();
        object[] arguments = [cursor, "MATCH", connection.Keys.RowPattern, "COUNT", PageSize];
        RedisResult page = await server.ExecuteAsync(database.Database, "SCAN", arguments).WaitAsync(cancellationToken).ConfigureAwait(false);
        bool[] repaired = await Task.WhenAll(((RedisKey[])page[1]!).Select(row => RepairAsync(database, row, cancellationToken))).ConfigureAwait(false);
        _repaired += repaired.Count(static isRepaired => isRepaired);
        if ((string)page[0]! is not "0" and { } next)
            _walk.Enqueue((server, next));
    }

    private async Task<bool> RepairAsync(IDatabase database, RedisKey row, CancellationToken cancellationToken)
    {
        RedisValue[] parts = await database.HashGetAsync(row, [RowFields.Provider, RowFields.UserId, RowFields.Connection, RowFields.Tenant]).WaitAsync(cancellationToken).ConfigureAwait(false);
        if (parts[..3].Any(static part => part.IsNullOrEmpty))
            return false;

        TokenKey key = new TokenKey(parts[0]!, parts[1]!, parts[2]!).In(parts[3]);
        (RedisKey expected, int partition) = connection.Keys.RowOf(key);
        if (expected != row)
            return false; // A copy, which belongs to no connection.

        (RedisResult result, _) = await connection.RunAsync(
            RowScripts.Repair, [.. connection.Keys.IndexesOf(key.Provider, partition), row], [key.Provider, "", RedisKeys.NameOf(key)],
            static () => "The indexes could not be checked", cancellationToken).ConfigureAwait(false);
        return (string)result[0]! == "repaired";
    }
}
