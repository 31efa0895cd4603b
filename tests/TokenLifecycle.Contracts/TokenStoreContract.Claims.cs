using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Contracts;

/// <summary>
/// What is due is claimed by one. For stores that are <see cref="ISearchableTokenStore"/>; the tests of a store that is not return at once.
/// Due times lie years away from any clock, so that it does not matter whose clock a store asks.
/// </summary>
public abstract partial class TokenStoreContract
{
    private const string Provider = "strava";
    private const int All = 1000;

    private static readonly DateTimeOffset _longAgo = new(2001, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset _farAhead = new(2101, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task A2_connections_claimed_by_several_at_once_never_overlap_and_none_is_forgotten()
    {
        if (await CreateStoreAsync(Clock) is not ISearchableTokenStore store)
            return;
        ISearchableTokenStore other = (ISearchableTokenStore)await OtherHandleAsync(store);
        List<TokenKey> keys = [];
        for (int i = 0; i < 40; i++)
            keys.Add((await SaveDueAsync(store, NewKey(), _longAgo.AddHours(i))).Key);

        List<TokenKey>[] claimed = await InParallel(4, async i =>
        {
            List<TokenKey> mine = [];
            IReadOnlyList<StoredToken> page;
            do
            {
                page = await (i % 2 == 0 ? store : other).ClaimDueAsync(Provider, $"attempt-{Guid.NewGuid():N}", 7, Lease, None);
                mine.AddRange(page.Select(token => token.Key));
            }
            while (page.Count > 0);
            return mine;
        });
        IReadOnlyList<StoredToken> rest = await store.ClaimDueAsync(Provider, "last", All, Lease, None);

        claimed.SelectMany(mine => mine).Concat(rest.Select(token => token.Key)).Should().BeEquivalentTo(keys, "each is claimed exactly once");
        foreach (TokenKey key in keys)
            (await FoundAsync(other, key)).Intent!.AttemptCount.Should().Be(1);
    }

    [Fact]
    public async Task Due_connections_are_claimed_longest_due_first_and_no_more_than_the_limit()
    {
        if (await CreateStoreAsync(Clock) is not ISearchableTokenStore store)
            return;
        StoredToken third = await SaveDueAsync(store, NewKey(), _longAgo.AddDays(3));
        StoredToken first = await SaveDueAsync(store, NewKey(), _longAgo.AddDays(1));
        StoredToken second = await SaveDueAsync(store, NewKey(), _longAgo.AddDays(2));

        IReadOnlyList<StoredToken> claimed = await store.ClaimDueAsync(Provider, "a", 2, Lease, None);
        IReadOnlyList<StoredToken> rest = await store.ClaimDueAsync(Provider, "b", 2, Lease, None);

        claimed.Select(token => token.Key).Should().Equal(first.Key, second.Key);
        rest.Select(token => token.Key).Should().Equal(third.Key);
        (await store.ClaimDueAsync(Provider, "c", 2, Lease, None)).Should().BeEmpty();
    }

    [Fact]
    [Trait("Rule", "B4")]
    public async Task A11_a_claimed_connection_is_the_attempts_as_if_it_had_begun_it_by_name()
    {
        if (await CreateStoreAsync(Clock) is not ISearchableTokenStore store)
            return;
        StoredToken row = await SaveDueAsync(store, NewKey(), _longAgo);

        StoredToken claimed = (await store.ClaimDueAsync(Provider, "a", All, Lease, None)).Should().ContainSingle().Subject;

        claimed.Should().BeEquivalentTo(row, options => options.Excluding(token => token.Intent));
        claimed.Intent!.AttemptId.Should().Be("a");
        claimed.Intent.AttemptCount.Should().Be(1);
        (await FoundAsync(await OtherHandleAsync(store), row.Key)).Should().BeEquivalentTo(claimed, "the intent is durable before anything is sent");
        (await store.BeginRefreshAsync(row.Key, "b", Lease, None)).Kind.Should().Be(RefreshClaimKind.Held);
        (await store.CompleteRefreshAsync(row.Key, "a", row.Version, Ending(), None)).Should().BeTrue();
    }

    [Fact]
    public async Task Only_what_is_due_of_this_provider_is_claimed()
    {
        if (await CreateStoreAsync(Clock) is not ISearchableTokenStore store)
            return;
        StoredToken due = await SaveDueAsync(store, NewKey(), _longAgo);
        StoredToken[] others =
        [
            await SaveDueAsync(store, NewKey(), nextRefreshAt: null),
            await SaveDueAsync(store, NewKey(), _farAhead),
            await SaveDueAsync(store, NewKey(), nextRefreshAt: null, ReauthorizationReason.GrantRejected),
            await SaveDueAsync(store, new TokenKey("Strava", "anna"), _longAgo),
            await SaveDueAsync(store, new TokenKey("google", "anna"), _longAgo),
        ];

        (await store.ClaimDueAsync(Provider, "a", All, Lease, None)).Select(token => token.Key).Should().Equal(due.Key);

        foreach (StoredToken other in others)
            (await FoundAsync(store, other.Key)).Should().BeEquivalentTo(other);
    }

    [Fact]
    public async Task B15_a_connection_that_needs_a_reconnect_is_due_until_its_owner_was_told()
    {
        if (await CreateStoreAsync(Clock) is not ISearchableTokenStore store)
            return;
        StoredToken row = await SaveDueAsync(store, NewKey(), _longAgo);
        await store.BeginRefreshAsync(row.Key, "a", Lease, None);
        RefreshCompletion verdict = new() { RefreshTokenNotUsed = true, Reauthorization = ReauthorizationReason.GrantRejected, NextRefreshAt = _longAgo };
        await store.CompleteRefreshAsync(row.Key, "a", row.Version, verdict, None);

        StoredToken untold = (await store.ClaimDueAsync(Provider, "b", All, Lease, None)).Should().ContainSingle().Subject;
        await store.CompleteRefreshAsync(row.Key, "b", row.Version, new RefreshCompletion { RefreshTokenNotUsed = true }, None);

        untold.Reauthorization.Should().Be(ReauthorizationReason.GrantRejected);
        StoredToken told = (await FoundAsync(store, row.Key))!;
        told.NextRefreshAt.Should().BeNull();
        told.Reauthorization.Should().Be(ReauthorizationReason.GrantRejected);
        (await store.ClaimDueAsync(Provider, "c", All, Lease, None)).Should().BeEmpty();
    }

    [Fact]
    public async Task D8_a_held_connection_is_claimed_when_its_lease_has_run_out_by_the_clock_of_the_store()
    {
        if (await CreateStoreAsync(Clock) is not ISearchableTokenStore store)
            return;
        StoredToken row = await SaveDueAsync(store, NewKey(), _longAgo);
        await store.BeginRefreshAsync(row.Key, "a", Lease, None);

        (await store.ClaimDueAsync(Provider, "b", All, Lease, None)).Should().BeEmpty();
        await AdvanceStoreClockAsync(JustBefore);
        (await store.ClaimDueAsync(Provider, "b", All, Lease, None)).Should().BeEmpty();
        await AdvanceStoreClockAsync(JustAfter);
        StoredToken claimed = (await store.ClaimDueAsync(Provider, "b", All, Lease, None)).Should().ContainSingle().Subject;

        claimed.Intent!.AttemptCount.Should().Be(2);
        (await store.BeginRefreshAsync(row.Key, "a", Lease, None)).Kind.Should().Be(RefreshClaimKind.Held);
    }

    [Fact]
    public async Task B3_an_attempt_that_claims_again_gets_its_own_again_and_is_not_counted_twice()
    {
        if (await CreateStoreAsync(Clock) is not ISearchableTokenStore store)
            return;
        StoredToken row = await SaveDueAsync(store, NewKey(), _longAgo);
        StoredToken first = (await store.ClaimDueAsync(Provider, "a", All, Lease, None)).Single();

        await AdvanceStoreClockAsync(JustBefore);
        IReadOnlyList<StoredToken> again = await store.ClaimDueAsync(Provider, "a", All, Lease, None);
        await AdvanceStoreClockAsync(JustBefore);

        again.Should().ContainSingle().Which.Should().BeEquivalentTo(first);
        (await store.BeginRefreshAsync(row.Key, "b", Lease, None)).Kind.Should().Be(RefreshClaimKind.Held, "the lease runs from its renewal");
    }

    [Fact]
    public async Task A_connection_is_due_no_more_after_it_was_saved_or_put_off()
    {
        if (await CreateStoreAsync(Clock) is not ISearchableTokenStore store)
            return;
        StoredToken saved = await SaveDueAsync(store, NewKey(), _longAgo);
        StoredToken putOff = await SaveDueAsync(store, NewKey(), _longAgo);
        StoredToken dead = await SaveDueAsync(store, NewKey(), _longAgo);
        await store.ClaimDueAsync(Provider, "a", All, Lease, None);

        await store.SaveAsync(DueToken(saved.Key, _farAhead), saved.Version, None);
        await store.CompleteRefreshAsync(putOff.Key, "a", putOff.Version, new RefreshCompletion { RefreshTokenNotUsed = true, NextRefreshAt = _farAhead }, None);
        await store.CompleteRefreshAsync(dead.Key, "a", dead.Version, new RefreshCompletion { RefreshTokenNotUsed = true, Reauthorization = ReauthorizationReason.GrantRejected }, None);

        (await store.ClaimDueAsync(Provider, "b", All, Lease, None)).Should().BeEmpty();
    }

    private static StoredToken DueToken(TokenKey key, DateTimeOffset? nextRefreshAt, ReauthorizationReason? reauthorization = null, string? accountId = "42") => new()
    {
        Key = key,
        Tokens = new TokenSet { AccessToken = Canary.New("at"), RefreshToken = Canary.New("rt"), AccountId = accountId },
        NextRefreshAt = nextRefreshAt,
        Reauthorization = reauthorization,
    };

    private static async Task<StoredToken> SaveDueAsync(ITokenStore store, TokenKey key, DateTimeOffset? nextRefreshAt, ReauthorizationReason? reauthorization = null) =>
        (await store.SaveAsync(DueToken(key, nextRefreshAt, reauthorization), StoredToken.Unsaved, None)).Token!;
}
