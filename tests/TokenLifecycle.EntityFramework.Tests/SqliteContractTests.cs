using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using TokenLifecycle.Contracts;
using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework.Tests;

/// <summary>The contract on a real SQLite file.</summary>
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

    [Fact]
    [Trait("Rule", "SQ-1")]
    public async Task Readers_are_not_blocked_by_a_writer_and_a_writer_waits_for_another()
    {
        ITokenStore store = await CreateStoreAsync(TimeProvider.System);
        StoredToken row = await store.SavedAsync();
        await using SqliteConnection other = new(ConnectionString);
        await other.OpenAsync();
        await using SqliteCommand mode = other.CreateCommand();
        mode.CommandText = "PRAGMA journal_mode";
        (await mode.ExecuteScalarAsync()).Should().Be("wal", "EF Core creates databases so");
        await using SqliteTransaction writer = other.BeginTransaction();

        (await store.FindAsync(Rows.Key, Rows.None)).Should().BeEquivalentTo(row);
        Task<RefreshClaim> waiting = Task.Run(() => store.BeginRefreshAsync(Rows.Key, "a", Rows.Lease, Rows.None));
        (await store.FindAsync(Rows.Key, Rows.None)).Should().BeEquivalentTo(row, "nothing is written while the other one writes");
        await writer.CommitAsync();

        (await waiting).Kind.Should().Be(RefreshClaimKind.Acquired);
    }

    [Fact]
    [Trait("Rule", "SQ-1")]
    public async Task Times_are_compared_as_times_whatever_fraction_they_have()
    {
        ISearchableTokenStore store = (ISearchableTokenStore)await CreateStoreAsync(Clock);
        DateTimeOffset second = new(Clock.GetUtcNow().Ticks / TimeSpan.TicksPerSecond * TimeSpan.TicksPerSecond, TimeSpan.Zero);
        TimeSpan[] fractions = [TimeSpan.Zero, TimeSpan.FromMicroseconds(1), TimeSpan.FromMilliseconds(49), TimeSpan.FromMilliseconds(500), TimeSpan.FromMilliseconds(990)];
        foreach (TimeSpan fraction in fractions.Reverse())
            await store.SaveAsync(Rows.New(new TokenKey("strava", $"{fraction.TotalMicroseconds}")) with { NextRefreshAt = second.AddMinutes(-1) + fraction }, StoredToken.Unsaved, Rows.None);

        IReadOnlyList<StoredToken> claimed = await store.ClaimDueAsync("strava", "a", 10, Rows.Lease, Rows.None);

        claimed.Select(static token => token.NextRefreshAt).Should().Equal(fractions.Select(fraction => (DateTimeOffset?)(second.AddMinutes(-1) + fraction)));
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
