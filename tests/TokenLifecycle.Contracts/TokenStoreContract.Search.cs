using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Contracts;

/// <summary>Connections that nobody named: those of an account, and all of them in order. For stores that are <see cref="ISearchableTokenStore"/>.</summary>
public abstract partial class TokenStoreContract
{
    [Fact]
    public async Task Connections_are_counted_by_provider_and_by_what_their_rows_say()
    {
        if (await CreateStoreAsync(Clock) is not ITokenStoreStatistics statistics)
            return;
        var store = (ITokenStore)statistics;
        (await statistics.CountAsync(None)).Should().BeEmpty();
        foreach (string user in new[] { "fine-1", "fine-2", "failing", "over", "failed-and-over" })
            await SaveNewAsync(store, new TokenKey(Provider, user));
        await SaveNewAsync(store, new TokenKey("google", "fine-1"));
        var failure = new TokenFailure { Kind = TokenFailureKind.Network, At = Clock.GetUtcNow(), FirstAt = Clock.GetUtcNow(), Attempts = 1 };
        await EndAsync("failing", new RefreshCompletion { RefreshTokenNotUsed = true, Failure = failure });
        await EndAsync("over", new RefreshCompletion { RefreshTokenNotUsed = true, Reauthorization = ReauthorizationReason.GrantRejected });
        await EndAsync("failed-and-over", new RefreshCompletion { RefreshTokenNotUsed = true, Failure = failure, Reauthorization = ReauthorizationReason.LostRotation });

        (await statistics.CountAsync(None)).Should().BeEquivalentTo(
        [
            new ConnectionCount(Provider, StoredConnectionState.Connected, 2),
            new ConnectionCount(Provider, StoredConnectionState.Failing, 1),
            new ConnectionCount(Provider, StoredConnectionState.ReauthorizationRequired, 2),
            new ConnectionCount("google", StoredConnectionState.Connected, 1),
        ]);

        async Task EndAsync(string user, RefreshCompletion ending)
        {
            var key = new TokenKey(Provider, user);
            StoredToken begun = (await store.BeginRefreshAsync(key, "attempt-" + user, TimeSpan.FromMinutes(1), None)).Token!;
            (await store.CompleteRefreshAsync(key, "attempt-" + user, begun.Version, ending, None)).Should().BeTrue();
        }
    }

    [Fact]
    public async Task The_connections_of_an_account_are_found_by_its_exact_id()
    {
        if (await CreateStoreAsync(Clock) is not ISearchableTokenStore store)
            return;
        TokenKey[] owners = [new(Provider, "Zoe"), new(Provider, "anna", "athlete"), new(Provider, "anna", "coach")];
        foreach (TokenKey owner in owners.Reverse())
            await SaveAccountAsync(store, owner, "Athlete-1");
        await SaveAccountAsync(store, new TokenKey(Provider, "lower"), "athlete-1");
        await SaveAccountAsync(store, new TokenKey(Provider, "padded"), "Athlete-1 ");
        await SaveAccountAsync(store, new TokenKey("google", "anna"), "Athlete-1");
        await SaveAccountAsync(store, new TokenKey(Provider, "unknown"), accountId: null);

        (await store.FindByAccountAsync(Provider, "Athlete-1", tenant: null, None)).Should().Equal(owners);
        (await store.FindByAccountAsync(Provider, "Athlete-2", tenant: null, None)).Should().BeEmpty();
        (await store.FindByAccountAsync("garmin", "Athlete-1", tenant: null, None)).Should().BeEmpty();
    }

    [Fact]
    public async Task A_list_is_read_page_by_page_in_ordinal_order_and_goes_on_where_a_row_is_gone()
    {
        if (await CreateStoreAsync(Clock) is not ISearchableTokenStore store)
            return;
        TokenKey[] ordered =
        [
            new(Provider, "10"), new(Provider, "9"), new(Provider, "Anna"), new(Provider, "a b"), new(Provider, "anna", "Coach"), new(Provider, "anna", "athlete"),
            new(Provider, "anna", "coach"), new(Provider, "anna "), new(Provider, "anna-2"), new(Provider, "ä"), new(Provider, "日本語"),
        ];
        foreach (TokenKey key in ordered.Reverse())
            await SaveNewAsync(store, key);
        await SaveNewAsync(store, new TokenKey("google", "anna"));

        List<TokenKey> read = [];
        IReadOnlyList<StoredConnection> page = await store.ListAsync(Provider, after: null, 4, None);
        while (page.Count > 0)
        {
            page.Count.Should().BeLessThanOrEqualTo(4);
            read.AddRange(page.Select(connection => connection.Key));
            await store.DeleteAsync(read[^1], None);
            page = await store.ListAsync(Provider, read[^1], 4, None);
        }

        read.Should().Equal(ordered);
        (await store.ListAsync("garmin", after: null, 4, None)).Should().BeEmpty();
    }

