using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Contracts;
using TokenLifecycle.Postgres;
using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework.Tests.Changes;

/// <summary>The whole contract with statements that tell, in a context that buffers what they return so that it can run them again.</summary>
[Collection(PostgresCollection.Name)]
[Trait(Needs.Name, Needs.PostgreSql)]
public sealed class NotifyingContractTests(SharedPostgres postgres) : TokenStoreContract, IAsyncLifetime
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
        return Open(clock);
    }

    protected override Task<ITokenStore?> OpenAgainAsync(TimeProvider clock) => Task.FromResult<ITokenStore?>(Open(clock));

    protected override Task AdvanceStoreClockAsync(TimeSpan by) => _database!.AgeLeasesAsync(by);

    protected override async Task<bool> SpoilRowAsync(TokenKey key) =>
        await _database!.ExecuteAsync($"UPDATE oauth_connections SET captured = 'cut off at 25' WHERE user_id = '{key.UserId}'") == 1;

    private ISearchableTokenStore Open(TimeProvider clock) => _database!.NewProcess(
        clock: clock,
        register: services => services.AddDbContext<AppDb>(options => options.UseNpgsql(_database.ConnectionString, npgsql => npgsql.EnableRetryOnFailure())),
        configure: builder => builder.UseEntityFrameworkStore<AppDb>(options => options.NotifyChanges = true)).Store;
}
