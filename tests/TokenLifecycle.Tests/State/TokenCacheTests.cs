using FsCheck;
using FsCheck.Fluent;
using TokenLifecycle.Options;
using TokenLifecycle.Providers;
using TokenLifecycle.State;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;
using TokenLifecycle.TestKit;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.State;

/// <summary>What a process remembers, for how long by which clock, and what replaces what.</summary>
public sealed class TokenCacheTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly RefreshTiming Timing = new(5 * Minute, TimeSpan.FromSeconds(30));
    private static readonly TokenLifecycleOptions Options = new();

    private readonly ManualTimeProvider _clock = new(Rows.Start);
    private readonly TokenCache _cache;

    public TokenCacheTests() => _cache = new TokenCache(_clock);

    [Fact]
    public void The_highest_version_wins_in_whatever_order_the_rows_come() =>
        Prop.ForAll(Gen.Choose(1, 20).NonEmptyListOf().ToArbitrary(), versions =>
        {
            var cache = new TokenCache(_clock);
            foreach (int version in versions)
                cache.Publish(Rows.Row(version: version), Timing, Options)!.Version.Should().BeGreaterThanOrEqualTo(version);
            return cache.Find(Rows.Key)!.Version == versions.Max();
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Fact]
    public void A_connection_that_was_ended_here_is_not_brought_back_by_an_older_read_but_by_a_newer_save()
    {
        _cache.Publish(Rows.Row(version: 5), Timing, Options);
        _cache.End(Rows.Key, 5);

        _cache.Find(Rows.Key).Should().BeNull();
        _cache.TryGetWarm(Rows.Key, out _).Should().BeFalse();
        _cache.Publish(Rows.Row(version: 4), Timing, Options).Should().BeNull();
        _cache.Publish(Rows.Row(version: 5), Timing, Options).Should().BeNull();
        _cache.Publish(Rows.Row(version: 6), Timing, Options).Should().NotBeNull();
        _cache.TryGetWarm(Rows.Key, out _).Should().BeTrue();
    }

    [Fact]
    public void A_token_is_warm_until_the_store_is_to_be_asked_again()
    {
        _cache.Publish(Rows.Row(), Timing, Options);
        _clock.Advance(Options.CacheDuration - TimeSpan.FromTicks(1));
        _cache.TryGetWarm(Rows.Key, out CachedToken entry).Should().BeTrue();
        _cache.IsFresh(entry).Should().BeTrue();
        _clock.Advance(TimeSpan.FromTicks(1));

        _cache.TryGetWarm(Rows.Key, out _).Should().BeFalse();
        _cache.IsFresh(entry).Should().BeFalse();
        _cache.Find(Rows.Key).Should().BeSameAs(entry);
    }

    [Fact]
    public void D7_It_is_warm_by_both_clocks_and_lives_by_the_stricter()
    {
        CachedToken entry = _cache.Publish(Rows.Row(), Timing, Options)!;
        _clock.JumpWallClock(59 * Minute);
        _cache.RemainingOf(entry).Should().Be(Minute);
        _clock.JumpWallClock(60 * Minute);
        _cache.TryGetWarm(Rows.Key, out _).Should().BeFalse("the wall clock says that it has ended");
        _clock.JumpWallClock(-180 * Minute);
        _clock.Advance(59 * Minute);
        _cache.RemainingOf(entry).Should().Be(Minute, "the monotonic clock is not fooled");

        // The same row read again lives no longer; a newer one does.
        _cache.RemainingOf(_cache.Publish(entry.Row!, Timing, Options)!).Should().Be(Minute);
        _clock.Advance(Minute);
        _cache.TryGetWarm(Rows.Key, out _).Should().BeFalse();
        _cache.RemainingOf(_cache.Publish(Rows.Row(version: 2), Timing, Options)!).Should().BeGreaterThan(Minute);
    }

    [Fact]
    public void A_token_that_is_due_or_below_its_minimum_is_looked_at_each_time()
    {
        _cache.Publish(Rows.Row(Rows.Tokens(Minute / 2, Canary.New("refresh"))), Timing, Options);
        _cache.TryGetWarm(Rows.Key, out _).Should().BeFalse();
        _cache.Publish(Rows.Row(version: 2, nextRefreshAt: Rows.Start), Timing, Options);
        _cache.TryGetWarm(Rows.Key, out _).Should().BeFalse();
        _cache.Publish(Rows.Row(version: 3, nextRefreshAt: Rows.Start + TimeSpan.FromSeconds(10)), Timing, Options);
        _cache.TryGetWarm(Rows.Key, out _).Should().BeTrue();
        _clock.Advance(TimeSpan.FromSeconds(10));
        _cache.TryGetWarm(Rows.Key, out _).Should().BeFalse();
    }

    [Fact]
    public void A_token_of_unknown_end_is_warm_for_the_cache_time()
    {
        CachedToken entry = _cache.Publish(Rows.Row(Rows.Tokens(lifetime: null, Canary.New("refresh"))), Timing, Options)!;

        _cache.RemainingOf(entry).Should().BeNull();
        _cache.TryGetWarm(Rows.Key, out _).Should().BeTrue();
        _clock.JumpWallClock(TimeSpan.FromDays(900));
        _cache.TryGetWarm(Rows.Key, out _).Should().BeTrue();
    }

    [Theory]
    [InlineData(ReauthorizationPolicy.ServeUntilExpiry, true)]
    [InlineData(ReauthorizationPolicy.FailFast, false)]
    public void G3_The_last_token_of_a_dead_grant_is_warm_by_policy_and_says_what_it_is(ReauthorizationPolicy policy, bool warm)
    {
        CachedToken entry = _cache.Publish(Rows.Row(reauthorization: ReauthorizationReason.GrantRejected), Timing, new TokenLifecycleOptions { WhenReauthorizationRequired = policy })!;

        entry.Token!.ReauthorizationRequired.Should().BeTrue();
        _cache.TryGetWarm(Rows.Key, out _).Should().Be(warm);
    }

    [Fact]
    public void The_same_version_read_again_keeps_its_token_object_unless_its_verdict_has_changed()
    {
        StoredToken row = Rows.Row();
        AccessToken first = _cache.Publish(row, Timing, Options)!.Token!;

        _cache.Publish(Rows.Row(row.Tokens), Timing, Options)!.Token.Should().BeSameAs(first);
        _cache.Publish(Rows.Row(row.Tokens, reauthorization: ReauthorizationReason.GrantRejected), Timing, Options)!.Token!.ReauthorizationRequired.Should().BeTrue();
    }

    [Fact]
    public void B3_Tokens_that_could_not_be_saved_yet_replace_those_of_the_same_version_and_live_as_long_as_they_do()
    {
        _cache.Publish(Rows.Row(Rows.Tokens(Minute, Canary.New("refresh"))), Timing, Options);
        _clock.Advance(2 * Minute);
        TokenSet newer = Rows.Tokens(60 * Minute, Canary.New("refresh"), _clock.GetUtcNow());

        CachedToken entry = _cache.Publish(Rows.Row(newer), Timing, Options)!;

        entry.Token!.Value.Should().Be(newer.AccessToken);
        _cache.RemainingOf(entry).Should().Be(60 * Minute);
        _cache.TryGetWarm(Rows.Key, out _).Should().BeTrue();
    }

    [Fact]
    public void G1_After_a_failure_of_the_store_the_next_look_is_put_off_by_seconds()
    {
        CachedToken entry = _cache.Publish(Rows.Row(), Timing, Options)!;
        _clock.Advance(2 * Minute);
        _cache.Extend(entry);
        CachedToken extended = _cache.Find(Rows.Key)!;

        _cache.IsFresh(extended).Should().BeTrue();
        extended.Token.Should().BeSameAs(entry.Token);
        _clock.Advance(TimeSpan.FromSeconds(5));
        _cache.IsFresh(extended).Should().BeFalse();
    }

    [Fact]
    public void A_forced_refresh_is_remembered_by_the_rows_that_follow()
    {
        _clock.Advance(Minute);
        long forced = _clock.GetTimestamp();
        _cache.Publish(Rows.Row(), Timing, Options, forced: true);
        _clock.Advance(Minute);

        _cache.Publish(Rows.Row(version: 2), Timing, Options)!.ForcedAt.Should().Be(forced);
    }

    [Fact]
    public void Beyond_the_bound_what_is_stale_goes_first()
    {
        var options = new TokenLifecycleOptions { MaxCachedConnections = 4000 };
        PublishMany(options, 0, 4000);
        _clock.Advance(2 * options.CacheDuration);
        PublishMany(options, 4000, 2048);

        Known(0, 4000).Should().Be(0);
        Known(4000, 2048).Should().Be(2048);
    }

    [Fact]
    public void However_many_are_in_use_at_once_the_bound_holds_and_those_read_longest_ago_go()
    {
        const int bound = 4000;
        var options = new TokenLifecycleOptions { MaxCachedConnections = bound, CacheDuration = TimeSpan.FromHours(1) };
        for (int part = 0; part < 40; part++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            PublishMany(options, part * 500, 500);
        }

        int known = Known(0, 20_000);
        known.Should().BeInRange(bound / 2, bound + 1024);
        Known(19_000, 1000).Should().Be(1000, "they came last");
        Known(0, 12_000).Should().Be(0, "all of them are older than those that fit");
    }

    [Fact]
    public void Of_those_of_one_instant_no_more_go_than_are_too_many()
    {
        var options = new TokenLifecycleOptions { MaxCachedConnections = 4000 };
        PublishMany(options, 0, 20_000);

        Known(0, 20_000).Should().BeInRange(3500, 4000 + 1024);
    }

    [Fact]
    public async Task While_many_threads_fill_it_the_bound_holds_and_who_is_told_of_changes_forgets_what_was_dropped()
    {
        var options = new TokenLifecycleOptions { MaxCachedConnections = 4000 };
        var remembered = new TokenCacheInvalidator(_cache);
        remembered.OutdateAll();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(thread => Task.Run(() => PublishMany(options, thread * 10_000, 10_000))));

        Known(0, 80_000).Should().BeInRange(3500, 4000 + (8 * 1024));
        remembered.Count.Should().BeLessThan(4000 + (8 * 1024));
    }

    [Fact]
    [Trait("Rule", "FR-14")]
    public void Of_a_connection_that_never_was_nothing_is_remembered_when_it_is_ended()
    {
        for (int i = 0; i < 100; i++)
            _cache.End(Key(i), StoredToken.Unsaved);

        _cache.Count.Should().Be(0);
    }

    [Fact]
    [Trait("Rule", "FR-14")]
    public void However_many_connections_are_ended_the_bound_holds()
    {
        PublishMany(new TokenLifecycleOptions { MaxCachedConnections = 4000 }, 0, 1);
        for (int i = 0; i < 20_000; i++)
            _cache.End(Key(i), version: 1);

        _cache.Count.Should().BeInRange(3500, 4000 + 1024);
    }

    private void PublishMany(TokenLifecycleOptions options, int from, int count)
    {
        TokenSet tokens = Rows.Tokens(TimeSpan.FromDays(1), "refresh", _clock.GetUtcNow());
        for (int i = from; i < from + count; i++)
            _cache.Publish(Rows.Row(tokens, key: Key(i)), Timing, options);
    }

    private int Known(int from, int count) => Enumerable.Range(from, count).Count(i => _cache.Find(Key(i)) is not null);

    private static TokenKey Key(int i) => new(World.Provider, $"user-{i}");
}
