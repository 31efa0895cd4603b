using System.Text;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using TokenLifecycle.Contracts;
using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.Storage;

public sealed class DistributedCacheTokenStoreTests : TokenStoreContract
{
    private readonly MemoryDistributedCache _cache = new(Microsoft.Extensions.Options.Options.Create(new MemoryDistributedCacheOptions()));

    public static TheoryData<string> ForeignRows => new()
    {
        "", "null", "{}", "[]", "not json", "{\"format\":2}", "\u0000\u0001", "{\"format\":1,\"provider\":\"strava\"}",
    };

    protected override Task<ITokenStore> CreateStoreAsync(TimeProvider clock) => Task.FromResult<ITokenStore>(new DistributedCacheTokenStore(_cache, clock, TimeSpan.Zero));

    protected override async Task<bool> SpoilRowAsync(TokenKey key)
    {
        byte[] bytes = (await _cache.GetAsync(CacheKey(key)))!;
        await _cache.SetAsync(CacheKey(key), bytes[..^5]);
        return true;
    }

    [Theory]
    [MemberData(nameof(ForeignRows))]
    public async Task ST_6_bytes_that_are_no_row_are_reported_and_never_overwritten(string content)
    {
        ITokenStore store = await CreateStoreAsync(Clock);
        TokenKey key = NewKey();
        byte[] bytes = Encoding.UTF8.GetBytes(content);
        await _cache.SetAsync(CacheKey(key), bytes);

        await store.Invoking(s => s.SaveAsync(NewToken(key), StoredToken.Unsaved, None)).Should().ThrowAsync<UnreadableTokenException>();
        await store.Invoking(s => s.BeginRefreshAsync(key, "a", Lease, None)).Should().ThrowAsync<UnreadableTokenException>();

        (await _cache.GetAsync(CacheKey(key))).Should().Equal(bytes);
    }

    [Fact]
    public async Task ST_3_a_row_copied_to_another_connection_is_not_read()
    {
        ITokenStore store = await CreateStoreAsync(Clock);
        TokenKey mine = NewKey();
        TokenKey theirs = NewKey();
        await SaveNewAsync(store, mine);
        await _cache.SetAsync(CacheKey(theirs), (await _cache.GetAsync(CacheKey(mine)))!);

        await store.Invoking(s => s.FindAsync(theirs, None)).Should().ThrowAsync<UnreadableTokenException>().WithMessage("*another connection*");
    }

    [Fact]
    public async Task LG_1_the_report_of_an_unreadable_row_holds_nothing_of_it()
    {
        ITokenStore store = await CreateStoreAsync(Clock);
        TokenKey key = NewKey();
        await SaveNewAsync(store, key);
        await SpoilRowAsync(key);

        UnreadableTokenException report = (await store.Invoking(s => s.FindAsync(key, None)).Should().ThrowAsync<UnreadableTokenException>()).Which;

        report.ToString().Should().NotContain(Canary.Mark);
    }

    [Fact]
    public async Task A2_a_second_writer_is_refused_before_it_changes_anything()
    {
        ITokenStore first = await CreateStoreAsync(Clock);
        ITokenStore second = await CreateStoreAsync(Clock);
        TokenKey key = NewKey();
        StoredToken row = await SaveNewAsync(first, key);

        Func<Task>[] calls =
        [
            () => second.SaveAsync(NewToken(key), row.Version, None),
            () => second.SaveAsync(NewToken(NewKey()), StoredToken.Unsaved, None),
            () => second.BeginRefreshAsync(key, "a", Lease, None),
            () => second.CompleteRefreshAsync(key, "a", row.Version, Ending(), None),
            () => second.DeleteAsync(key, None),
        ];

        foreach (Func<Task> call in calls)
            await call.Should().ThrowAsync<InvalidOperationException>().WithMessage("*Another process*UseEntityFrameworkStore*");
        (await FoundAsync(second, key)).Should().BeEquivalentTo(row, "reading is allowed, and nothing was changed");
    }

    [Fact]
    public async Task A2_a_silent_writer_is_replaced_after_two_minutes_and_then_refused_itself()
    {
        ITokenStore first = await CreateStoreAsync(Clock);
        ITokenStore second = await CreateStoreAsync(Clock);
        StoredToken row = await SaveNewAsync(first, NewKey());
        Func<Task<SaveResult>> takeOver = () => second.SaveAsync(NewToken(row.Key), row.Version, None);

        Clock.Advance(TimeSpan.FromMinutes(2) - TimeSpan.FromSeconds(1));
        await takeOver.Should().ThrowAsync<InvalidOperationException>();
        Clock.Advance(TimeSpan.FromSeconds(1));
        (await takeOver()).IsSaved.Should().BeTrue();

        await first.Invoking(s => s.SaveAsync(NewToken(row.Key), row.Version, None)).Should().ThrowAsync<InvalidOperationException>();
    }

