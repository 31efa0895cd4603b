using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Contracts;

/// <summary>What goes in comes out.</summary>
public abstract partial class TokenStoreContract
{
    private const int LongToken = 32 * 1024;

    public static TheoryData<string> OddTexts => new()
    {
        "with spaces  inside", "trailing ", " leading", "Ärger-ß-é-e\u0301", "日本語 🏃‍♀️", "quotes '\" and \\ and %00 %2F", "a/b:c;d|e", "{\"json\":1}", "CASE-case",
        "'; DROP TABLE tokens; --", "*[?]", "..", "CON", "\u200Bzero-width\u202E", "=cmd()", "null", "NULL", "0", "i̇İıI", "tail.",
    };

    [Fact]
    [Trait("Rule", "FR-17")]
    public async Task A_row_comes_back_with_every_field_as_it_was()
    {
        ITokenStore store = await CreateStoreAsync(Clock);
        StoredToken saved = WholeRow.Row(NewKey());
        WholeRow.UnsetMembers(saved).Concat(WholeRow.UnsetMembers(saved.Tokens)).Should().BeEmpty("what is not set cannot be seen to be lost");

        SaveResult result = await store.SaveAsync(saved, StoredToken.Unsaved, None);
        StoredToken found = await FoundAsync(await OtherHandleAsync(store), saved.Key);

        WholeRow.Differences(saved, result.Token!).Should().Equal(nameof(StoredToken.Version), nameof(StoredToken.Intent));
        WholeRow.Differences(result.Token!, found).Should().BeEmpty();
        found.Tokens.Scopes.Should().Equal(saved.Tokens.Scopes);
        found.RetiredFingerprints.Should().Equal(saved.RetiredFingerprints);
        found.Tokens.IssuedAt!.Value.Offset.Should().Be(TimeSpan.Zero, "times are kept in UTC");
        found.Version.Should().BePositive();
        found.Intent.Should().BeNull();
    }

    [Fact]
    public async Task What_is_not_there_stays_not_there()
    {
        ITokenStore store = await CreateStoreAsync(Clock);
        TokenKey key = NewKey();
        StoredToken bare = new() { Key = key, Tokens = new TokenSet { AccessToken = Canary.New("at") } };

        await store.SaveAsync(bare, StoredToken.Unsaved, None);

        StoredToken found = await FoundAsync(await OtherHandleAsync(store), key);
        found.Should().BeEquivalentTo(bare, options => options.Excluding(token => token.Version));
    }

    [Fact]
    public async Task No_scopes_named_and_no_scope_granted_are_not_the_same()
    {
        ITokenStore store = await CreateStoreAsync(Clock);
        TokenKey unnamed = NewKey();
        TokenKey none = NewKey();
        await store.SaveAsync(WithScopes(unnamed, scopes: null), StoredToken.Unsaved, None);
        await store.SaveAsync(WithScopes(none, scopes: []), StoredToken.Unsaved, None);

        (await FoundAsync(store, unnamed)).Tokens.Scopes.Should().BeNull();
        (await FoundAsync(store, none)).Tokens.Scopes.Should().NotBeNull().And.BeEmpty();

        static StoredToken WithScopes(TokenKey key, IReadOnlyList<string>? scopes) =>
            new() { Key = key, Tokens = new TokenSet { AccessToken = Canary.New("at"), Scopes = scopes } };
    }

    [Fact]
    public async Task B7_DB_2_tokens_of_32_KiB_come_back_byte_for_byte()
    {
        ITokenStore store = await CreateStoreAsync(Clock);
        TokenKey key = NewKey();
        string accessToken = Canary.New("at").PadRight(LongToken, 'a');
        string refreshToken = Canary.New("rt").PadRight(LongToken, 'z');

        await store.SaveAsync(NewToken(key, refreshToken, accessToken), StoredToken.Unsaved, None);

        TokenSet found = (await FoundAsync(await OtherHandleAsync(store), key)).Tokens;
        (found.AccessToken == accessToken).Should().BeTrue("the access token must not be altered");
        (found.RefreshToken == refreshToken).Should().BeTrue("the refresh token must not be altered");
    }

    [Theory]
    [MemberData(nameof(OddTexts))]
    public async Task B7_odd_characters_in_values_come_back_as_they_were(string text)
    {
        ITokenStore store = await CreateStoreAsync(Clock);
        TokenKey key = NewKey();
        StoredToken odd = new()
        {
            Key = key,
            Tokens = new TokenSet
            {
                AccessToken = text,
                RefreshToken = text,
                Scopes = [text],
                AccountId = text,
                ClientId = text,
                Captured = new Dictionary<string, string>(StringComparer.Ordinal) { [text] = text },
            },
        };

        await store.SaveAsync(odd, StoredToken.Unsaved, None);

        TokenSet found = (await FoundAsync(await OtherHandleAsync(store), key)).Tokens;
        string?[] values = [found.AccessToken, found.RefreshToken, found.Scopes![0], found.AccountId, found.ClientId, found.Captured.Keys.Single(), found.Captured.Values.Single()];
        values.Should().AllSatisfy(value => string.Equals(value, text, StringComparison.Ordinal).Should().BeTrue());
    }

