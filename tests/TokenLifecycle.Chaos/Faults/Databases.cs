using Npgsql;
using TokenLifecycle.Postgres;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Chaos.Faults;

/// <summary>The database of the fleet, and the ways that its workers take to it.</summary>
internal sealed class Databases : IAsyncDisposable
{
    private readonly string _name;

    private Databases(PostgresCluster cluster, string place, PgBouncer? bouncer)
    {
        (Cluster, Place, Bouncer) = (cluster, place, bouncer);
        _name = new NpgsqlConnectionStringBuilder(place).Database!;
    }

    public PostgresCluster Cluster { get; }

    public PgBouncer? Bouncer { get; }

    /// <summary>How to connect to it directly.</summary>
    public string Place { get; }

    public static async Task<Databases> StartAsync(bool withBouncer)
    {
        PostgresCluster cluster = await PostgresCluster.StartAsync(isDurable: true);
        string place = await cluster.CreateDatabaseAsync();
        return new Databases(cluster, place, withBouncer ? await PgBouncer.StartAsync(cluster, place) : null);
    }

    /// <summary>With a bouncer, the first worker goes past it, every other one through it by the transaction, and the third by the session.</summary>
    public string PlaceOf(int slot) => Bouncer is null || slot == 0 ? Place : Bouncer.ConnectionString(byTransaction: slot % 2 == 1);

    /// <summary>What a standby holds, by user.</summary>
    public async Task<IReadOnlyDictionary<string, StandbyRow>> ReadAsync(PostgresCluster standby, ITokenProtector protector)
    {
        // By plain SQL: the store takes no replica for its database.
        var rows = new Dictionary<string, StandbyRow>(StringComparer.Ordinal);
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(standby.ConnectionString(_name, "Pooling=false"));
        await using NpgsqlCommand command = source.CreateCommand("SELECT user_id, refresh_token, intent_attempt_id IS NOT NULL FROM oauth_connections");
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            string user = reader.GetString(0);
            rows[user] = new StandbyRow(TokenFingerprint.Of(protector.Unprotect(new TokenKey(WorkerHost.Provider, user), "refresh_token", reader.GetString(1))), reader.GetBoolean(2));
        }

        return rows;
    }

    public async ValueTask DisposeAsync()
    {
        if (Bouncer is not null)
            await Bouncer.DisposeAsync();
        await Cluster.DisposeAsync();
    }
}
