using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using TokenLifecycle.Postgres;

namespace TokenLifecycle.EntityFramework.Tests;

[CollectionDefinition(Name)]
public sealed class PostgresCollection : ICollectionFixture<SharedPostgres>
{
    public const string Name = "postgresql";
}

/// <summary>A database of a test's own, with the app's tables in it, and the processes that use it.</summary>
internal sealed class PostgresDatabase : IAsyncDisposable
{
    private readonly List<StoreProcess> _processes = [];

    private PostgresDatabase(string connectionString) => ConnectionString = connectionString;

    public string ConnectionString { get; }

    public static async Task<PostgresDatabase> CreateAsync(PostgresCluster cluster)
    {
        PostgresDatabase database = new(await cluster.CreateDatabaseAsync());
        await using AppDb context = new(new DbContextOptionsBuilder<AppDb>().UseNpgsql(database.ConnectionString).Options);
        await database.ExecuteAsync(context.Database.GenerateCreateScript());
        return database;
    }

    /// <param name="settings">Further settings of the connection string.</param>
    /// <param name="clock">The process's clock.</param>
    /// <param name="register">Registers the context in another way than <c>AddDbContext</c>.</param>
    /// <param name="configure">Providers and options.</param>
    /// <param name="isPortable">Whether it goes without the package for PostgreSQL.</param>
    public StoreProcess NewProcess(
        string settings = "",
        TimeProvider? clock = null,
        Action<IServiceCollection>? register = null,
        Action<TokenLifecycleBuilder>? configure = null,
        bool isPortable = false)
    {
        StoreProcess process = new(options => options.UseNpgsql(ConnectionString + settings), clock, register, configure, isPortable);
        _processes.Add(process);
        return process;
    }

    public async Task<int> ExecuteAsync(string sql, params string?[] values)
    {
        await using NpgsqlConnection connection = await OpenAsync();
        await using NpgsqlCommand command = new(sql, connection);
        foreach (string? value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        return await command.ExecuteNonQueryAsync();
    }

    public async Task<object?> QueryAsync(string sql)
    {
        await using NpgsqlConnection connection = await OpenAsync();
        await using NpgsqlCommand command = new(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    public async Task<NpgsqlConnection> OpenAsync()
    {
        NpgsqlConnection connection = new(ConnectionString + "Pooling=false;");
        await connection.OpenAsync();
        return connection;
    }

    /// <summary>Lets leases get older, as the database's own clock cannot be moved.</summary>
    public Task AgeLeasesAsync(TimeSpan by) => ExecuteAsync(FormattableString.Invariant(
        $"UPDATE oauth_connections SET lease_taken_at = lease_taken_at - interval '{by.TotalSeconds} seconds', lease_until = lease_until - interval '{by.TotalSeconds} seconds'"));

    public async ValueTask DisposeAsync()
    {
        foreach (StoreProcess process in _processes)
            await process.DisposeAsync();
        NpgsqlConnection.ClearAllPools();
    }
}
