using TokenLifecycle.Storage;

namespace TokenLifecycle.Contracts;

/// <summary>What every store of pending authorization requests has to do.</summary>
public abstract class AuthorizationRequestStoreContract : IAsyncLifetime
{
    private static readonly AuthorizationRequestBounds Bounds = new(PerBrowser: 2, PerOwner: 3, Overall: 5);
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(10);

    private IAuthorizationRequestStore _store = null!;

    protected ContractClock Clock { get; } = new();

    /// <summary>How many starts the store is flooded with.</summary>
    protected virtual int Flood => 100_000;

    public async Task InitializeAsync() => _store = await CreateStoreAsync();

    public abstract Task DisposeAsync();

    /// <summary>A new, empty store that runs on <see cref="Clock"/>.</summary>
    protected abstract Task<IAuthorizationRequestStore> CreateStoreAsync();

    /// <summary>Another node's view of the same storage, or the same store where there is none.</summary>
    protected virtual IAuthorizationRequestStore OpenAgain() => _store;

    [Fact]
    public async Task CB_4_Of_many_who_take_at_once_one_gets_it()
    {
        await AddAsync("a");
        IAuthorizationRequestStore other = OpenAgain();

        AuthorizationRedemption[] takes = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Task.Run(() => (i % 2 == 0 ? _store : other).TryRedeemAsync("a", "browser", CancellationToken.None))));

        takes.Count(take => take.Kind == AuthorizationRedemptionKind.Taken).Should().Be(1);
        takes.Count(take => take.Kind == AuthorizationRedemptionKind.TakenBefore).Should().Be(49);
        takes.Single(take => take.Kind == AuthorizationRedemptionKind.Taken).Payload.Should().Be("payload of a");
    }

    [Fact]
    public async Task CB_2_Another_browser_gets_nothing_and_takes_nothing()
    {
        await AddAsync("a");

        (await TakeAsync("a", "other")).Should().BeSameAs(AuthorizationRedemption.Unknown);
        (await TakeAsync("a")).Kind.Should().Be(AuthorizationRedemptionKind.Taken);
        await _store.SetOutcomeAsync("a", "outcome", CancellationToken.None);
        (await _store.FindOutcomeAsync("a", "other", CancellationToken.None)).Should().BeNull();
        (await _store.FindOutcomeAsync("a", "browser", CancellationToken.None)).Should().Be("outcome");
        (await TakeAsync("a")).Outcome.Should().Be("outcome");
    }

    [Fact]
    public async Task An_outcome_is_of_what_was_taken_and_ends_with_it()
    {
        await AddAsync("a");
        await _store.SetOutcomeAsync("a", "too early", CancellationToken.None);
        await _store.SetOutcomeAsync("unknown", "x", CancellationToken.None);
        (await _store.FindOutcomeAsync("a", "browser", CancellationToken.None)).Should().BeNull();
        await TakeAsync("a");
        await _store.SetOutcomeAsync("a", "outcome", CancellationToken.None);
        Clock.Advance(Life);

        (await _store.FindOutcomeAsync("a", "browser", CancellationToken.None)).Should().BeNull();
        (await TakeAsync("a")).Should().BeSameAs(AuthorizationRedemption.Unknown);
    }

    [Fact]
    public async Task DL_4_The_oldest_of_a_browser_and_of_an_owner_make_room_and_what_was_taken_stays()
    {
        await AddAsync("a");
        await TakeAsync("a");
        await AddAsync("b");
        await AddAsync("c");
        await AddAsync("d", browser: "other");
        await AddAsync("e", browser: "other");

        (await TakeAsync("a")).Kind.Should().Be(AuthorizationRedemptionKind.TakenBefore);
        (await TakeAsync("b")).Kind.Should().Be(AuthorizationRedemptionKind.Unknown);
        (await TakeAsync("c")).Kind.Should().Be(AuthorizationRedemptionKind.Taken);
        (await TakeAsync("e", "other")).Kind.Should().Be(AuthorizationRedemptionKind.Taken);
    }

    [Fact]
    public async Task DL_4_What_was_taken_counts_for_no_browser_and_no_owner_but_for_all_together()
    {
        foreach (string id in (string[])["a", "b", "c"])
        {
            await AddAsync(id);
            await TakeAsync(id);
        }

        await AddAsync("d");
        await AddAsync("e");
        (await _store.TryAddAsync(Row("f", "other", "somebody else"), Bounds, CancellationToken.None)).Should().BeFalse("five are as many as there may be, endings included");

        (await TakeAsync("d")).Kind.Should().Be(AuthorizationRedemptionKind.Taken);
        (await TakeAsync("e")).Kind.Should().Be(AuthorizationRedemptionKind.Taken);
        foreach (string id in (string[])["a", "b", "c"])
            (await TakeAsync(id)).Kind.Should().Be(AuthorizationRedemptionKind.TakenBefore);
    }

    [Fact]
    public async Task DL_4_What_makes_room_for_an_owner_makes_room_in_its_browser_too()
    {
        await AddAsync("a", browser: "one");
        await AddAsync("b", browser: "two");
        await AddAsync("c", browser: "two");
        await AddAsync("d", browser: "one"); // a goes, for the owner.
        await AddAsync("e", browser: "one"); // b goes, for the owner; d stays, as its browser has no other.

        (await TakeAsync("a", "one")).Kind.Should().Be(AuthorizationRedemptionKind.Unknown);
        (await TakeAsync("b", "two")).Kind.Should().Be(AuthorizationRedemptionKind.Unknown);
        (await TakeAsync("c", "two")).Kind.Should().Be(AuthorizationRedemptionKind.Taken);
        (await TakeAsync("d", "one")).Kind.Should().Be(AuthorizationRedemptionKind.Taken);
        (await TakeAsync("e", "one")).Kind.Should().Be(AuthorizationRedemptionKind.Taken);
    }

    [Fact]
    public async Task DL_4_What_has_ended_goes_before_anything_that_is_pending()
    {
        await AddAsync("a");
        await AddAsync("b", browser: "other");
        Clock.Advance(Life);

        foreach (string id in (string[])["c", "d"])
            await AddAsync(id);

        (await TakeAsync("a")).Kind.Should().Be(AuthorizationRedemptionKind.Unknown);
        (await TakeAsync("c")).Kind.Should().Be(AuthorizationRedemptionKind.Taken);
        (await TakeAsync("d")).Kind.Should().Be(AuthorizationRedemptionKind.Taken);
    }

    [Fact]
    public async Task DL_4_CVE_2021_22119_However_many_start_no_more_than_the_bound_are_kept()
    {
        AuthorizationRequestBounds bounds = new(5, 20, Flood / 10);
        int kept = 0;
        for (int i = 0; i < Flood; i++)
            kept += await _store.TryAddAsync(Row($"{i}", $"browser {i}", $"owner {i}"), bounds, CancellationToken.None) ? 1 : 0;

        kept.Should().Be(bounds.Overall);
        Clock.Advance(Life);
        (await _store.TryAddAsync(Row("late", "b", "o"), bounds, CancellationToken.None)).Should().BeTrue();
    }

    [Fact]
    public async Task What_begins_at_one_node_is_finished_at_another()
    {
        await AddAsync("a");
        IAuthorizationRequestStore other = OpenAgain();

        (await other.TryRedeemAsync("a", "browser", CancellationToken.None)).Payload.Should().Be("payload of a");
        await other.SetOutcomeAsync("a", "outcome", CancellationToken.None);
        (await _store.FindOutcomeAsync("a", "browser", CancellationToken.None)).Should().Be("outcome");
    }

    [Fact]
    public async Task Ids_are_compared_to_the_letter()
    {
        await AddAsync("a");

        (await TakeAsync("A")).Should().BeSameAs(AuthorizationRedemption.Unknown);
        (await TakeAsync("a ")).Should().BeSameAs(AuthorizationRedemption.Unknown);
        (await TakeAsync("a", "Browser")).Should().BeSameAs(AuthorizationRedemption.Unknown);
    }

    private async Task AddAsync(string id, string browser = "browser")
    {
        (await _store.TryAddAsync(Row(id, browser, "owner"), Bounds, CancellationToken.None)).Should().BeTrue();
        Clock.Advance(TimeSpan.FromMilliseconds(1)); // What is oldest is told by the time.
    }

    private Task<AuthorizationRedemption> TakeAsync(string id, string browser = "browser") => _store.TryRedeemAsync(id, browser, CancellationToken.None);

    private PendingAuthorization Row(string id, string browser, string owner) => new()
    {
        Id = id,
        BrowserId = browser,
        OwnerId = owner,
        Payload = "payload of " + id,
        CreatedAt = Clock.GetUtcNow(),
        ExpiresAt = Clock.GetUtcNow() + Life,
    };
}
