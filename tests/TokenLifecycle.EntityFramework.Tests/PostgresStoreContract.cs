using TokenLifecycle.Contracts;
using TokenLifecycle.Postgres;
using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework.Tests;

/// <summary>The contract in a database of its own.</summary>
public abstract class PostgresStoreContract(SharedPostgres postgres) : TokenStoreContract, IAsyncLifetime
{
    private PostgresDatabase? _database;

    protected override bool StorageHasItsOwnClock => true;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_database is not null)
            await _database.DisposeAsync();
    }

    protected override async Task<ITokenStore> CreateStoreAsync(TimeProvider clock)
    {
        _database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        return NewProcess(_database, clock).Store;
    }

    protected override Task<ITokenStore?> OpenAgainAsync(TimeProvider clock) => Task.FromResult<ITokenStore?>(NewProcess(_database!, clock).Store);

    protected override Task AdvanceStoreClockAsync(TimeSpan by) => StorageHasItsOwnClock ? _database!.AgeLeasesAsync(by) : base.AdvanceStoreClockAsync(by);

    protected override async Task<bool> SpoilRowAsync(TokenKey key) =>
        await _database!.ExecuteAsync($"UPDATE oauth_connections SET captured = 'cut off at 25' WHERE user_id = '{key.UserId}'") == 1;

    private protected abstract StoreProcess NewProcess(PostgresDatabase database, TimeProvider clock);
}
