using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Logging.Abstractions;
using TokenLifecycle.Concurrency;
using TokenLifecycle.Options;
using TokenLifecycle.Protocol;
using TokenLifecycle.Providers;
using TokenLifecycle.Testing;
using TokenLifecycle.TestKit;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.Providers;

/// <summary>What is known of a provider as a whole: throttle, breaker, rejected client, mass rejections.</summary>
public sealed class ProviderCircuitTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ManualTimeProvider _clock = new(Rows.Start);
    private readonly OAuthProviderOptions _options = Rows.Provider();
    private readonly ProviderCircuit _gate;

    public ProviderCircuitTests()
    {
        _clock.Advance(Second);
        _gate = new ProviderCircuit(World.Provider, WorkScheduler.Default, _clock, NullLogger.Instance);
    }

    [Fact]
    [Trait("Rule", "FP-4")]
    public void A_limit_that_one_connection_meets_is_its_own_however_often()
    {
        _gate.Throttle(Key(1), _options, 100 * Second).Should().Be(100 * Second);
        _gate.Throttle(Key(1), _options, retryAfter: null).Should().Be(60 * Second);

        _gate.IsThrottled.Should().BeFalse();
        _gate.Refusal(_options).Should().BeNull();
    }

    [Fact]
    [Trait("Rule", "FP-4")]
    public void A_limit_that_two_connections_meet_holds_for_all_until_the_shorter_of_the_two_ends()
    {
        _gate.Throttle(Key(1), _options, TimeSpan.FromDays(1));
        _gate.Throttle(Key(2), _options, 100 * Second);
        _clock.Advance((100 * Second) - TimeSpan.FromTicks(1));
        Refused(TokenFailureKind.RateLimited);
        _clock.Advance(TimeSpan.FromTicks(1));

        _gate.Refusal(_options).Should().BeNull();
    }

    [Fact]
    [Trait("Rule", "FP-4")]
    public void Two_limits_are_two_connections_own_if_one_was_served_in_between_or_the_first_is_over()
    {
        _gate.Throttle(Key(1), _options, 100 * Second);
        _gate.NoteSuccess(Key(9), began: 0);
        _gate.Throttle(Key(2), _options, 100 * Second);
        _gate.Refusal(_options).Should().BeNull("one was served in between");

        _clock.Advance(101 * Second);
        _gate.Throttle(Key(3), _options, 100 * Second);
        _gate.Refusal(_options).Should().BeNull("the other limit is over");
    }

    [Fact]
    [Trait("Rule", "FP-4")]
    public void A_limit_on_the_app_itself_is_every_connections()
    {
        OAuthProviderOptions options = Rows.Provider();
        options.GrantType = OAuthGrantType.ClientCredentials;
        _gate.Throttle(Key(1), options, 100 * Second);

        _gate.Refusal(options).Should().NotBeNull();
    }

    [Fact]
    [Trait("Rule", "FR-3")]
    public void What_one_connection_meets_closes_the_provider_for_no_other()
    {
        for (int i = 0; i < 20; i++)
            _gate.RejectClient(Key(1), _options, "unauthorized_client", isOnly: false).Should().Be((false, false));
        _gate.AcceptClient();
        _gate.RejectClient(Key(2), _options, "unauthorized_client", isOnly: false).Should().Be((false, false), "one was served in between");
        _gate.Client.IsRejected.Should().BeFalse();
        _gate.Refusal(_options).Should().BeNull();

        _gate.RejectClient(Key(3), _options, "unauthorized_client", isOnly: false).Should().Be((true, true));
        _gate.Refusal(_options)!.Kind.Should().Be(RefreshResultKind.Misconfigured);
    }

    [Fact]
    public void C8_A_rejected_client_is_probed_by_one_request_a_minute_and_by_the_first_after_new_settings()
    {
        _gate.RejectClient(Key(1), _options, "invalid_client", isOnly: false);
        _gate.RejectClient(Key(2), _options, "invalid_client", isOnly: false).Should().Be((true, true));
        _gate.RejectClient(Key(2), _options, "invalid_client", isOnly: false).Should().Be((true, false), "it is no news");
        _gate.Client.IsRejected.Should().BeTrue();
        _gate.Refusal(_options)!.Kind.Should().Be(RefreshResultKind.Misconfigured);
        _clock.Advance(ClientStanding.ProbeInterval);
        _gate.Refusal(_options).Should().BeNull("looking takes nobody's turn");
        _gate.RefusalToSend().Should().BeNull();
        _gate.RefusalToSend().Should().NotBeNull();
        _gate.Refusal(Rows.Provider()).Should().NotBeNull("the same settings, loaded again, mend nothing");
        OAuthProviderOptions changed = Rows.Provider();
        changed.ClientSecret = Canary.New("secret");
        _gate.Refusal(changed).Should().BeNull("these are other settings");

        _gate.RejectClient(Key(1), changed, "invalid_client", isOnly: true).Should().Be((true, true), "nobody else could tell");
        _gate.RejectClient(Key(2), _options, "invalid_client", isOnly: false);
        _gate.AcceptClient().Should().BeTrue();
        _gate.AcceptClient().Should().BeFalse();
        _gate.Client.IsRejected.Should().BeFalse();
        _gate.RejectClient(Key(2), _options, "invalid_client", isOnly: true).Should().Be((false, false), "that was asked under settings that are gone");
    }

    [Fact]
    [Trait("Rule", "FR-3")]
    public async Task The_breaker_stays_closed_for_what_one_connection_meets_however_often()
    {
        for (int i = 0; i < 100; i++)
            await _gate.SendAsync(Key(1), () => Reply(TokenOutcome.Unknown));
        await _gate.SendAsync(Key(2), () => Reply(TokenOutcome.Success));
        for (int i = 0; i < 20; i++)
        {
            await _gate.SendAsync(Key(1), () => Reply(TokenOutcome.Refused, 503));
            await _gate.SendAsync(Key(2), () => Reply(TokenOutcome.Refused, 400));
        }

        _gate.IsOpenToAll.Should().BeTrue();
        _gate.Refusal(_options).Should().BeNull();
    }

    [Fact]
    public async Task The_breaker_opens_when_most_of_ten_fail_and_lets_one_through_after_a_while()
    {
        for (int i = 0; i < 10; i++)
            await _gate.SendAsync(Key(i), () => Reply(TokenOutcome.Unknown));
        Refused(TokenFailureKind.ProviderUnavailable);
        (await _gate.SendAsync(Key(0), () => throw new InvalidOperationException("Nothing may be sent."))).Should().Match<TokenReply>(r => r.Outcome == TokenOutcome.NotSent && r.RetryAfter > TimeSpan.Zero);
        _clock.Advance(15 * Second);
        _gate.Refusal(_options).Should().BeNull();

        var probe = new TaskCompletionSource<TokenReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<TokenReply> probing = _gate.SendAsync(Key(0), () => probe.Task);
        TokenReply loser = await _gate.SendAsync(Key(0), () => throw new InvalidOperationException("Nothing may be sent."));
        loser.Outcome.Should().Be(TokenOutcome.NotSent);
        loser.RetryAfter.Should().BeNull("the probe tells within one request");
        probe.SetResult(await Reply(TokenOutcome.Success));
        await probing;

        (await _gate.SendAsync(Key(0), () => Reply(TokenOutcome.Success))).Outcome.Should().Be(TokenOutcome.Success);
    }

    [Fact]
    public async Task D7_The_breaker_does_not_notice_a_wall_clock_that_is_set_back()
    {
        for (int i = 0; i < 10; i++)
            await _gate.SendAsync(Key(i), () => Reply(TokenOutcome.Unknown));
        _clock.JumpWallClock(TimeSpan.FromHours(-1));
        _clock.Advance(15 * Second);

        (await _gate.SendAsync(Key(0), () => Reply(TokenOutcome.Success))).Outcome.Should().Be(TokenOutcome.Success);
    }

    [Theory]
    [InlineData(TokenOutcome.Refused, 400)]
    [InlineData(TokenOutcome.Refused, 429)]
    [InlineData(TokenOutcome.Success, 200)]
    internal async Task Answers_that_a_working_provider_gives_do_not_open_it(TokenOutcome outcome, int status)
    {
        for (int i = 0; i < 100; i++)
            await _gate.SendAsync(Key(i), () => Reply(outcome, status));

        _gate.Refusal(_options).Should().BeNull();
    }

    [Fact]
    public async Task A_provider_that_says_503_to_all_opens_it()
    {
        for (int i = 0; i < 10; i++)
            await _gate.SendAsync(Key(i), () => Reply(TokenOutcome.Refused, 503));

        Refused(TokenFailureKind.ProviderUnavailable);
    }

    [Fact]
    public async Task Law_8_What_was_not_sent_is_sent_again_twice_and_what_was_sent_never()
    {
        int sent = 0;
        Task<TokenReply> work = _gate.SendAsync(Key(0), () =>
        {
            sent++;
            return Reply(TokenOutcome.NotSent);
        });
        await _clock.RunAsync(work);
        sent.Should().Be(3);

        foreach (TokenOutcome outcome in (TokenOutcome[])[TokenOutcome.Unknown, TokenOutcome.Refused, TokenOutcome.Success])
        {
            sent = 0;
            await _gate.SendAsync(Key(0), () =>
            {
                sent++;
                return Reply(outcome);
            });
            sent.Should().Be(1);
        }
    }

    [Fact]
    public void C10_Holding_follows_its_definition_whatever_happens_in_whatever_order() =>
        Prop.ForAll(Gen.Choose(0, 40).SelectMany(_ => Gen.Choose(0, 9), (key, what) => (key, what)).ListOf().ToArbitrary(), steps =>
        {
            var clock = new ManualTimeProvider(Rows.Start);
            var guard = new RejectionDetector(clock);
            var latest = new Dictionary<int, (DateTimeOffset At, bool Rejected)>();
            foreach ((int key, int what) in steps)
            {
                clock.Advance(TimeSpan.FromSeconds(what == 9 ? 240 : 5));
                bool before = Expected(out _, out _);
                guard.IsHolding.Should().Be(before);
                bool rejected = what < 7;
                latest[key] = (clock.GetUtcNow(), rejected);
                bool holds = Expected(out int rejections, out int total);
                guard.Note(new TokenKey(World.Provider, $"user-{key}"), rejected).Should().Be((holds && rejected, holds && !before, rejections, total));
            }

            clock.Advance(RejectionDetector.Window + Second);
            return !guard.IsHolding;

            bool Expected(out int rejections, out int total)
            {
                (DateTimeOffset At, bool Rejected)[] inside = [.. latest.Values.Where(l => clock.GetUtcNow() - l.At <= RejectionDetector.Window)];
                (rejections, total) = (inside.Count(l => l.Rejected), inside.Length);
                return rejections > 5 && rejections > total * 0.5;
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithEndSize(200));

    private static TokenKey Key(int user) => new(World.Provider, $"user-{user}");

    private static Task<TokenReply> Reply(TokenOutcome outcome, int? status = null) =>
        Task.FromResult(new TokenReply { Outcome = outcome, RequestedAt = Rows.Start, HttpStatus = status });

    private void Refused(TokenFailureKind kind) =>
        _gate.Refusal(_options)!.ToException(Rows.Key, _options).Should().BeOfType<TokenTemporarilyUnavailableException>().Which.Kind.Should().Be(kind);
}
