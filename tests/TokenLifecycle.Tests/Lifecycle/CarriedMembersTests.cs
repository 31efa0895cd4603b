using TokenLifecycle.Importing;
using TokenLifecycle.Refresh;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;
using TokenLifecycle.TestKit;
using TokenLifecycle.Tests.Importing;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>No copy of a connection loses a member, also none that is added later: the specimen has all, and what each copy changes is named here.</summary>
[Trait("Rule", "FR-17")]
public sealed class CarriedMembersTests
{
    private static readonly TokenKey Key = new(World.Provider, "ada");

    [Fact]
    public void The_specimens_have_every_member()
    {
        WholeRow.UnsetMembers(WholeRow.Tokens()).Should().BeEmpty();
        WholeRow.UnsetMembers(WholeRow.Row(Key)).Should().BeEmpty();
        WholeRow.Differences(WholeRow.Tokens("a"), WholeRow.Tokens("b", DateTimeOffset.UnixEpoch)).Should().BeEquivalentTo(MembersOf<TokenSet>(), "else what one of them lost could come from the other");
    }

    [Fact]
    public void A_reply_without_a_member_keeps_the_one_that_is_there()
    {
        StoredToken row = WholeRow.Row(Key);

        TokenSet merged = TokenMerge.Refreshed(row, new TokenSet { AccessToken = Canary.New("at"), IssuedAt = Rows.Start }, Rows.Provider());

        WholeRow.Differences(row.Tokens, merged).Should().BeSubsetOf(
            [nameof(TokenSet.AccessToken), nameof(TokenSet.TokenType), nameof(TokenSet.IssuedAt), nameof(TokenSet.ExpiresAt), nameof(TokenSet.Issuer), nameof(TokenSet.ClientId)],
            "those always come with a reply");
    }

    [Fact]
    public void A_reply_with_every_member_replaces_all_but_the_account()
    {
        TokenSet reply = WholeRow.Tokens("b", Rows.Start);

        TokenSet merged = TokenMerge.Refreshed(WholeRow.Row(Key), reply, Rows.Provider());

        WholeRow.Differences(reply, merged).Should().Equal(nameof(TokenSet.AccountId), nameof(TokenSet.SignInIssuer));
    }

    [Fact]
    public void A_salvaged_refresh_token_changes_nothing_else()
    {
        StoredToken row = WholeRow.Row(Key);

        WholeRow.Differences(row.Tokens, TokenMerge.Salvaged(row, Canary.New("rt"))).Should().Equal(nameof(TokenSet.RefreshToken));
    }

    [Fact]
    public void A_store_changes_only_what_is_its_own()
    {
        StoredToken row = WholeRow.Row(Key);
        LeasedConnection saved = LeasedConnection.Saved(row, version: 8);
        LeasedConnection begun = saved.Begin("attempt", TimeSpan.FromMinutes(1), TimeSpan.Zero, Rows.Start).Row;
        LeasedConnection ended = begun.End("attempt", 8, new RefreshCompletion { RefreshTokenNotUsed = true })!;

        WholeRow.Differences(row, saved.Token).Should().Equal(nameof(StoredToken.Version), nameof(StoredToken.Intent));
        WholeRow.Differences(saved.Token, begun.Token).Should().Equal(nameof(StoredToken.Intent));
        WholeRow.Differences(saved.Token, ended.Token).Should().Equal([nameof(StoredToken.NextRefreshAt)], "whoever must reconnect is reported no more");
        WholeRow.Differences(row, StoredTokenJson.Read(Key, StoredTokenJson.Write(new LeasedConnection(row, lease: null))).Token).Should().BeEmpty();
        var reversed = new SecretFields(new Reversing());
        WholeRow.Differences(row, reversed.Unprotect(reversed.Protect(row))!).Should().BeEmpty();
    }

