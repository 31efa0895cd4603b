using TokenLifecycle.Contracts;
using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.Storage;

/// <summary>A protected store keeps the whole contract, and what lies in the storage beneath says nothing.</summary>
public sealed class ProtectedTokenStoreTests : TokenStoreContract
{
    private readonly string _key = Canary.NewKey();
    private InMemoryTokenStore _inner = null!;

    protected override bool ListTellsUnreadableRows => false;

    protected override Task<ITokenStore> CreateStoreAsync(TimeProvider clock)
    {
        _inner = new InMemoryTokenStore(clock);
        return Task.FromResult<ITokenStore>(Protected("one"));
    }

    protected override async Task<bool> SpoilRowAsync(TokenKey key)
    {
        StoredToken row = (await _inner.FindAsync(key, None))!;
        await _inner.SaveAsync(row with { Tokens = new TokenSet { AccessToken = row.Tokens.AccessToken[..^1], RefreshToken = row.Tokens.RefreshToken } }, row.Version, None);
        return true;
    }

    [Fact]
    public async Task ST_1_no_secret_of_a_row_is_stored_as_it_is_and_what_stores_search_by_stays_readable()
    {
        ITokenStore store = await CreateStoreAsync(Clock);
        TokenKey key = NewKey();
        TokenSet tokens = new()
        {
            AccessToken = Canary.New("at"),
            RefreshToken = Canary.New("rt"),
            Captured = new Dictionary<string, string>(StringComparer.Ordinal) { ["id_token"] = Canary.New("id") },
            AccountId = "4711",
            Scopes = ["read"],
            ExpiresAt = Clock.GetUtcNow(),
        };

        await store.SaveAsync(new StoredToken { Key = key, Tokens = tokens }, StoredToken.Unsaved, None);

        TokenSet below = (await _inner.FindAsync(key, None))!.Tokens;
        new[] { below.AccessToken, below.RefreshToken!, below.Captured["id_token"] }.Should().OnlyContain(text => text.StartsWith("tl2.one.", StringComparison.Ordinal) && !text.Contains(Canary.Mark));
        (below.AccountId, below.ExpiresAt).Should().Be(("4711", tokens.ExpiresAt));
        below.Scopes.Should().Equal("read");
        (await FoundAsync(store, key)).Tokens.Should().BeEquivalentTo(tokens);
    }

    [Fact]
    public async Task ST_3_a_value_moved_to_another_row_or_another_field_is_not_read()
    {
        ITokenStore store = await CreateStoreAsync(Clock);
        TokenKey[] keys = [new("strava", "a"), new("strava", "b"), new("garmin", "a"), new("strava", "a", "coach")];
        foreach (TokenKey key in keys)
            await SaveNewAsync(store, key);
        StoredToken mine = (await _inner.FindAsync(keys[0], None))!;

        foreach (TokenKey other in keys[1..])
        {
            StoredToken theirs = (await _inner.FindAsync(other, None))!;
            await _inner.SaveAsync(theirs with { Tokens = mine.Tokens }, theirs.Version, None);
            await UnreadableAsync(store, other, "belongs to another connection or field");
        }

        await _inner.SaveAsync(mine with { Tokens = new TokenSet { AccessToken = mine.Tokens.RefreshToken!, RefreshToken = mine.Tokens.AccessToken } }, mine.Version, None);
        await UnreadableAsync(store, keys[0], "belongs to another connection or field");
    }

    [Fact]
    public async Task I2_ST_7_rows_under_an_older_key_stay_readable_and_are_protected_anew_at_their_next_write()
    {
        await CreateStoreAsync(Clock);
        TokenKey key = NewKey();
        StoredToken old = await SaveNewAsync(Protected("one"), key);

        ProtectedSearchableTokenStore rotated = Protected("two", others: "one");
        StoredToken read = await FoundAsync(rotated, key);
        read.HoldsSameTokens(old).Should().BeTrue();
        await rotated.SaveAsync(read, read.Version, None);

        (await _inner.FindAsync(key, None))!.Tokens.RefreshToken.Should().StartWith("tl2.two.");
        (await FoundAsync(Protected("two"), key)).HoldsSameTokens(old).Should().BeTrue("the old key is needed no more");
    }

    [Fact]
    public async Task I3_F43_ST_6_a_lost_key_makes_rows_unreadable_changes_nothing_and_heals_when_it_returns()
    {
        await CreateStoreAsync(Clock);
        TokenKey key = NewKey();
        StoredToken row = await SaveNewAsync(Protected("one"), key);
        StoredToken before = (await _inner.FindAsync(key, None))!;
        ITokenStore without = Protected("two");

        await UnreadableAsync(without, key, "the key \"one\", which this application does not have");
        await without.Invoking(store => store.BeginRefreshAsync(key, "a", Lease, None)).Should().ThrowAsync<UnreadableTokenException>();
        await without.Invoking(store => store.SaveAsync(NewToken(key), StoredToken.Unsaved, None)).Should().ThrowAsync<UnreadableTokenException>();

        (await _inner.FindAsync(key, None)).Should().BeEquivalentTo(before, "the attempt was taken back");
        ProtectedSearchableTokenStore healed = Protected("two", others: "one");
        (await healed.BeginRefreshAsync(key, "b", Lease, None)).Kind.Should().Be(RefreshClaimKind.Acquired, "nobody holds a lease on what could not be read");
        (await FoundAsync(healed, key)).HoldsSameTokens(row).Should().BeTrue();
    }

