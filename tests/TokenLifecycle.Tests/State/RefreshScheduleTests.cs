using FsCheck;
using FsCheck.Fluent;
using TokenLifecycle.Providers;
using TokenLifecycle.State;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;
using TokenLifecycle.TestKit;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.State;

/// <summary>Pauses after failures, and the time of the next refresh: their bounds, for every draw.</summary>
public sealed class RefreshScheduleTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    [Fact]
    public void A_pause_doubles_up_to_its_cap_and_is_drawn_from_half_of_it_to_the_whole() =>
        Prop.ForAll(Gen.Choose(1, 5000).SelectMany(_ => Gen.Choose(0, 1000), (attempts, draw) => (attempts, draw)).ToArbitrary(), sample =>
        {
            TimeSpan full = Capped(sample.attempts);
            TimeSpan pause = Pause(sample.attempts, sample.draw / 1000.0);
            return pause <= full && pause >= full / 2 && Math.Abs((pause - (full * (1 - (0.5 * sample.draw / 1000.0)))).TotalMilliseconds) < 1;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    [Fact]
    public void The_cap_of_a_pause_never_shrinks_from_one_attempt_to_the_next() =>
        Enumerable.Range(1, 100).Select(attempts => Pause(attempts, draw: 0)).Should().BeInAscendingOrder().And.EndWith(LongestPause);

    [Fact]
    [Trait("Rule", "BG-8")]
    public void A_pause_is_at_most_a_quarter_of_what_is_left_and_half_a_minute_once_nothing_is() =>
        Prop.ForAll(Gen.Choose(1, 50).SelectMany(_ => Gen.Choose(-1000, 100_000), (attempts, left) => (attempts, left)).ToArbitrary(), sample =>
        {
            TimeSpan left = TimeSpan.FromSeconds(sample.left);
            TimeSpan pause = Pause(sample.attempts, draw: 0, left);
            return pause > TimeSpan.Zero && pause <= (left > TimeSpan.Zero ? RefreshTiming.Max(left / 4, Second) : 30 * Second) && pause <= LongestPause;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    [Fact]
    public void C11_What_the_provider_asks_for_is_waited_and_at_most_a_tenth_more() =>
        Prop.ForAll(
            Gen.Choose(1, 20).SelectMany(_ => Gen.Choose(0, 3600), (attempts, asked) => (attempts, asked)).SelectMany(_ => Gen.Choose(0, 1000), (s, draw) => (s.attempts, s.asked, draw)).ToArbitrary(),
            sample =>
            {
                TimeSpan asked = TimeSpan.FromSeconds(sample.asked);
                TimeSpan pause = Pause(sample.attempts, sample.draw / 1000.0, TimeSpan.Zero, asked);
                return pause >= asked && pause <= RefreshTiming.Max(asked * 1.1, 30 * Second);
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    [Theory]
    [InlineData(1, 0, 30)]
    [InlineData(2, 150, 300)]
    [InlineData(3, 300, 600)]
    [InlineData(4, 600, 1200)]
    [InlineData(6, 1800, 3600)]
    [InlineData(50, 1800, 3600)]
    public void A_refresh_token_that_was_presented_twice_without_an_answer_waits_long(int presentations, int from, int to)
    {
        foreach (double draw in (double[])[0, 0.5, 0.999])
        {
            StoredToken row = Rows.Row(intent: Rows.Presented(presentations));
            TimeSpan pause = Plan(draw).AfterFailure(row, Rows.FailedAt(Rows.Start, attempts: 30, TokenFailureKind.NoAnswer), retryAfter: null, TimeSpan.Zero) - Rows.Start;
            pause.Should().BeGreaterThanOrEqualTo(TimeSpan.FromSeconds(from)).And.BeLessThanOrEqualTo(TimeSpan.FromSeconds(to));
        }
    }

    [Fact]
    public void An_answer_however_bad_is_not_silence() =>
        (Plan(0).AfterFailure(Rows.Row(intent: Rows.Presented(9)), Rows.FailedAt(Rows.Start, attempts: 9), retryAfter: null, TimeSpan.Zero) - Rows.Start).Should().Be(30 * Second);

    [Fact]
    public void A_refresh_is_planned_within_the_buffer_and_spread_over_its_first_half() =>
        Prop.ForAll(Gen.Choose(2, 1_000_000).SelectMany(_ => Gen.Choose(0, 1000), (life, draw) => (life, draw)).ToArbitrary(), sample =>
        {
            TimeSpan life = TimeSpan.FromSeconds(sample.life);
            var timing = RefreshTiming.For(new(), Rows.Provider(), life);
            TimeSpan lead = Rows.Start + life - Plan(sample.draw / 1000.0).AfterSuccess(Rows.Tokens(life, "refresh"), timing)!.Value;
            return lead <= timing.RefreshBefore && lead >= (timing.RefreshBefore * 0.5) - TimeSpan.FromTicks(1);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    [Fact]
    public void A_refresh_that_does_not_extend_the_end_is_not_planned_again_before_half_of_what_is_left() =>
        Prop.ForAll(Gen.Choose(2, 100_000).SelectMany(_ => Gen.Choose(0, 1000), (left, draw) => (left, draw)).ToArbitrary(), sample =>
        {
            TimeSpan left = TimeSpan.FromSeconds(sample.left);
            DateTimeOffset next = Plan(sample.draw / 1000.0).AfterSuccess(Rows.Tokens(left, "refresh"), new RefreshTiming(TimeSpan.FromDays(1), Second))!.Value;
            return next - Rows.Start >= left / 2;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    [Fact]
    public void What_is_nearly_over_on_arrival_is_not_planned_again_within_a_second() =>
        Plan(0).AfterSuccess(Rows.Tokens(Second / 2, Canary.New("refresh")), new RefreshTiming(LongestPause, Second)).Should().Be(Rows.Start + Second);

    [Fact]
    public void D11_The_next_refresh_comes_before_either_token_ends() =>
        Prop.ForAll(Gen.Choose(2, 100_000).SelectMany(_ => Gen.Choose(2, 100_000), (access, refresh) => (access, refresh)).ToArbitrary(), sample =>
        {
            DateTimeOffset refreshEnds = Rows.Start + TimeSpan.FromSeconds(sample.refresh);
            TokenSet tokens = Rows.Tokens(TimeSpan.FromSeconds(sample.access), Canary.New("refresh"), refreshTokenExpiresAt: refreshEnds);
            DateTimeOffset next = Plan(0.5).AfterSuccess(tokens, RefreshTiming.For(new(), Rows.Provider(), tokens.Lifetime))!.Value;
            return next > Rows.Start && next < tokens.ExpiresAt && next < refreshEnds;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    [Fact]
    public void D11_A_refresh_token_that_seems_to_have_ended_already_does_not_count() =>
        Plan(0).AfterSuccess(
                Rows.Tokens(TimeSpan.FromHours(1), Canary.New("refresh"), refreshTokenExpiresAt: Rows.Start - Second), new RefreshTiming(LongestPause, Second))
            .Should().Be(Rows.Start + TimeSpan.FromMinutes(55));

    [Fact]
    public void What_has_no_end_has_no_plan() =>
        Plan(0).AfterSuccess(Rows.Tokens(lifetime: null, Canary.New("refresh")), new RefreshTiming(LongestPause, Second)).Should().BeNull();

    [Fact]
    public void Failures_are_counted_while_their_kind_stays_the_same()
    {
        var clock = new ManualTimeProvider(Rows.Start);
        var plan = new RefreshSchedule(clock, new FixedRandom(0));
        TokenFailure first = plan.Record(previous: null, TokenFailureKind.Network, "code", 400);
        clock.Advance(Second);
        TokenFailure second = plan.Record(first, TokenFailureKind.Network, errorCode: null, httpStatus: null);
        TokenFailure other = plan.Record(second, TokenFailureKind.ProtocolError, errorCode: null, httpStatus: null);

        (first.Attempts, first.FirstAt, first.At, first.ErrorCode, first.HttpStatus).Should().Be((1, Rows.Start, Rows.Start, "code", 400));
        (second.Attempts, second.FirstAt, second.At).Should().Be((2, Rows.Start, Rows.Start + Second));
        (other.Attempts, other.FirstAt).Should().Be((1, Rows.Start + Second));
    }

    private static TimeSpan Capped(int attempts) => RefreshTiming.Min(Second * Math.Pow(2, Math.Min(attempts - 1, 20)), LongestPause);

    private static TimeSpan Pause(int attempts, double draw, TimeSpan? left = null, TimeSpan? retryAfter = null) =>
        Plan(draw).AfterFailure(Rows.Row(), Rows.FailedAt(Rows.Start, attempts), retryAfter, left) - Rows.Start;

    private static RefreshSchedule Plan(double draw) => new(new ManualTimeProvider(Rows.Start), new FixedRandom(draw));

    private sealed class FixedRandom(double draw) : Random
    {
        public override double NextDouble() => draw;
    }
}