    [Fact]
    public async Task A2_a_writer_that_goes_on_writing_stays_the_writer()
    {
        ITokenStore first = await CreateStoreAsync(Clock);
        ITokenStore second = await CreateStoreAsync(Clock);
        StoredToken row = await SaveNewAsync(first, NewKey());

        for (int minute = 0; minute < 5; minute++)
        {
            Clock.Advance(TimeSpan.FromMinutes(1));
            row = (await first.SaveAsync(NewToken(row.Key), row.Version, None)).Token!;
            await second.Invoking(s => s.SaveAsync(NewToken(row.Key), row.Version, None)).Should().ThrowAsync<InvalidOperationException>();
        }
    }

    [Fact]
    public async Task A_restart_writes_on_at_once_and_respects_the_lease_of_before()
    {
        DistributedCacheTokenStore before = new(_cache, Clock, TimeSpan.Zero);
        StoredToken row = await SaveNewAsync(before, NewKey());
        await before.BeginRefreshAsync(row.Key, "before", Lease, None);
        before.Dispose();

        ITokenStore after = await CreateStoreAsync(Clock);

        (await after.BeginRefreshAsync(row.Key, "after", Lease, None)).Kind.Should().Be(RefreshClaimKind.Held);
        (await after.SaveAsync(NewToken(row.Key), row.Version, None)).IsSaved.Should().BeTrue();
    }

    [Fact]
    public async Task B11_a_version_is_not_used_again_after_a_restart()
    {
        DistributedCacheTokenStore before = new(_cache, Clock, TimeSpan.Zero);
        StoredToken old = await SaveNewAsync(before, NewKey());
        await before.DeleteAsync(old.Key, None);
        before.Dispose();
        Clock.Advance(TimeSpan.FromSeconds(1));

        StoredToken anew = await SaveNewAsync(await CreateStoreAsync(Clock), old.Key);

        anew.Version.Should().BeGreaterThan(old.Version);
    }

    [Fact]
    public async Task A12_a_row_that_another_writer_replaced_behind_the_marker_is_a_conflict()
    {
        ITokenStore first = await CreateStoreAsync(Clock);
        ITokenStore second = await CreateStoreAsync(Clock);
        StoredToken row = await SaveNewAsync(first, NewKey());
        await _cache.RemoveAsync(SingleWriterLease.CacheKey);
        StoredToken theirs = (await second.SaveAsync(NewToken(row.Key), row.Version, None)).Token!;
        await _cache.RemoveAsync(SingleWriterLease.CacheKey);

        SaveResult late = await first.SaveAsync(NewToken(row.Key), row.Version, None);

        late.IsSaved.Should().BeFalse();
        late.Token.Should().BeEquivalentTo(theirs);
    }

    [Fact]
    public async Task D7_a_marker_or_lease_from_a_clock_that_was_far_ahead_does_not_last_until_then()
    {
        using DistributedCacheTokenStore ahead = new(_cache, new ContractClock(Clock.GetUtcNow().AddHours(1)), TimeSpan.Zero);
        StoredToken row = await SaveNewAsync(ahead, NewKey());
        await ahead.BeginRefreshAsync(row.Key, "ahead", Lease, None);

        ITokenStore store = await CreateStoreAsync(Clock);

        (await store.BeginRefreshAsync(row.Key, "a", Lease, None)).Kind.Should().Be(RefreshClaimKind.Acquired);
        (await store.SaveAsync(NewToken(row.Key), row.Version, None)).Token!.Version.Should().BeGreaterThan(row.Version);
    }

    [Fact]
    public async Task A_marker_of_somebody_else_stops_all_writing()
    {
        await _cache.SetStringAsync(SingleWriterLease.CacheKey, "not ours");
        ITokenStore store = await CreateStoreAsync(Clock);

        await store.Invoking(s => s.SaveAsync(NewToken(NewKey()), StoredToken.Unsaved, None))
            .Should().ThrowAsync<InvalidOperationException>().WithMessage("*was not written by this library*");
    }

    private static string CacheKey(TokenKey key) => $"tokenlifecycle:{key}";
}