    [Fact]
    public async Task F46_a_plain_row_is_not_taken_for_a_protected_one()
    {
        ITokenStore store = await CreateStoreAsync(Clock);
        TokenKey key = NewKey();
        await _inner.SaveAsync(NewToken(key), StoredToken.Unsaved, None);

        await UnreadableAsync(store, key, "TokenImporter");
    }

    [Fact]
    [Trait("Rule", "BG-3")]
    public async Task A_row_that_cannot_be_decrypted_does_not_hold_up_those_that_are_due()
    {
        await CreateStoreAsync(Clock);
        ProtectedSearchableTokenStore lost = Protected("lost"), store = Protected("one");
        TokenKey poison = NewKey(), good = NewKey();
        await lost.SaveAsync(Due(poison, TimeSpan.FromDays(2)), StoredToken.Unsaved, None);
        await store.SaveAsync(Due(good, TimeSpan.FromDays(1)), StoredToken.Unsaved, None);

        (await store.ClaimDueAsync("strava", "a", 1, Lease, None)).Should().BeEmpty("the longest due is the one that cannot be read");
        (await store.ClaimDueAsync("strava", "b", 1, Lease, None)).Should().ContainSingle(row => row.Key == good);

        StoredToken left = (await _inner.FindAsync(poison, None))!;
        left.Intent.Should().BeNull();
        left.NextRefreshAt.Should().Be(Clock.GetUtcNow() + TimeSpan.FromHours(1));

    }

    [Fact]
    [Trait("Rule", "FR-11")]
    public async Task A_protector_that_fails_leaves_no_lease_and_no_intent()
    {
        await CreateStoreAsync(Clock);
        ProtectedSearchableTokenStore store = Protected("one");
        TokenKey first = NewKey(), second = NewKey();
        await store.SaveAsync(Due(first, TimeSpan.FromDays(2)), StoredToken.Unsaved, None);
        await store.SaveAsync(Due(second, TimeSpan.FromDays(1)), StoredToken.Unsaved, None);
        var failing = new ProtectedSearchableTokenStore(_inner, new FailingProtector(), Clock);

        await FluentActions.Awaiting(() => failing.ClaimDueAsync("strava", "a", 10, Lease, None)).Should().ThrowAsync<HttpRequestException>();
        await FluentActions.Awaiting(() => failing.BeginRefreshAsync(first, "b", Lease, None)).Should().ThrowAsync<HttpRequestException>();

        foreach (TokenKey key in new[] { first, second })
        {
            StoredToken left = (await _inner.FindAsync(key, None))!;
            left.Intent.Should().BeNull();
            left.NextRefreshAt.Should().Be(Clock.GetUtcNow() + TimeSpan.FromMinutes(5));
            (await store.BeginRefreshAsync(key, "c", Lease, None)).Kind.Should().Be(RefreshClaimKind.Acquired);
        }
    }

    private StoredToken Due(TokenKey key, TimeSpan ago) =>
        new() { Key = key, Tokens = NewToken(key).Tokens, ReceivedAt = NewToken(key).ReceivedAt, NextRefreshAt = Clock.GetUtcNow() - ago };

    private sealed class FailingProtector : ITokenProtector
    {
        public string Protect(TokenKey key, string field, string value) => throw new HttpRequestException("The key service does not answer.");

        public string Unprotect(TokenKey key, string field, string payload) => throw new HttpRequestException("The key service does not answer.");
    }

    [Fact]
    public async Task Deleting_a_row_that_cannot_be_decrypted_says_that_there_was_one()
    {
        await CreateStoreAsync(Clock);
        TokenKey key = NewKey();
        await SaveNewAsync(Protected("one"), key);

        DeleteResult deleted = await Protected("two").DeleteAsync(key, None);

        deleted.Should().Be(new DeleteResult(Existed: true, Deleted: null));
    }

    private static async Task UnreadableAsync(ITokenStore store, TokenKey key, string why) =>
        (await store.Invoking(s => s.FindAsync(key, None)).Should().ThrowAsync<UnreadableTokenException>()).Which.Message.Should().Contain(why);

    private ProtectedSearchableTokenStore Protected(string current, params string[] others) =>
        new(_inner, KeyRings.Protector(current, [current, .. others], _key), Clock);
}