    [Fact]
    public async Task A_list_says_all_that_is_known_of_a_connection_apart_from_its_tokens()
    {
        if (await CreateStoreAsync(Clock) is not ISearchableTokenStore store)
            return;
        StoredToken row = new()
        {
            Key = NewKey(),
            Tokens = new TokenSet
            {
                AccessToken = Canary.New("at"), AccountId = "42", Scopes = ["read", "write"], ExpiresAt = _longAgo.AddDays(1), RefreshTokenExpiresAt = _longAgo.AddDays(2),
            },
            ReceivedAt = _longAgo,
            NextRefreshAt = _longAgo.AddHours(1),
            Reauthorization = ReauthorizationReason.LostRotation,
            Failure = Ending(errorCode: "invalid_grant").Failure,
        };
        StoredToken saved = (await store.SaveAsync(row, StoredToken.Unsaved, None)).Token!;
        TokenKey bare = new(Provider, "zzz");
        await store.SaveAsync(new StoredToken { Key = bare, Tokens = new TokenSet { AccessToken = Canary.New("at") } }, StoredToken.Unsaved, None);

        IReadOnlyList<StoredConnection> list = await ((ISearchableTokenStore)await OtherHandleAsync(store)).ListAsync(Provider, after: null, All, None);

        list.Should().HaveCount(2);
        list[0].Should().BeEquivalentTo(saved, options => options
            .Including(token => token.Key).Including(token => token.Version).Including(token => token.ReceivedAt)
            .Including(token => token.NextRefreshAt).Including(token => token.Reauthorization).Including(token => token.Failure));
        list[0].Should().BeEquivalentTo(saved.Tokens, options => options
            .Including(tokens => tokens.AccountId).Including(tokens => tokens.Scopes).Including(tokens => tokens.ExpiresAt).Including(tokens => tokens.RefreshTokenExpiresAt));
        list.Should().OnlyContain(connection => !connection.IsUnreadable);
        list[1].Key.Should().Be(bare);
        list[1].Scopes.Should().BeNull();
    }

    [Fact]
    public async Task I3_a_row_that_cannot_be_read_holds_up_no_search()
    {
        if (await CreateStoreAsync(Clock) is not ISearchableTokenStore store)
            return;
        StoredToken spoilt = await SaveDueAsync(store, new TokenKey(Provider, "anna"), _longAgo);
        StoredToken whole = await SaveDueAsync(store, new TokenKey(Provider, "berta"), _longAgo.AddDays(1));
        if (!await SpoilRowAsync(spoilt.Key))
            return;

        (await store.ClaimDueAsync(Provider, "a", All, Lease, None)).Select(token => token.Key).Should().Equal(whole.Key);
        (await store.FindByAccountAsync(Provider, "42", tenant: null, None)).Should().Contain(whole.Key);
        IReadOnlyList<StoredConnection> list = await store.ListAsync(Provider, after: null, All, None);

        list.Should().Contain(connection => connection.Key == whole.Key && !connection.IsUnreadable);
        if (!ListTellsUnreadableRows)
            return;
        list.Should().ContainSingle(connection => !connection.IsUnreadable);
        list.Where(connection => connection.IsUnreadable).Should().OnlyContain(connection => connection.Key == spoilt.Key);
    }

    [Fact]
    public async Task A_search_without_an_attempt_a_limit_or_a_name_is_refused()
    {
        if (await CreateStoreAsync(Clock) is not ISearchableTokenStore store)
            return;

        Func<Task>[] calls =
        [
            () => store.ClaimDueAsync(Provider, "", 1, Lease, None),
            () => store.ClaimDueAsync(Provider, "a", 0, Lease, None),
            () => store.ClaimDueAsync(Provider, "a", 1, TimeSpan.Zero, None),
            () => store.ClaimDueAsync("", "a", 1, Lease, None),
            () => store.FindByAccountAsync(Provider, "", tenant: null, None),
            () => store.FindByAccountAsync("", "42", tenant: null, None),
            () => store.ListAsync(Provider, after: null, 0, None),
            () => store.ListAsync("", after: null, 1, None),
        ];

        foreach (Func<Task> call in calls)
            await call.Should().ThrowAsync<ArgumentException>();
    }

    [Fact]
    public async Task A_search_cancelled_before_it_begins_changes_nothing()
    {
        if (await CreateStoreAsync(Clock) is not ISearchableTokenStore store)
            return;
        StoredToken row = await SaveDueAsync(store, NewKey(), _longAgo);
        CancellationToken cancelled = new(canceled: true);

        await store.Invoking(s => s.ClaimDueAsync(Provider, "a", 1, Lease, cancelled)).Should().ThrowAsync<OperationCanceledException>();
        await store.Invoking(s => s.FindByAccountAsync(Provider, "42", tenant: null, cancelled)).Should().ThrowAsync<OperationCanceledException>();
        await store.Invoking(s => s.ListAsync(Provider, after: null, 1, cancelled)).Should().ThrowAsync<OperationCanceledException>();

        (await FoundAsync(store, row.Key)).Should().BeEquivalentTo(row);
    }

    private static Task<SaveResult> SaveAccountAsync(ITokenStore store, TokenKey key, string? accountId) =>
        store.SaveAsync(DueToken(key, nextRefreshAt: null, accountId: accountId), StoredToken.Unsaved, None);
}
