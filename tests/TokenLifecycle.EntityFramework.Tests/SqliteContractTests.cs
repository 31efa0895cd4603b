using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using TokenLifecycle.Contracts;
using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework.Tests;

/// <summary>Stands for every engine that is not PostgreSQL.</summary>
public sealed class SqliteContractTests : TokenStoreContract, IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tokenlifecycle-sqlite-").FullName;
    private readonly List<StoreProcess> _processes = [];

    private string ConnectionString => $"Data Source={Path.Combine(_folder, "app.db")};Default Timeout=60";

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (StoreProcess process in _processes)
            await process.DisposeAsync();
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A13_Nobody_waits_on_his_own_thread_for_an_engine_that_does_nothing_asynchronously()
    {
        ITokenStore store = await CreateStoreAsync(TimeProvider.System);

        await store.FindAsync(Rows.Key, Rows.None);

        store.ReadsWithoutBlocking.Should().BeFalse();
    }

    protected override async Task<ITokenStore> CreateStoreAsync(TimeProvider clock)
    {
        await using AppDb context = new(new DbContextOptionsBuilder<AppDb>().UseSqlite(ConnectionString).Options);
        await context.Database.EnsureCreatedAsync();
        return Open(clock);
    }

    protected override Task<ITokenStore?> OpenAgainAsync(TimeProvider clock) => Task.FromResult<ITokenStore?>(Open(clock));

    protected override async Task<bool> SpoilRowAsync(TokenKey key)
    {
        await using SqliteConnection connection = new(ConnectionString);
        await connection.OpenAsync();
        await using SqliteCommand command = connection.CreateCommand();
        command.CommandText = $"UPDATE oauth_connections SET captured = 'cut off at 25' WHERE user_id = '{key.UserId}'";
        return await command.ExecuteNonQueryAsync() == 1;
    }

    private ISearchableTokenStore Open(TimeProvider clock)
    {
        StoreProcess process = new(options => options.UseSqlite(ConnectionString), clock);
        _processes.Add(process);
        return process.Store;
    }
}
