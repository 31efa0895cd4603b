using TokenLifecycle.Storage;

namespace TokenLifecycle.Contracts;

/// <summary>Nothing newer is ever overwritten.</summary>
public abstract partial class TokenStoreContract
{
    private const int Writers = 4;
    private const int SavesPerWriter = 25;

    [Fact]
    public async Task A12_a_save_with_an_old_version_changes_nothing_and_returns_the_stored_row()
    {
        ITokenStore store = await CreateStoreAsync(Clock);
        TokenKey key = NewKey();
        StoredToken first = await SaveNewAsync(store, key);
        StoredToken second = (await store.SaveAsync(NewToken(key), first.Version, None)).Token!;

        SaveResult late = await (await OtherHandleAsync(store)).SaveAsync(NewToken(key), first.Version, None);

        late.IsSaved.Should().BeFalse();
        late.Token.Should().BeEquivalentTo(second);
        (await FoundAsync(store, key)).Should().BeEquivalentTo(second);
    }

    [Fact]
    public async Task A12_of_many_who_save_on_one_version_exactly_one_succeeds()
    {
        ITokenStore store = await CreateStoreAsync(Clock);
        ITokenStore other = await OtherHandleAsync(store);
        TokenKey key = NewKey();
        StoredToken first = await SaveNewAsync(store, key);

        SaveResult[] results = await InParallel(16, i => (i % 2 == 0 ? store : other).SaveAsync(NewToken(key), first.Version, None));

        SaveResult winner = results.Should().ContainSingle(result => result.IsSaved).Subject;
        (await FoundAsync(store, key)).Should().BeEquivalentTo(winner.Token);
        results.Should().AllSatisfy(result => result.Token!.Version.Should().Be(winner.Token!.Version));
    }

    [Fact]
    public async Task DB_3_a_row_is_inserted_only_if_there_is_none()
    {
        ITokenStore store = await CreateStoreAsync(Clock);
        TokenKey key = NewKey();
        StoredToken first = await SaveNewAsync(store, key);

        SaveResult again = await store.SaveAsync(NewToken(key), StoredToken.Unsaved, None);

        again.IsSaved.Should().BeFalse();
        again.Token.Should().BeEquivalentTo(first);
    }

    [Fact]
    public async Task DB_3_of_many_who_insert_one_row_exactly_one_succeeds()
    {
        ITokenStore store = await CreateStoreAsync(Clock);
        ITokenStore other = await OtherHandleAsync(store);
        TokenKey key = NewKey();

        SaveResult[] results = await InParallel(16, i => (i % 2 == 0 ? store : other).SaveAsync(NewToken(key), StoredToken.Unsaved, None));

        results.Should().ContainSingle(result => result.IsSaved);
    }

    [Fact]
    public async Task B10_a_save_on_a_row_that_was_deleted_does_not_bring_it_back()
    {
        ITokenStore store = await CreateStoreAsync(Clock);
        TokenKey key = NewKey();
        StoredToken row = await SaveNewAsync(store, key);
        await store.DeleteAsync(key, None);

        SaveResult late = await store.SaveAsync(NewToken(key), row.Version, None);

        late.IsSaved.Should().BeFalse();
        late.Token.Should().BeNull();
        (await store.FindAsync(key, None)).Should().BeNull();
    }

    [Fact]
    public async Task B11_after_delete_and_reconnect_nothing_of_the_old_row_has_a_say()
    {
        ITokenStore store = await CreateStoreAsync(Clock);
        TokenKey key = NewKey();
        StoredToken old = await SaveNewAsync(store, key);
        await store.BeginRefreshAsync(key, "old", Lease, None);
        await store.DeleteAsync(key, None);
        StoredToken anew = await SaveNewAsync(await OtherHandleAsync(store), key);

        SaveResult lateSuccess = await store.SaveAsync(NewToken(key), old.Version, None);
        bool lateFailure = await store.CompleteRefreshAsync(key, "old", old.Version, Ending(), None);

        anew.Version.Should().BeGreaterThan(old.Version, "a version is never used twice for a key");
        lateSuccess.IsSaved.Should().BeFalse();
        lateFailure.Should().BeFalse();
        (await FoundAsync(store, key)).Should().BeEquivalentTo(anew);
    }

    [Fact]
    public async Task Every_save_gives_a_greater_version_and_ignores_that_of_the_argument()
    {
        ITokenStore store = await CreateStoreAsync(Clock);
        TokenKey key = NewKey();
        StoredToken first = await SaveNewAsync(store, key);
        StoredToken claimsMuch = new() { Key = key, Tokens = NewToken(key).Tokens, Version = long.MaxValue };

        StoredToken second = (await store.SaveAsync(claimsMuch, first.Version, None)).Token!;
        StoredToken third = (await store.SaveAsync(NewToken(key), second.Version, None)).Token!;

        second.Version.Should().BeGreaterThan(first.Version).And.BeLessThan(long.MaxValue);
        third.Version.Should().BeGreaterThan(second.Version);
    }

