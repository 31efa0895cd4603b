using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using MySql.Data.MySqlClient;
using TokenLifecycle.MariaDb;

namespace TokenLifecycle.EntityFramework.Tests;

/// <summary>A context whose keys differ in blanks at the end too.</summary>
public sealed class NoPadDb(DbContextOptions<NoPadDb> options) : DbContext(options)
{
    public const string Collation = "utf8mb4_nopad_bin";

    protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.AddTokenLifecycle(static options => options.KeyCollation = Collation);
}

/// <summary>A database of a test's own in MariaDB, with the app's tables in it, and the processes that use it.</summary>
internal sealed class MariaDbDatabase : IAsyncDisposable
{
    private readonly List<StoreProcess> _processes = [];
    private readonly bool _isNoPad;

    private MariaDbDatabase(string connectionString, bool isNoPad) => (ConnectionString, _isNoPad) = (connectionString, isNoPad);

    public string ConnectionString { get; }

    /// <param name="server">The server.</param>
    /// <param name="isNoPad">Whether the app names the collation itself.</param>
    public static async Task<MariaDbDatabase> CreateAsync(MariaDbServer server, bool isNoPad = false)
    {
        MariaDbDatabase database = new(await server.CreateDatabaseAsync(), isNoPad);
        await using DbContext context = isNoPad
            ? new NoPadDb(new DbContextOptionsBuilder<NoPadDb>().UseMySQL(database.ConnectionString).Options)
            : new AppDb(new DbContextOptionsBuilder<AppDb>().UseMySQL(database.ConnectionString).Options);
        await database.ExecuteAsync(context.Database.GenerateCreateScript());
        return database;
    }

    /// <param name="settings">Further settings of the connection string.</param>
    /// <param name="clock">The process's clock.</param>
    public StoreProcess NewProcess(string settings = "", TimeProvider? clock = null)
    {
        StoreProcess process = _isNoPad
            ? new(
                static _ => { },
                clock,
                services => services.AddDbContext<NoPadDb>(options => options.UseMySQL(ConnectionString + settings)),
                static builder => builder.UseEntityFrameworkStore<NoPadDb>())
            : new(options => options.UseMySQL(ConnectionString + settings), clock);
        _processes.Add(process);
        return process;
    }

    public async Task<int> ExecuteAsync(string sql)
    {
        await using MySqlConnection connection = await OpenAsync();
        await using MySqlCommand command = new(sql, connection);
        return await command.ExecuteNonQueryAsync();
    }

    public async Task<object?> QueryAsync(string sql)
    {
        await using MySqlConnection connection = await OpenAsync();
        await using MySqlCommand command = new(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    public async Task<MySqlConnection> OpenAsync()
    {
        MySqlConnection connection = new(ConnectionString + "Pooling=false;");
        await connection.OpenAsync();
        return connection;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (StoreProcess process in _processes)
            await process.DisposeAsync();
        MySqlConnection.ClearAllPools();
    }
}
