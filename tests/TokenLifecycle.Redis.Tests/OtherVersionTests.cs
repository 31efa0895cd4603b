using StackExchange.Redis;
using TokenLifecycle.RedisServers;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Redis.Tests;

/// <summary>Rows of a newer version of the library, of someone else, or damaged.</summary>
[Collection(RedisCollection.Name)]
[Trait(RedisServer.Needs, RedisServer.Redis)]
public sealed class OtherVersionTests(SharedRedis redis) : IAsyncLifetime
{
    private RedisApp _app = null!;
    private ISearchableTokenStore _store = null!;

    private RedisKey Row => _app.Keys.RowOf(Rows.Key).Row;

    public async Task InitializeAsync()
    {
        _app = await RedisApp.CreateAsync(redis.Server);
        _store = _app.NewStore();
    }

    public async Task DisposeAsync() => await _app.DisposeAsync();

    [Theory]
    [InlineData("format", "2", "*format 2*")]
    [InlineData("reauthorization", "MoonPhase", "*not a reason that this version*")]
    [InlineData("version", "x", "*version is missing or damaged*")]
    [InlineData("received_at", "+5", "*numbers is damaged*", false)]
    [InlineData("lease_taken_at", "x", "*numbers is damaged*", false)]
    [InlineData("user_id", "berta", "*written for another connection*")]
    public async Task A_row_that_cannot_be_read_is_left_exactly_as_it_is(string field, string value, string message, bool isSeenByReads = true)
    {
        StoredToken row = await _store.SavedAsync();
        await _app.Database.HashSetAsync(Row, field, value);
        HashEntry[] before = await _app.Database.HashGetAllAsync(Row);

        (await _store.ClaimDueAsync(Rows.Provider, "a", 10, Rows.Lease, Rows.None)).Should().BeEmpty();
        Func<Task>[] calls =
        [
            () => isSeenByReads ? _store.FindAsync(Rows.Key, Rows.None) : _store.BeginRefreshAsync(Rows.Key, "b", Rows.Lease, Rows.None),
            () => _store.BeginRefreshAsync(Rows.Key, "a", Rows.Lease, Rows.None),
            () => _store.SaveAsync(Rows.New(), row.Version, Rows.None),
        ];
        foreach (Func<Task> call in calls)
            await call.Should().ThrowAsync<UnreadableTokenException>().WithMessage(message);

        (await _app.Database.HashGetAllAsync(Row)).Should().BeEquivalentTo(before);
    }

    [Fact]
    public async Task A_key_of_another_type_is_reported_and_left_as_it_is()
    {
        await _app.Database.StringSetAsync(Row, "someone else's");

        await _store.Invoking(s => s.FindAsync(Rows.Key, Rows.None)).Should().ThrowAsync<UnreadableTokenException>();
        await _store.Invoking(s => s.SaveAsync(Rows.New(), StoredToken.Unsaved, Rows.None)).Should().ThrowAsync<UnreadableTokenException>();
        (await _app.Database.StringGetAsync(Row)).Should().Be("someone else's");
    }

    [Fact]
    public async Task Fields_that_only_a_newer_version_knows_stay_as_they_are()
    {
        StoredToken row = await _store.SavedAsync();
        await _app.Database.HashSetAsync(Row, "of_tomorrow", "7");

        await _store.BeginRefreshAsync(Rows.Key, "a", Rows.Lease, Rows.None);
        (await _store.SaveAsync(Rows.New(), row.Version, Rows.None)).IsSaved.Should().BeTrue();

        (await _app.Database.HashGetAsync(Row, "of_tomorrow")).Should().Be("7");
    }

    [Fact]
    public async Task A_kind_of_failure_that_only_a_newer_version_knows_keeps_no_token_from_being_used()
    {
        await _store.SavedAsync();
        await _app.Database.HashSetAsync(Row, [new HashEntry("failure_kind", "SolarFlare"), new HashEntry("failure_at", "0")]);

        (await _store.FindAsync(Rows.Key, Rows.None))!.Failure!.Kind.Should().Be(TokenFailureKind.ProviderUnavailable);
    }
}
