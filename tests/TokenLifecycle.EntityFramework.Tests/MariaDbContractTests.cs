using TokenLifecycle.Contracts;
using TokenLifecycle.MariaDb;
using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework.Tests;

[CollectionDefinition(Name)]
public sealed class MariaDbCollection : ICollectionFixture<SharedMariaDb>
{
    public const string Name = "mariadb";
}

/// <summary>The contract on a real MariaDB, by MySQL's own provider for EF Core.</summary>
[Collection(MariaDbCollection.Name)]
[Trait(MariaDbServer.Needs, MariaDbServer.MariaDb)]
public sealed class MariaDbContractTests(SharedMariaDb mariaDb) : TokenStoreContract, IAsyncLifetime
{
    private MariaDbDatabase? _database;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_database is not null)
            await _database.DisposeAsync();
    }

    protected override async Task<ITokenStore> CreateStoreAsync(TimeProvider clock)
    {
        _database = await MariaDbDatabase.CreateAsync(mariaDb.Server, isNoPad: true);
        return _database.NewProcess(clock: clock).Store;
    }

    protected override Task<ITokenStore?> OpenAgainAsync(TimeProvider clock) => Task.FromResult<ITokenStore?>(_database!.NewProcess(clock: clock).Store);

    protected override async Task<bool> SpoilRowAsync(TokenKey key) =>
        await _database!.ExecuteAsync($"UPDATE oauth_connections SET captured = 'cut off at 25' WHERE user_id = '{key.UserId}'") == 1;
}
