using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;
using TokenLifecycle.Chaos;
using TokenLifecycle.EntityFramework;
using TokenLifecycle.EntityFramework.Model;
using TokenLifecycle.EntityFramework.Rows;
using TokenLifecycle.Postgres;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Fleet;

/// <summary>The table of the fleet, and what the run does to it that no app would: loads it in bulk, moves what is due, and looks whether what is stored still works.</summary>
internal sealed class FleetDatabase(NpgsqlDataSource source, TokenTable table, IServiceProvider app)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    /// <summary>Prepared statements are the app's to choose, in its connection string; without them PostgreSQL plans each of these anew, which takes longer than to run it.</summary>
    public const string ConnectionSettings = "Maximum Pool Size=32;Max Auto Prepare=32;Auto Prepare Min Usages=2;";

    private string Chosen => $"{table[Row.Provider]} = '{WorkerHost.Provider}' AND {table[Row.UserId]} = ANY(@ids)";

    /// <summary>Durable, as a database of tokens must be, with memory as a small server has.</summary>
    public static Task<PostgresCluster> StartAsync() => PostgresCluster.StartAsync(isDurable: true, "shared_buffers=512MB", "max_wal_size=4GB");

    /// <summary>Rows with tokens that the server knows, as <c>SaveAsync</c> would have written them, all due.</summary>
    public async Task LoadAsync(SimulatedAuthorizationServer server, int connections)
    {
        var secrets = new SecretFields(app.GetRequiredService<ITokenProtector>());
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        await using NpgsqlConnection connection = await source.OpenConnectionAsync();
        await using NpgsqlBinaryImporter import = await connection.BeginBinaryImportAsync($"COPY {table.Name} ({table.AllColumns}) FROM STDIN (FORMAT BINARY)");
        for (int i = 0; i < connections; i++)
        {
            var row = new StoredToken
            {
                Key = WorkerHost.KeyOf(i),
                Tokens = server.IssueTokens(server.AddUser(string.Create(CultureInfo.InvariantCulture, $"user-{i}")), "read"),
                NextRefreshAt = now,
                ReceivedAt = now,
            };
            OAuthConnection values = RowValues.Of(secrets.Protect(row));
            values.Version = now.ToUnixTimeMilliseconds() * 1000;
            values.CreatedAt = values.UpdatedAt = RowValues.Time(now);
            await import.StartRowAsync();
            foreach (RowProperty property in Row.All)
                await WriteAsync(import, property, property.Get(values));
        }

        await import.CompleteAsync();
    }

    /// <summary>Rows that are like the others, and are not due for days.</summary>
    public Task FillAsync(int from, int count)
    {
        string[] columns = [.. Row.All.Select(static property => property.Name)];
        string[] values = [.. columns.Select(name => name switch
        {
            Row.UserId => "'user-' || number",
            Row.NextRefreshAt => "now() + interval '1 day' + random() * interval '10 days'",
            Row.ExpiresAt => "now() + interval '12 days'",
            _ => $"model.{table[name]}",
        })];
        return ExecuteAsync($"""
            INSERT INTO {table.Name} ({table.AllColumns})
            SELECT {string.Join(", ", values)} FROM generate_series({from}, {from + count - 1}) AS number, (SELECT * FROM {table.Name} LIMIT 1) AS model
            """);
    }

    /// <summary>As autovacuum does after a while.</summary>
    public Task TidyAsync() => ExecuteAsync($"VACUUM ANALYZE {table.Name}");

    public Task MakeDueAsync(int connections) => ExecuteAsync(
        $"UPDATE {table.Name} SET {table[Row.NextRefreshAt]} = clock_timestamp() - random() * interval '1 second' WHERE {Chosen}", ("ids", Ids(0, connections)));

    /// <summary>Gives each connection the time that the library's own plan drew for it.</summary>
    public async Task MakeDueAsync(IReadOnlyList<TimeSpan> offsets, DateTimeOffset start)
    {
        double[] seconds = [.. offsets.Select(static offset => offset.TotalSeconds)];
        await ExecuteAsync(
            $"""
            UPDATE {table.Name} SET {table[Row.NextRefreshAt]} = @start + planned.seconds * interval '1 second', {table[Row.ExpiresAt]} = @end
            FROM unnest(@ids, @seconds) AS planned(id, seconds) WHERE {table[Row.Provider]} = '{WorkerHost.Provider}' AND {table[Row.UserId]} = planned.id
            """,
            ("ids", Ids(0, offsets.Count)), ("seconds", seconds), ("start", start.UtcDateTime), ("end", (start + Lifetime).UtcDateTime));
    }

    /// <summary>Ends what a claim has begun, as the saves of its refreshes would.</summary>
    public Task SettleAsync(IEnumerable<StoredToken> rows) => ExecuteAsync(
        $"""
        UPDATE {table.Name} SET {table[Row.LeaseOwner]} = NULL, {table[Row.LeaseTakenAt]} = NULL, {table[Row.LeaseUntil]} = NULL, {table[Row.IntentPresentations]} = NULL,
            {table[Row.NextRefreshAt]} = now() + interval '1 hour' WHERE {Chosen}
        """,
        ("ids", rows.Select(static row => row.Key.UserId).ToArray()));

    /// <summary>How many connections hold a refresh token that the server would not take, or still have a lease, a failure or a verdict.</summary>
    public async Task<int> CountBrokenAsync(SimulatedAuthorizationServer server, int connections)
    {
        ITokenProtector protector = app.GetRequiredService<ITokenProtector>();
        int intact = 0;
        await using NpgsqlCommand command = source.CreateCommand($"""
            SELECT {table[Row.UserId]}, {table[Row.RefreshToken]} FROM {table.Name}
            WHERE {Chosen} AND {table[Row.LeaseOwner]} IS NULL AND {table[Row.Reauthorization]} IS NULL AND {table[Row.FailureKind]} IS NULL
            """);
        command.Parameters.AddWithValue("ids", Ids(0, connections));
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            intact += server.IsLive(protector.Unprotect(new TokenKey(WorkerHost.Provider, reader.GetString(0)), "refresh_token", reader.GetString(1))) ? 1 : 0;
        return connections - intact;
    }

    /// <summary>Bytes of the table with its indexes, for each row; of the index that tells what is due; and how many rows there are.</summary>
    public async Task<(int Rows, double BytesPerRow, double DueIndexMegabytes)> SizeAsync()
    {
        await using NpgsqlCommand command = source.CreateCommand(
            $"SELECT count(*)::int, pg_total_relation_size('{table.Name}')::float8 / count(*), pg_relation_size('ix_oauth_connections_due')::float8 / 1048576 FROM {table.Name}");
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return (reader.GetInt32(0), Math.Round(reader.GetDouble(1)), Math.Round(reader.GetDouble(2), 1));
    }

    private static string[] Ids(int from, int count) => [.. Enumerable.Range(from, count).Select(static number => WorkerHost.KeyOf(number).UserId)];

    private async Task ExecuteAsync(string sql, params (string Name, object Value)[] parameters)
    {
        await using NpgsqlCommand command = source.CreateCommand(sql);
        command.CommandTimeout = 0;
        foreach ((string name, object value) in parameters)
            command.Parameters.AddWithValue(name, value);
        await command.ExecuteNonQueryAsync();
    }

    private static Task WriteAsync(NpgsqlBinaryImporter import, RowProperty property, object? value) => value switch
    {
        null => import.WriteNullAsync(),
        string text => import.WriteAsync(text, NpgsqlDbType.Text),
        DateTime time => import.WriteAsync(time, NpgsqlDbType.TimestampTz),
        long number => import.WriteAsync(number, NpgsqlDbType.Bigint),
        int number => import.WriteAsync(number, NpgsqlDbType.Integer),
        Guid id => import.WriteAsync(id, NpgsqlDbType.Uuid),
        _ => throw new InvalidOperationException($"{property.Name} is a {value.GetType().Name}, which this harness does not write."),
    };
}
