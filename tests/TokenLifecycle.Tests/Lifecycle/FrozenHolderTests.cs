using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>A6, A12: a holder that comes back after its lease, or after somebody has saved.</summary>
public sealed class FrozenHolderTests
{
    private const string Rejection = """{"error":"invalid_grant"}""";

    [Fact]
    public async Task A12_A_superseded_result_is_dropped_and_the_stored_generation_is_returned()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        (Task<AccessToken> get, FaultHold hold) = await world.HoldGetAsync(hold: Fault.HoldReply());
        TokenSet newer = world.Server.IssueTokens(world.User, "read");
        StoredToken stored = await world.StoreBehindAsync(newer);
        hold.Release();

        (await get).Value.Should().Be(newer.AccessToken);

        (await world.GetAsync()).Value.Should().Be(newer.AccessToken);
        StoredToken now = await world.StoredAsync();
        now.Version.Should().Be(stored.Version);
        now.Tokens.AccessToken.Should().Be(newer.AccessToken);
    }

    [Fact]
    public async Task A6_Tokens_that_arrive_after_the_lease_ran_out_are_saved_if_nobody_else_has()
    {
        (World world, FaultyStore store, ManualTimeProvider storeClock) = await StartAsync();
        await using World _ = world;
        await world.ConnectExpiredAsync();
        (Task<AccessToken> get, FaultHold hold) = await world.HoldGetAsync(hold: Fault.HoldReply());
        storeClock.Advance(TimeSpan.FromSeconds(61));
        hold.Release();

        AccessToken token = await get;

        (await store.Inner.FindAsync(world.Key, CancellationToken.None))!.Tokens.AccessToken.Should().Be(token.Value);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task F17_A_holder_that_slept_past_its_lease_before_it_sent_anything_asks_for_it_again(bool theirsIsSaved)
    {
        (World world, FaultyStore store, ManualTimeProvider storeClock) = await StartAsync();
        await using World _ = world;
        await world.ConnectExpiredAsync();
        TokenSet theirs = world.Server.IssueTokens(world.User, "read");
        bool slept = false;
        store.After = async name =>
        {
            if (name != "begin" || slept)
                return;
            slept = true;
            storeClock.Advance(TimeSpan.FromSeconds(61));
            RefreshClaim claim = await store.Inner.BeginRefreshAsync(world.Key, "another process", TimeSpan.FromMinutes(1), CancellationToken.None);
            if (theirsIsSaved)
                await store.Inner.SaveAsync(new StoredToken { Key = world.Key, Tokens = theirs, ReceivedAt = world.Clock.GetUtcNow() }, claim.Token!.Version, CancellationToken.None);
            world.Clock.Suspend(TimeSpan.FromSeconds(61));
        };

        Task<AccessToken> get = world.GetAsync();
        if (!theirsIsSaved)
        {
            while (store.CountOf("begin") < 2)
                await Task.Yield();
            StoredToken row = await StoredAsync();
            await store.Inner.SaveAsync(new StoredToken { Key = world.Key, Tokens = theirs, ReceivedAt = world.Clock.GetUtcNow() }, row.Version, CancellationToken.None);
            await world.RunShortAsync(get);
        }

        (await get).Value.Should().Be(theirs.AccessToken);
        world.Posts().Should().BeEmpty("two holders at once would have spent one refresh token twice");

        async Task<StoredToken> StoredAsync() => (await store.Inner.FindAsync(world.Key, CancellationToken.None))!;
    }

    [Theory]
    [InlineData(400, Rejection)]
    [InlineData(500, "")]
    [InlineData(400, """{"error":"something_else"}""")]
    public async Task A6_RF_9_A_holder_whose_lease_was_taken_over_marks_nothing_as_failed(int status, string body)
    {
        (World world, FaultyStore store, ManualTimeProvider storeClock) = await StartAsync();
        await using World _ = world;
        await world.ConnectExpiredAsync();
        (Task<AccessToken> get, FaultHold hold) = await world.HoldGetAsync();
        storeClock.Advance(TimeSpan.FromSeconds(61));
        RefreshClaim claim = await store.Inner.BeginRefreshAsync(world.Key, "another process", TimeSpan.FromMinutes(1), CancellationToken.None);
        claim.Kind.Should().Be(RefreshClaimKind.Acquired);
        hold.Release(Fault.Body(status, body));

        await FluentActions.Awaiting(() => get).Should().ThrowAsync<TokenTemporarilyUnavailableException>(
            "the other holder presents the same refresh token at this moment, and that is why ours was rejected");

        StoredToken row = (await store.Inner.FindAsync(world.Key, CancellationToken.None))!;
        row.Reauthorization.Should().BeNull();
        row.Failure.Should().BeNull();
        (await world.StatusAsync()).State.Should().Be(TokenState.Expired);

        TokenSet theirs = world.Server.IssueTokens(world.User, "read");
        SaveResult saved = await store.Inner.SaveAsync(
            new StoredToken { Key = world.Key, Tokens = theirs, ReceivedAt = world.Clock.GetUtcNow() }, row.Version, CancellationToken.None);
        saved.IsSaved.Should().BeTrue("the other holder can save what it got");
        world.Clock.Advance(TimeSpan.FromSeconds(60));
        (await world.GetAsync()).Value.Should().Be(theirs.AccessToken);
    }

    /// <summary>A store with a clock of its own, so that a lease can run out while the holder's request has its full deadline.</summary>
    private static async Task<(World World, FaultyStore Store, ManualTimeProvider StoreClock)> StartAsync()
    {
        var clock = new ManualTimeProvider();
        var store = new FaultyStore(new InMemoryTokenStore(clock));
        World world = await World.StartAsync(services: services => services.AddSingleton<ITokenStore>(store));
        return (world, store, clock);
    }
}