    [Fact]
    public async Task A_refresh_changes_only_what_a_reply_brings()
    {
        await using World world = await World.StartAsync();
        StoredToken before = await StoreWholeAsync(world);

        await world.Tokens.GetAccessTokenAsync(world.Key);

        StoredToken after = await world.StoredAsync();
        WholeRow.Differences(before, after).Should().BeSubsetOf(
        [
            nameof(StoredToken.Tokens), nameof(StoredToken.Version), nameof(StoredToken.Failure), nameof(StoredToken.NextRefreshAt), nameof(StoredToken.ReceivedAt),
            nameof(StoredToken.RetiredFingerprints), nameof(StoredToken.ClientFingerprint),
        ]);
        after.RetiredFingerprints.Should().ContainInOrder(before.RetiredFingerprints);
        WholeRow.Differences(before.Tokens, after.Tokens).Should().NotContain([nameof(TokenSet.AccountId), nameof(TokenSet.Captured)]).And.Contain(nameof(TokenSet.RefreshToken));
    }

    [Fact]
    public async Task A_salvaged_reply_changes_only_the_refresh_token_and_what_is_known_of_the_failure()
    {
        await using World world = await World.StartAsync();
        StoredToken before = await StoreWholeAsync(world);
        string salvaged = Canary.New("rt");
        world.Server.TokenEndpoint.FailNext(Fault.Body(200, $$"""{"refresh_token":"{{salvaged}}"}""", "application/json"));

        await world.RefusalAsync();

        StoredToken after = await world.StoredAsync();
        WholeRow.Differences(before, after).Should().BeSubsetOf(
            [nameof(StoredToken.Tokens), nameof(StoredToken.Version), nameof(StoredToken.Failure), nameof(StoredToken.NextRefreshAt), nameof(StoredToken.RetiredFingerprints),
                nameof(StoredToken.ClientFingerprint)]);
        WholeRow.Differences(before.Tokens, after.Tokens).Should().Equal(nameof(TokenSet.RefreshToken));
        after.Tokens.RefreshToken.Should().Be(salvaged);
    }

    [Fact]
    public async Task A_connect_and_a_reconnect_store_every_member_of_what_was_granted()
    {
        await using World world = await World.StartAsync();
        foreach (string mark in new[] { "a", "b" })
        {
            TokenSet granted = WholeRow.Tokens(mark, world.Clock.GetUtcNow()) with { AccountId = "7", TokenType = "Bearer" };

            await world.Tokens.SaveAsync(world.Key, granted);

            WholeRow.Differences(granted, (await world.StoredAsync()).Tokens).Should().BeEmpty();
        }
    }

    [Fact]
    public async Task An_import_stores_every_member_that_can_be_imported()
    {
        await using World world = await World.StartAsync();
        ImportRow row = world.Row(scope: "read", accountId: "athlete-7", issuedAt: world.Clock.GetUtcNow());

        (await world.ImportAsync(row)).Imported.Should().ContainSingle();

        WholeRow.UnsetMembers((await world.StoredAsync()).Tokens).Should().BeEquivalentTo(
            [nameof(TokenSet.IssuedAt), nameof(TokenSet.RefreshTokenExpiresAt), nameof(TokenSet.Captured), nameof(TokenSet.SignInIssuer)],
            "the time of issue is too often the age of the row, the others have no column, and an import states who may sign in");
    }

    private static IEnumerable<string> MembersOf<T>() => typeof(T).GetProperties().Where(static member => member.SetMethod is not null).Select(static member => member.Name);

    /// <summary>Stores a row with every member that a living connection can have.</summary>
    private static async Task<StoredToken> StoreWholeAsync(World world)
    {
        TokenSet issued = world.Server.IssueTokens(world.User, "read");
        TokenSet whole = WholeRow.Tokens("a", world.Clock.GetUtcNow()) with { RefreshToken = issued.RefreshToken, AccessToken = issued.AccessToken, Issuer = issued.Issuer, ClientId = issued.ClientId };
        StoredToken row = WholeRow.Row(world.Key, whole) with { Reauthorization = null, Failure = null };
        SaveResult saved = await world.Store.Inner.SaveAsync(row, StoredToken.Unsaved, CancellationToken.None);
        world.Clock.Advance(TimeSpan.FromHours(6) + TimeSpan.FromSeconds(1));
        return saved.Token!;
    }

    private sealed class Reversing : ITokenProtector
    {
        public string Protect(TokenKey key, string field, string value) => Reversed(value);

        public string Unprotect(TokenKey key, string field, string value) => Reversed(value);

        private static string Reversed(string value) => new([.. value.Reverse()]);
    }
}
