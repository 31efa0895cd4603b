using FsCheck;
using FsCheck.Fluent;
using TokenLifecycle.Options;
using TokenLifecycle.Providers;
using TokenLifecycle.State;
using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.State;

/// <summary>The one verdict, and the question whether a refresh is due, over all rows there can be.</summary>
public sealed class FreshnessTests
{
    private static readonly RefreshTiming Timing = new(TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(30));

    private static readonly Gen<Facts> AnyFacts =
        from remaining in Gen.OneOf(Gen.Constant((int?)null), Gen.Choose(-7200, 7200).Select(s => (int?)s), Gen.Elements<int?>(-1, 0, 1, 29, 30, 31, 299, 300, 301))
        from reason in Gen.OneOf(Gen.Constant((ReauthorizationReason?)null), Gen.Elements(Enum.GetValues<ReauthorizationReason>()).Select(r => (ReauthorizationReason?)r))
        from renewable in Gen.Elements(true, false)
        from failed in Gen.Elements(true, false)
        from next in Gen.Choose(-3600, 3600)
        from forced in Gen.Choose(0, 2)
        from minimum in Gen.OneOf(Gen.Constant((int?)null), Gen.Choose(0, 7200).Select(s => (int?)s))
        select new Facts(remaining, reason, renewable, failed, next, forced, minimum);

