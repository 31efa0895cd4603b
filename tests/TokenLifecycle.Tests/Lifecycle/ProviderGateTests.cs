using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Logging.Abstractions;
using TokenLifecycle.Lifecycle;
using TokenLifecycle.Options;
using TokenLifecycle.Protocol;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>What is known of a provider as a whole: throttle, breaker, rejected client, mass rejections.</summary>
public sealed class ProviderGateTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ManualTimeProvider _clock = new(Rows.Start);
    private readonly OAuthProviderOptions _options = Rows.Provider();
    private readonly ProviderGate _gate;

    public ProviderGateTests()
    {
        _clock.Advance(Second);
        _gate = new ProviderGate(World.Provider, _clock, NullLogger.Instance);
    }

    [Fact]
    public void The_longest_throttle_counts_and_ends()
    {
        _gate.Throttle(100 * Second).Should().Be(100 * Second);
        _gate.Throttle(10 * Second);
        _gate.Throttle(retryAfter: null).Should().Be(60 * Second);
        _clock.Advance((100 * Second) - TimeSpan.FromTicks(1));
        Refused(TokenFailureKind.RateLimited);
        _clock.Advance(TimeSpan.FromTicks(1));

        _gate.Refusal(_options).Should().BeNull();
    }

    [Fact]
    public void C8_A_rejected_client_is_probed_by_one_caller_a_minute_and_by_the_first_after_new_settings()
    {
        _gate.RejectClient(_options, "invalid_client").Should().BeTrue();
        _gate.RejectClient(_options, "invalid_client").Should().BeFalse("it is no news");
        _gate.IsClientRejected.Should().BeTrue();
        _gate.Refusal(_options)!.Kind.Should().Be(RefreshResultKind.Misconfigured);
        _clock.Advance(ProviderGate.ClientProbeInterval);
        _gate.Refusal(_options).Should().BeNull();
        _gate.Refusal(_options).Should().NotBeNull();
        _gate.Refusal(Rows.Provider()).Should().BeNull("these are other settings");

        _gate.AcceptClient().Should().BeTrue();
        _gate.AcceptClient().Should().BeFalse();
        _gate.IsClientRejected.Should().BeFalse();
        _gate.Refusal(_options).Should().BeNull();
    }

    [Fact]
    public async Task The_breaker_opens_when_most_of_ten_fail_and_lets_one_through_after_a_while()
    {
        for (int i = 0; i < 10; i++)
            await _gate.SendAsync(() => Reply(TokenOutcome.Unknown));
        Refused(TokenFailureKind.ProviderUnavailable);
        (await _gate.SendAsync(() => throw new InvalidOperationException("Nothing may be sent."))).Should().Match<TokenReply>(r => r.Outcome == TokenOutcome.NotSent && r.RetryAfter > TimeSpan.Zero);
        _clock.Advance(15 * Second);
        _gate.Refusal(_options).Should().BeNull();

        var probe = new TaskCompletionSource<TokenReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<TokenReply> probing = _gate.SendAsync(() => probe.Task);
        TokenReply loser = await _gate.SendAsync(() => throw new InvalidOperationException("Nothing may be sent."));
        loser.Outcome.Should().Be(TokenOutcome.NotSent);
        loser.RetryAfter.Should().BeNull("F36: the probe tells within one request");
        probe.SetResult(await Reply(TokenOutcome.Success));
        await probing;

        (await _gate.SendAsync(() => Reply(TokenOutcome.Success))).Outcome.Should().Be(TokenOutcome.Success);
    }

    [Fact]
    public async Task D7_The_breaker_does_not_notice_a_wall_clock_that_is_set_back()
    {
        for (int i = 0; i < 10; i++)
            await _gate.SendAsync(() => Reply(TokenOutcome.Unknown));
        _clock.JumpWallClock(TimeSpan.FromHours(-1));
        _clock.Advance(15 * Second);

        (await _gate.SendAsync(() => Reply(TokenOutcome.Success))).Outcome.Should().Be(TokenOutcome.Success);
    }

    [Theory]
    [InlineData(TokenOutcome.Refused, 400)]
    [InlineData(TokenOutcome.Refused, 429)]
    [InlineData(TokenOutcome.Success, 200)]
    internal async Task Answers_that_a_working_provider_gives_do_not_open_it(TokenOutcome outcome, int status)
    {
        for (int i = 0; i < 100; i++)
            await _gate.SendAsync(() => Reply(outcome, status));

        _gate.Refusal(_options).Should().BeNull();
    }

    [Fact]
    public async Task A_provider_that_says_503_to_all_opens_it()
    {
        for (int i = 0; i < 10; i++)
            await _gate.SendAsync(() => Reply(TokenOutcome.Refused, 503));

        Refused(TokenFailureKind.ProviderUnavailable);
    }

    [Fact]
    public async Task Law_8_What_was_not_sent_is_sent_again_twice_and_what_was_sent_never()
    {
        int sent = 0;
        Task<TokenReply> work = _gate.SendAsync(() =>
        {
            sent++;
            return Reply(TokenOutcome.NotSent);
        });
        await _clock.RunAsync(work);
        sent.Should().Be(3);

        foreach (TokenOutcome outcome in (TokenOutcome[])[TokenOutcome.Unknown, TokenOutcome.Refused, TokenOutcome.Success])
        {
            sent = 0;
            await _gate.SendAsync(() =>
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
            var guard = new RejectionGuard(clock);
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

            clock.Advance(RejectionGuard.Window + Second);
            return !guard.IsHolding;

            bool Expected(out int rejections, out int total)
            {
                (DateTimeOffset At, bool Rejected)[] inside = [.. latest.Values.Where(l => clock.GetUtcNow() - l.At <= RejectionGuard.Window)];
                (rejections, total) = (inside.Count(l => l.Rejected), inside.Length);
                return rejections > 5 && rejections > total * 0.5;
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithEndSize(200));

    private static Task<TokenReply> Reply(TokenOutcome outcome, int? status = null) =>
        Task.FromResult(new TokenReply { Outcome = outcome, RequestedAt = Rows.Start, HttpStatus = status });

    private void Refused(TokenFailureKind kind) =>
        _gate.Refusal(_options)!.ToException(Rows.Key, _options).Should().BeOfType<TokenTemporarilyUnavailableException>().Which.Kind.Should().Be(kind);
}
