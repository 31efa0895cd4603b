using StackExchange.Redis;
using TokenLifecycle.RedisServers;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Redis.Tests;

/// <summary>Indexes that have lost entries, or have too many. On a Redis with few keys, so that one page of the check reads them all.</summary>
[Trait(RedisServer.Needs, RedisServer.Redis)]
[Trait("Rule", "RS-3")]
public sealed class IndexTests(SharedRedis redis) : IClassFixture<SharedRedis>, IAsyncLifetime
{
    private RedisApp _app = null!;

    public async Task InitializeAsync() => _app = await RedisApp.CreateAsync(redis.Server);

    public async Task DisposeAsync() => await _app.DisposeAsync();

    [Fact]
    public async Task A_row_without_index_entries_is_found_again_by_the_check()
    {
        await _app.NewStore().SavedAsync();
        await LoseIndexesAsync();
        (await _app.NewStore().ClaimDueAsync(Rows.Provider, "a", 10, Rows.Lease, Rows.None)).Should().BeEmpty("the check is off here");
        ISearchableTokenStore store = _app.NewStore(configure: o => o.IndexCheckInterval = TimeSpan.FromHours(1));

        (await store.ClaimDueAsync(Rows.Provider, "b", 10, Rows.Lease, Rows.None)).Should().ContainSingle().Which.Key.Should().Be(Rows.Key);
        (await store.ListAsync(Rows.Provider, after: null, 10, Rows.None)).Should().ContainSingle();
        (await store.FindByAccountAsync(Rows.Provider, "42", tenant: null, Rows.None)).Should().Equal(Rows.Key);
        (await ((ITokenStoreStatistics)store).CountAsync(Rows.None)).Should().Equal(new ConnectionCount(Rows.Provider, StoredConnectionState.Connected, 1));
    }

    [Fact]
    public async Task One_process_checks_the_indexes_in_each_interval()
    {
        ISearchableTokenStore one = _app.NewStore(configure: o => o.IndexCheckInterval = TimeSpan.FromHours(1));
        ISearchableTokenStore other = _app.NewStore(configure: o => o.IndexCheckInterval = TimeSpan.FromHours(1));
        await one.SavedAsync();
        await one.ClaimDueAsync("google", "a", 10, Rows.Lease, Rows.None);
        await LoseIndexesAsync();

        (await one.ClaimDueAsync(Rows.Provider, "a", 10, Rows.Lease, Rows.None)).Should().BeEmpty();
        (await other.ClaimDueAsync(Rows.Provider, "a", 10, Rows.Lease, Rows.None)).Should().BeEmpty();
        (await _app.Database.KeyTimeToLiveAsync(_app.Keys.IndexCheck)).Should().BePositive();
    }

    [Fact]
    public async Task Each_step_adds_the_entries_of_its_row()
    {
        ISearchableTokenStore store = _app.NewStore();
        StoredToken row = await store.SavedAsync();
        await LoseIndexesAsync();

        await store.BeginRefreshAsync(Rows.Key, "a", Rows.Lease, Rows.None);
        await store.CompleteRefreshAsync(Rows.Key, "a", row.Version, new RefreshCompletion { RefreshTokenNotUsed = true }, Rows.None);

        (await store.ClaimDueAsync(Rows.Provider, "b", 10, Rows.Lease, Rows.None)).Should().ContainSingle();
    }

    [Fact]
    public async Task Entries_whose_rows_are_gone_hold_up_no_row()
    {
        ISearchableTokenStore store = _app.NewStore();
        for (int i = 0; i < 20; i++)
        {
            StoredToken gone = await store.SavedAsync(new TokenKey(Rows.Provider, $"gone-{i}"));
            await _app.Database.KeyDeleteAsync(_app.Keys.RowOf(gone.Key).Row);
        }

        await store.SavedAsync(new TokenKey(Rows.Provider, "zoe"));

        (await store.ClaimDueAsync(Rows.Provider, "a", 1, Rows.Lease, Rows.None)).Should().ContainSingle().Which.Key.UserId.Should().Be("zoe");
    }

    [Fact]
    public async Task Leased_rows_hold_up_no_row_that_is_due()
    {
        ISearchableTokenStore store = _app.NewStore();
        for (int i = 0; i < 20; i++)
            await store.SavedAsync(new TokenKey(Rows.Provider, $"leased-{i}"));
        (await store.ClaimDueAsync(Rows.Provider, "a", 20, Rows.Lease, Rows.None)).Should().HaveCount(20);
        await store.SavedAsync(new TokenKey(Rows.Provider, "zoe"));

        (await store.ClaimDueAsync(Rows.Provider, "b", 1, Rows.Lease, Rows.None)).Should().ContainSingle().Which.Key.UserId.Should().Be("zoe");
    }

    [Fact]
    public async Task Nothing_is_left_of_a_deleted_connection()
    {
        ISearchableTokenStore store = _app.NewStore();
        await store.SavedAsync();
        await store.BeginRefreshAsync(Rows.Key, "a", Rows.Lease, Rows.None);

        await store.DeleteAsync(Rows.Key, Rows.None);

        (await _app.FindAsync("*")).Should().OnlyContain(static key => key.ToString().EndsWith(":providers", StringComparison.Ordinal));
    }

    [Fact]
    [Trait("Rule", "RS-1")]
    public async Task A_row_with_its_lease_and_intent_is_one_key_of_the_slot_of_its_indexes()
    {
        ISearchableTokenStore store = _app.NewStore();
        await store.SavedAsync();
        await store.BeginRefreshAsync(Rows.Key, "a", Rows.Lease, Rows.None);

        IReadOnlyList<RedisKey> keys = await _app.FindAsync("*");

        keys.Select(_app.Connection.GetHashSlot).Distinct().Should().ContainSingle();
        keys.Where(static key => key.ToString().Contains(":row:", StringComparison.Ordinal)).Should().ContainSingle();
        foreach (RedisKey key in keys)
            (await _app.Database.KeyTimeToLiveAsync(key)).Should().BeNull("a row must not disappear by itself");
        (await _app.Database.HashGetAsync(_app.Keys.RowOf(Rows.Key).Row, ["lease_owner", "intent_presentations"])).Should().Equal("a", "1");
    }

    private async Task LoseIndexesAsync()
    {
        foreach (RedisKey key in await _app.FindAsync("{??}:*"))
        {
            if (!key.ToString().Contains(":row:", StringComparison.Ordinal))
                await _app.Database.KeyDeleteAsync(key);
        }
    }
}