    [Fact]
    [Trait("Rule", "G2")]
    public void Every_row_has_exactly_one_state_and_each_state_its_meaning() =>
        Prop.ForAll(AnyFacts.ToArbitrary(), facts =>
        {
            FreshnessVerdict verdict = Freshness.Of(facts.Row(), facts.Left, Timing, facts.Renewable);

            verdict.IsLive.Should().Be(facts.Left is not { } left || left > TimeSpan.Zero, "what has expired is never live");
            verdict.State.Should().NotBe(TokenState.Missing).And.NotBe(TokenState.Unreadable);
            (verdict.State == TokenState.ReauthorizationRequired).Should().Be(verdict.Reason is not null);
            switch (verdict.State)
            {
                case TokenState.Valid:
                    (verdict.IsLive && !verdict.MustWait).Should().BeTrue();
                    break;
                case TokenState.ExpiringSoon:
                    (verdict.IsLive && facts.Renewable && facts.Left <= Timing.RefreshBefore).Should().BeTrue();
                    verdict.MustWait.Should().Be(facts.Left < Timing.MinimumValidity);
                    break;
                case TokenState.Expired:
                    (!verdict.IsLive && facts.Renewable && verdict.MustWait).Should().BeTrue();
                    break;
                default:
                    verdict.Reason.Should().Be(facts.Reason ?? ReauthorizationReason.NoRefreshToken);
                    (facts.Reason is not null || (!facts.Renewable && !verdict.IsLive)).Should().BeTrue();
                    break;
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));

    [Fact]
    public void Two_callers_who_ask_at_the_same_time_never_disagree() =>
        Prop.ForAll(AnyFacts.ToArbitrary(), facts => Freshness.Of(facts.Row(), facts.Left, Timing, facts.Renewable) == Freshness.Of(facts.Row(), facts.Left, Timing, facts.Renewable))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void Nothing_is_Missing_with_its_own_reason() =>
        Freshness.Of(token: null, remaining: null, Timing, renewable: false)
            .Should().Be(new FreshnessVerdict(TokenState.Missing, ReauthorizationReason.NotConnected, IsLive: false, MustWait: true));

    [Fact]
    public void As_time_passes_a_row_only_grows_older() =>
        Prop.ForAll(AnyFacts.ToArbitrary(), facts =>
        {
            if (facts.Left is not { } left)
                return true;
            FreshnessVerdict now = Freshness.Of(facts.Row(), left, Timing, facts.Renewable);
            FreshnessVerdict later = Freshness.Of(facts.Row(), left - TimeSpan.FromSeconds(1), Timing, facts.Renewable);
            return later.State >= now.State && (now.IsLive || !later.IsLive) && (!now.MustWait || later.MustWait || later.State == TokenState.ReauthorizationRequired);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    [Fact]
    public void A_refresh_is_due_only_if_it_can_be_made_and_something_asks_for_it() =>
        Prop.ForAll(AnyFacts.ToArbitrary(), facts =>
        {
            StoredToken row = facts.Row();
            RefreshDemand demand = facts.Demand(row);
            RefreshNeed need = RefreshNeed.Of(row, facts.Left, Timing, demand, facts.Renewable, Rows.Start);

            bool possible = facts.Renewable && facts.Reason is null;
            bool ended = facts.Left <= TimeSpan.Zero;
            bool answered = demand.IsForced && demand.RejectedAccessToken != row.Tokens.AccessToken && !ended;
            (!need.IsNeeded || (possible && !answered)).Should().BeTrue();
            (need.IsNeeded && need.Pause > TimeSpan.Zero).Should().BeFalse("it is made now or after a pause");
            (need.Pause == TimeSpan.Zero || (facts.Failed && possible)).Should().BeTrue();
            if (possible && !answered && (demand.IsForced || ended || facts.Left < demand.MinimumValidity))
                (need.IsNeeded || need.Pause > TimeSpan.Zero).Should().BeTrue("what is asked for is done or put off, never forgotten");
            if (possible && !demand.IsForced && facts.Left is null)
                need.IsNeeded.Should().BeFalse("only a rejection shows that a token of unknown end has ended");
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));

    [Fact]
    public void D7_A_pause_is_never_longer_than_it_was_drawn_but_for_the_skew_of_two_machines() =>
        Prop.ForAll(Gen.Choose(1, 4000).SelectMany(_ => Gen.Choose(-7200, 7200), (drawn, moved) => (drawn, moved)).ToArbitrary(), sample =>
        {
            StoredToken row = Rows.Row(Rows.Tokens(TimeSpan.Zero, Canary.New("refresh")), failure: Rows.Failure, nextRefreshAt: Rows.Start + TimeSpan.FromSeconds(sample.drawn));
            RefreshNeed need = RefreshNeed.Of(row, TimeSpan.Zero, Timing, RefreshDemand.ByPlan, renewable: true, Rows.Start + TimeSpan.FromSeconds(sample.moved));
            return need.Pause <= TimeSpan.FromSeconds(sample.drawn) + TimeSpan.FromMinutes(10) && need.IsNeeded == (need.Pause == TimeSpan.Zero);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    [Fact]
    public void D4_The_windows_of_a_token_fit_into_its_life() =>
        Prop.ForAll(Gen.Choose(0, 40_000_000).SelectMany(_ => Gen.Choose(0, 7200), (life, before) => (life, before)).SelectMany(_ => Gen.Choose(0, 7200), (s, floor) => (s.life, s.before, floor)).ToArbitrary(), sample =>
        {
            TimeSpan life = TimeSpan.FromSeconds(sample.life / 10.0);
            OAuthProviderOptions provider = Rows.Provider();
            provider.RefreshBefore = TimeSpan.FromSeconds(sample.before);
            provider.MinimumRefreshBefore = TimeSpan.FromSeconds(sample.floor);
            var timing = RefreshTiming.For(new TokenLifecycleOptions(), provider, life);
            return timing.RefreshBefore >= TimeSpan.Zero && timing.RefreshBefore <= life / 2
                && (timing.RefreshBefore == TimeSpan.Zero || life - timing.RefreshBefore >= TimeSpan.FromSeconds(1))
                && timing.MinimumValidity <= timing.RefreshBefore && timing.MinimumValidity <= life / 4
                && RefreshTiming.ForcedInterval(life) <= TimeSpan.FromMinutes(1);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    [Theory]
    [InlineData(null, 0, null, 300)]
    [InlineData(60, 0, null, 60)]
    [InlineData(60, 600, null, 600)]
    [InlineData(7200, 0, 3600, 3600)]
    [InlineData(null, 600, 120, 120)]
    public void The_buffer_is_the_providers_then_everybodys_raised_to_the_floor_and_cut_at_the_ceiling(int? own, int floor, int? ceiling, int expected)
    {
        OAuthProviderOptions provider = Rows.Provider();
        provider.RefreshBefore = own is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
        provider.MinimumRefreshBefore = TimeSpan.FromSeconds(floor);
        provider.MaximumRefreshBefore = ceiling is { } most ? TimeSpan.FromSeconds(most) : null;

        RefreshTiming.For(new TokenLifecycleOptions(), provider, lifetime: null).RefreshBefore.Should().Be(TimeSpan.FromSeconds(expected));
        RefreshTiming.ForcedInterval(lifetime: null).Should().Be(TimeSpan.FromMinutes(1));
    }

    [Fact]
    public void A_demand_never_shows_its_token() =>
        $"{RefreshDemand.Forced(Canary.New("access"))} {RefreshDemand.ByPlan}".Should().Be("forced by plan");

    private sealed record Facts(int? Remaining, ReauthorizationReason? Reason, bool Renewable, bool Failed, int Next, int Forced, int? Minimum)
    {
        public TimeSpan? Left => Remaining is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

        public StoredToken Row() => Rows.Row(
            Rows.Tokens(Left, Renewable ? "refresh" : null), reauthorization: Reason, failure: Failed ? Rows.Failure : null, nextRefreshAt: Rows.Start + TimeSpan.FromSeconds(Next));

        public RefreshDemand Demand(StoredToken row) => Forced switch
        {
            0 => new RefreshDemand(RejectedAccessToken: null, Minimum is { } seconds ? TimeSpan.FromSeconds(seconds) : null),
            1 => RefreshDemand.Forced(row.Tokens.AccessToken),
            _ => RefreshDemand.Forced(Canary.New("another")),
        };
    }
}