    [Fact]
    public async Task A_delete_returns_what_it_deleted()
    {
        ITokenStore store = await CreateStoreAsync(Clock);
        TokenKey key = NewKey();
        StoredToken row = await SaveNewAsync(store, key);

        DeleteResult first = await store.DeleteAsync(key, None);
        DeleteResult second = await store.DeleteAsync(key, None);

        first.Existed.Should().BeTrue();
        first.Deleted.Should().BeEquivalentTo(row);
        second.Should().Be(new DeleteResult(Existed: false, Deleted: null));
        (await (await OtherHandleAsync(store)).FindAsync(key, None)).Should().BeNull();
    }

    [Fact]
    public async Task A_row_that_is_not_there_is_not_found()
    {
        ITokenStore store = await CreateStoreAsync(Clock);

        (await store.FindAsync(NewKey(), None)).Should().BeNull();
        (await store.BeginRefreshAsync(NewKey(), "a", Lease, None)).Kind.Should().Be(RefreshClaimKind.NotFound);
        (await store.CompleteRefreshAsync(NewKey(), "a", 1, Ending(), None)).Should().BeFalse();
        (await store.DeleteAsync(NewKey(), None)).Existed.Should().BeFalse();
    }

    [Fact]
    public async Task B2_no_reader_sees_the_tokens_of_two_generations_in_one_row()
    {
        ITokenStore store = await CreateStoreAsync(Clock);
        ITokenStore other = await OtherHandleAsync(store);
        TokenKey key = NewKey();
        await store.SaveAsync(Generation(0), StoredToken.Unsaved, None);
        using CancellationTokenSource written = new();

        Task<bool[]> readers = InParallel(2, async i =>
        {
            do
            {
                StoredToken row = await FoundAsync(i % 2 == 0 ? store : other, key);
                string[] generations = [row.Tokens.AccessToken, row.Tokens.RefreshToken!, row.Tokens.AccountId!, row.Tokens.Scopes![0]];
                generations.Distinct(StringComparer.Ordinal).Should().ContainSingle("all of them belong to version {0}", row.Version);
            }
            while (!written.IsCancellationRequested);
            return true;
        });
        int[] saved = await InParallel(Writers, async i =>
        {
            ITokenStore mine = i % 2 == 0 ? store : other;
            int successes = 0;
            for (int attempt = 0; attempt < SavesPerWriter; attempt++)
            {
                StoredToken row = await FoundAsync(mine, key);
                int next = int.Parse(row.Tokens.AccessToken, System.Globalization.CultureInfo.InvariantCulture) + 1;
                if ((await mine.SaveAsync(Generation(next), row.Version, None)).IsSaved)
                    successes++;
            }

            return successes;
        });
        await written.CancelAsync();
        await readers;

        // Each success went up by exactly one: had one save overwritten another, the sum would not fit.
        (await FoundAsync(store, key)).Tokens.AccessToken.Should().Be($"{saved.Sum()}");

        StoredToken Generation(int number) => new()
        {
            Key = key,
            Tokens = new TokenSet { AccessToken = $"{number}", RefreshToken = $"{number}", AccountId = $"{number}", Scopes = [$"{number}"] },
        };
    }

    [Fact]
    public async Task ST_6_a_row_that_cannot_be_read_is_reported_and_left_as_it_is()
    {
        ITokenStore store = await CreateStoreAsync(Clock);
        TokenKey key = NewKey();
        StoredToken row = await SaveNewAsync(store, key);
        if (!await SpoilRowAsync(key))
            return;

        Func<Task>[] calls =
        [
            () => store.FindAsync(key, None),
            () => store.BeginRefreshAsync(key, "a", Lease, None),
            () => store.SaveAsync(NewToken(key), row.Version, None),
            () => store.SaveAsync(NewToken(key), StoredToken.Unsaved, None),
            () => store.FindAsync(key, None),
        ];
        foreach (Func<Task> call in calls)
            (await call.Should().ThrowAsync<UnreadableTokenException>()).Which.Key.Should().Be(key);

        (await store.DeleteAsync(key, None)).Should().Be(new DeleteResult(Existed: true, Deleted: null), "the user may disconnect all the same");
        (await store.FindAsync(key, None)).Should().BeNull();
    }

    [Fact]
    public async Task A_call_cancelled_before_it_begins_changes_nothing()
    {
        ITokenStore store = await CreateStoreAsync(Clock);
        TokenKey key = NewKey();
        StoredToken row = await SaveNewAsync(store, key);
        CancellationToken cancelled = new(canceled: true);

        Func<Task>[] calls =
        [
            () => store.FindAsync(key, cancelled),
            () => store.BeginRefreshAsync(key, "a", Lease, cancelled),
            () => store.CompleteRefreshAsync(key, "a", row.Version, Ending(), cancelled),
            () => store.SaveAsync(NewToken(key), row.Version, cancelled),
            () => store.DeleteAsync(key, cancelled),
        ];
        foreach (Func<Task> call in calls)
            await call.Should().ThrowAsync<OperationCanceledException>();

        (await FoundAsync(store, key)).Should().BeEquivalentTo(row);
    }

    private static Task<T[]> InParallel<T>(int count, Func<int, Task<T>> run) => Task.WhenAll(Enumerable.Range(0, count).Select(i => Task.Run(() => run(i))));
}
