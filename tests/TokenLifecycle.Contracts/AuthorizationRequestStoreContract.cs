using TokenLifecycle.Storage;

namespace TokenLifecycle.Contracts;

/// <summary>What every store of redeemed authorization requests has to do.</summary>
public abstract class AuthorizationRequestStoreContract : IAsyncLifetime
{
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(10);

    private IAuthorizationRequestStore _store = null!;

    protected ContractClock Clock { get; } = new();

    /// <summary>How many requests the store is flooded with.</summary>
    protected virtual int Flood => 150_000;

    public async Task InitializeAsync() => _store = await CreateStoreAsync();

    public abstract Task DisposeAsync();

    /// <summary>A new, empty store that runs on <see cref="Clock"/>.</summary>
    protected abstract Task<IAuthorizationRequestStore> CreateStoreAsync();

    /// <summary>Another node's view of the same storage, or the same store where there is none.</summary>
    protected virtual IAuthorizationRequestStore OpenAgain() => _store;

    [Fact]
    [Trait("Rule", "CB-4")]
    public async Task Of_many_who_redeem_at_once_one_is_the_first()
    {
        IAuthorizationRequestStore other = OpenAgain();

        AuthorizationRedemption[] takes = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Task.Run(() => TakeAsync("a", store: i % 2 == 0 ? _store : other))));

        takes.Count(take => take.Kind == AuthorizationRedemptionKind.Taken).Should().Be(1);
        takes.Count(take => take.Kind == AuthorizationRedemptionKind.TakenBefore).Should().Be(49);
    }

    [Fact]
    [Trait("Rule", "FS-8")]
    public async Task What_was_redeemed_for_one_holder_is_no_other_holders()
    {
        IAuthorizationRequestStore other = OpenAgain();
        (await TakeAsync("a", "first")).Kind.Should().Be(AuthorizationRedemptionKind.Taken);

        (await TakeAsync("a", "second", other)).Should().BeSameAs(AuthorizationRedemption.TakenByAnother);
        (await TakeAsync("a", "first", other)).Kind.Should().Be(AuthorizationRedemptionKind.TakenBefore);
        (await TakeAsync("a", "First")).Should().BeSameAs(AuthorizationRedemption.TakenByAnother, "holders are compared exactly");
    }

    [Fact]
    [Trait("Rule", "CB-2")]
    public async Task Another_holder_does_not_see_the_outcome()
    {
        await TakeAsync("a");
        await _store.SetOutcomeAsync("a", "outcome", CancellationToken.None);

        (await _store.FindOutcomeAsync("a", "other", CancellationToken.None)).Should().BeNull();
        (await TakeAsync("a", "other")).Outcome.Should().BeNull();
        (await _store.FindOutcomeAsync("a", "browser", CancellationToken.None)).Should().Be("outcome");
        (await TakeAsync("a")).Outcome.Should().Be("outcome");
    }

    [Fact]
    public async Task An_outcome_is_of_what_was_redeemed_and_expires_with_it()
    {
        await _store.SetOutcomeAsync("a", "too early", CancellationToken.None);
        (await _store.FindOutcomeAsync("a", "browser", CancellationToken.None)).Should().BeNull();
        await TakeAsync("a");
        (await _store.FindOutcomeAsync("a", "browser", CancellationToken.None)).Should().BeNull();
        await _store.SetOutcomeAsync("a", "outcome", CancellationToken.None);
        Clock.Advance(Life);

        (await _store.FindOutcomeAsync("a", "browser", CancellationToken.None)).Should().BeNull();
        (await TakeAsync("a", "other")).Kind.Should().Be(AuthorizationRedemptionKind.Taken, "an expired row counts as none");
        (await _store.FindOutcomeAsync("a", "other", CancellationToken.None)).Should().BeNull();
    }

    [Fact]
    public async Task Each_expires_at_its_own_time()
    {
        await _store.TryRedeemAsync("long", "browser", Clock.GetUtcNow() + Life, CancellationToken.None);
        await _store.TryRedeemAsync("short", "browser", Clock.GetUtcNow() + (Life / 2), CancellationToken.None);
        Clock.Advance(Life / 2);

        (await TakeAsync("short")).Kind.Should().Be(AuthorizationRedemptionKind.Taken);
        (await TakeAsync("long")).Kind.Should().Be(AuthorizationRedemptionKind.TakenBefore);
    }

    [Fact]
    [Trait("Rule", "FS-4")]
    [Trait("Rule", "DL-4")]
    public async Task However_many_are_redeemed_no_one_is_refused()
    {
        for (int i = 0; i < Flood; i++)
            (await TakeAsync($"{i}", $"browser {i}")).Kind.Should().Be(AuthorizationRedemptionKind.Taken);

        (await TakeAsync("honest")).Kind.Should().Be(AuthorizationRedemptionKind.Taken);
        await _store.SetOutcomeAsync("honest", "outcome", CancellationToken.None);
        (await TakeAsync("honest")).Outcome.Should().Be("outcome");
    }

    [Fact]
    public async Task What_is_redeemed_at_one_node_is_known_at_another()
    {
        IAuthorizationRequestStore other = OpenAgain();

        (await TakeAsync("a", store: other)).Kind.Should().Be(AuthorizationRedemptionKind.Taken);
        await other.SetOutcomeAsync("a", "outcome", CancellationToken.None);
        (await _store.FindOutcomeAsync("a", "browser", CancellationToken.None)).Should().Be("outcome");
    }

    [Fact]
    public async Task Ids_are_compared_exactly()
    {
        await TakeAsync("a");

        (await TakeAsync("A")).Kind.Should().Be(AuthorizationRedemptionKind.Taken);
        (await TakeAsync("a ")).Kind.Should().Be(AuthorizationRedemptionKind.Taken);
    }

    private Task<AuthorizationRedemption> TakeAsync(string id, string holder = "browser", IAuthorizationRequestStore? store = null) =>
        (store ?? _store).TryRedeemAsync(id, holder, Clock.GetUtcNow() + Life, CancellationToken.None);
}