    [Theory]
    [MemberData(nameof(OddTexts))]
    public async Task MT_2_odd_characters_in_a_key_name_a_row_of_its_own(string text)
    {
        ITokenStore store = await CreateStoreAsync(Clock);
        TokenKey[] keys = [new(text, "u"), new("p", text), new("p", "u", text)];
        foreach (TokenKey key in keys)
            await store.SaveAsync(NewToken(key, accessToken: key.ToString()), StoredToken.Unsaved, None);

        foreach (TokenKey key in keys)
        {
            StoredToken found = await FoundAsync(store, key);
            found.Key.Should().Be(key);
            found.Tokens.AccessToken.Should().Be(key.ToString());
        }
    }

    [Fact]
    public async Task MT_2_keys_that_look_alike_are_different_rows()
    {
        ITokenStore store = await CreateStoreAsync(Clock);
        string longest = new('x', TokenKey.MaxPartLength);
        TokenKey[] keys =
        [
            new("strava", "anna"), new("strava", "Anna"), new("Strava", "anna"), new("strava", "anna "), new("strava", " anna"), new("strava", "anna", "Default"),
            new("strava", "änna"), new("strava", "a\u0308nna"), new("a:b", "c"), new("a", "b:c"), new("a/b", "c"), new("a", "b/c"), new("a", "b", "c"),
            new("strava", "ss"), new("strava", "ß"), new("strava", "i"), new("strava", "İ"), new("strava", "ı"), new("strava", "I"),
            new("strava", longest), new("strava", longest[1..]), new("strava", longest[1..] + "y"), new("strava", "anna\u200B"), new("strava", "%61nna"),
        ];
        foreach (TokenKey key in keys)
            (await store.SaveAsync(NewToken(key, accessToken: key.ToString()), StoredToken.Unsaved, None)).IsSaved.Should().BeTrue($"{key} is new");

        foreach (TokenKey key in keys)
            (await FoundAsync(store, key)).Tokens.AccessToken.Should().Be(key.ToString());
        foreach (TokenKey key in keys)
            (await store.DeleteAsync(key, None)).Deleted!.Tokens.AccessToken.Should().Be(key.ToString());
    }

    [Fact]
    public async Task MT_3_a_key_that_names_nobody_is_refused()
    {
        ITokenStore store = await CreateStoreAsync(Clock);
        StoredToken nobody = NewToken(default);

        Func<Task>[] calls =
        [
            () => store.FindAsync(default, None),
            () => store.BeginRefreshAsync(default, "a", Lease, None),
            () => store.CompleteRefreshAsync(default, "a", 1, Ending(), None),
            () => store.SaveAsync(nobody, StoredToken.Unsaved, None),
            () => store.DeleteAsync(default, None),
        ];

        foreach (Func<Task> call in calls)
            await call.Should().ThrowAsync<InvalidOperationException>().WithMessage("*default(TokenKey)*");
    }

    [Fact]
    public async Task Changing_what_was_saved_or_read_changes_nothing_in_the_store()
    {
        ITokenStore store = await CreateStoreAsync(Clock);
        TokenKey key = NewKey();
        List<string> scopes = ["read"];
        List<string> retired = [TokenFingerprint.Of("one")];
        Dictionary<string, string> captured = new(StringComparer.Ordinal) { ["a"] = "1" };
        SaveResult result = await store.SaveAsync(
            new StoredToken { Key = key, Tokens = new TokenSet { AccessToken = Canary.New("at"), Scopes = scopes, Captured = captured }, RetiredFingerprints = retired },
            StoredToken.Unsaved,
            None);

        scopes.Add("write");
        retired.Clear();
        captured["a"] = "2";
        TryToChange(result.Token!);
        TryToChange(await FoundAsync(store, key));

        StoredToken found = await FoundAsync(store, key);
        found.Tokens.Scopes.Should().Equal("read");
        found.Tokens.Captured.Should().Equal(new Dictionary<string, string>(StringComparer.Ordinal) { ["a"] = "1" });
        found.RetiredFingerprints.Should().Equal(TokenFingerprint.Of("one"));

        static void TryToChange(StoredToken token)
        {
            if (token.Tokens.Scopes is string[] array)
                array[0] = "write";
            if (token.Tokens.Scopes is List<string> list)
                list.Clear();
            if (token.RetiredFingerprints is List<string> fingerprints)
                fingerprints.Clear();
            if (token.Tokens.Captured is Dictionary<string, string> members)
                members["a"] = "2";
        }
    }
}
