using TokenLifecycle.Storage;

namespace TokenLifecycle.Contracts;

/// <content>The same user id in several tenants names several users.</content>
public abstract partial class TokenStoreContract
{
    private static readonly TokenKey Ours = new(Provider, "anna");
    private static readonly TokenKey Acme = Ours with { Tenant = "acme" };
    private static readonly TokenKey Globex = Ours with { Tenant = "globex" };

    [Fact]
    [Trait("Rule", "FS-2")]
    public async Task The_same_user_in_two_tenants_and_in_none_has_three_rows()
    {
        ITokenStore store = await CreateStoreAsync(Clock);
        StoredToken[] saved = [await SaveNewAsync(store, Acme), await SaveNewAsync(store, Globex), await SaveNewAsync(store, Ours)];

        foreach (StoredToken row in saved)
            (await FoundAsync(store, row.Key)).Tokens.AccessToken.Should().Be(row.Tokens.AccessToken);

        StoredToken begun = (await store.BeginRefreshAsync(Acme, "attempt", Lease, None)).Token!;
        begun.Key.Should().Be(Acme);
        (await store.BeginRefreshAsync(Globex, "another", Lease, None)).Kind.Should().Be(RefreshClaimKind.Acquired, "the lease of one tenant's row is not that of another's");
        (await store.CompleteRefreshAsync(Globex, "attempt", begun.Version, Ending(errorCode: "invalid_grant"), None)).Should().BeFalse("another tenant's attempt has no say");
        (await store.DeleteAsync(Acme, None)).Existed.Should().BeTrue();

        (await store.FindAsync(Acme, None)).Should().BeNull();
        (await FoundAsync(store, Globex)).Tokens.AccessToken.Should().Be(saved[1].Tokens.AccessToken);
        (await FoundAsync(store, Ours)).Tokens.AccessToken.Should().Be(saved[2].Tokens.AccessToken);
    }

    [Fact]
    [Trait("Rule", "FS-2")]
    public async Task One_claim_takes_the_due_rows_of_all_tenants()
    {
        if (await CreateStoreAsync(Clock) is not ISearchableTokenStore store)
            return;
        await SaveDueAsync(store, Acme, _longAgo);
        await SaveDueAsync(store, Globex, _longAgo.AddHours(1));
        await SaveDueAsync(store, Ours, _longAgo.AddHours(2));

        (await store.ClaimDueAsync(Provider, "a", All, Lease, None)).Select(token => token.Key).Should().Equal(Acme, Globex, Ours);
        (await store.ClaimDueAsync(Provider, "b", All, Lease, None)).Should().BeEmpty();
    }

    [Fact]
    [Trait("Rule", "FS-2")]
    public async Task An_account_is_found_in_one_tenant_or_in_all()
    {
        if (await CreateStoreAsync(Clock) is not ISearchableTokenStore store)
            return;
        foreach (TokenKey key in new[] { Globex, Acme, Ours })
            await SaveAccountAsync(store, key, "42");
        await SaveAccountAsync(store, new TokenKey(Provider, "zoe") { Tenant = "acme" }, "42");

        (await store.FindByAccountAsync(Provider, "42", "acme", None)).Should().Equal(Acme, new TokenKey(Provider, "zoe") { Tenant = "acme" });
        (await store.FindByAccountAsync(Provider, "42", "globex", None)).Should().Equal(Globex);
        (await store.FindByAccountAsync(Provider, "42", "", None)).Should().Equal(Ours);
        (await store.FindByAccountAsync(Provider, "42", "other", None)).Should().BeEmpty();
        (await store.FindByAccountAsync(Provider, "42", tenant: null, None)).Should().HaveCount(4);
    }

    [Fact]
    [Trait("Rule", "FS-2")]
    public async Task A_list_goes_through_the_tenants_of_each_user()
    {
        if (await CreateStoreAsync(Clock) is not ISearchableTokenStore store)
            return;
        TokenKey[] ordered = [Ours, Acme, Globex, new TokenKey(Provider, "anna", "z"), new TokenKey(Provider, "berta") { Tenant = "acme" }];
        foreach (TokenKey key in ordered.Reverse())
            await SaveNewAsync(store, key);

        List<TokenKey> read = [];
        IReadOnlyList<StoredConnection> page = await store.ListAsync(Provider, after: null, 1, None);
        while (page.Count > 0)
        {
            read.AddRange(page.Select(static connection => connection.Key));
            page = await store.ListAsync(Provider, read[^1], 1, None);
        }

        read.Should().Equal(ordered);
    }
}
