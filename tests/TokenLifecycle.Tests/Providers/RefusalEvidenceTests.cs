using FsCheck;
using FsCheck.Fluent;
using TokenLifecycle.Providers;
using TokenLifecycle.Testing;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.Providers;

/// <summary>What it takes to call a refusal a connection's own: every order of events, with requests that overlap.</summary>
public sealed class RefusalEvidenceTests
{
    private static readonly TokenKey _ada = new(World.Provider, "ada");
    private static readonly TokenKey _bob = new(World.Provider, "bob");

    private readonly ManualTimeProvider _clock = new(Rows.Start);
    private readonly RefusalEvidence _evidence;

    public RefusalEvidenceTests() => _evidence = new RefusalEvidence(_clock);

    [Fact]
    [Trait("Rule", "FP-21")]
    public void Refused_then_another_served_then_refused_is_its_own()
    {
        Refused(_ada).Should().BeFalse();
        Refused(_ada).Should().BeFalse("twice proves no more than once");
        Served(_bob);

        Refused(_ada).Should().BeTrue();
    }

    [Fact]
    [Trait("Rule", "FP-21")]
    public void A_success_that_was_asked_for_before_the_refusal_proves_nothing()
    {
        long early = _evidence.Begin(_bob);
        Refused(_ada);
        _evidence.Succeeded(_bob, early);

        Refused(_ada).Should().BeFalse();
    }

    [Fact]
    [Trait("Rule", "FP-21")]
    public void A_refusal_that_was_asked_for_before_the_success_proves_nothing()
    {
        Refused(_ada);
        long early = _evidence.Begin(_ada);
        Served(_bob);

        _evidence.IsOfConnection(_ada, early, refusedSince: null).Should().BeFalse();
    }

    [Fact]
    [Trait("Rule", "FP-21")]
    public void Other_settings_make_all_evidence_void_also_that_of_requests_in_progress()
    {
        Refused(_ada);
        long old = _evidence.Begin(_bob);
        _evidence.Reset();
        _evidence.IsCurrent(old).Should().BeFalse();
        Refused(_ada);
        _evidence.Succeeded(_bob, old);

        Refused(_ada).Should().BeFalse();
        Served(_bob);
        Refused(_ada).Should().BeTrue();
    }

    [Fact]
    [Trait("Rule", "FP-21")]
    public void What_another_process_saw_refused_counts_if_a_success_here_is_younger_by_more_than_clocks_differ()
    {
        DateTimeOffset since = _clock.GetUtcNow();
        _clock.Advance(RefusalEvidence.Skew);
        Served(_bob);
        _evidence.IsOfConnection(_ada, _evidence.Begin(_ada), since).Should().BeFalse();
        _clock.Advance(TimeSpan.FromSeconds(1));
        Served(_bob);

        _evidence.IsOfConnection(_ada, _evidence.Begin(_ada), since).Should().BeTrue();
        _evidence.IsOfConnection(_ada, _evidence.Begin(_ada), refusedSince: null).Should().BeFalse("this is its first refusal");
    }

    [Fact]
    [Trait("Rule", "FP-21")]
    public void While_the_client_is_broken_nobody_is_called_dead_and_a_dead_grant_is_once_others_are_served() =>
        Prop.ForAll(Gen.Choose(0, 399).ArrayOf().ToArbitrary(), steps =>
        {
            const int Users = 4;
            const int Dead = 0; // The user who has really left; all others live.
            var evidence = new RefusalEvidence(new ManualTimeProvider(Rows.Start));
            bool isBroken = false;
            bool isFixedAtProvider = steps.Length % 2 == 0; // Else by new settings. A provider that breaks again and again is the affair of the mass window.
            int breaks = 0;
            var open = new List<(int User, long Began, bool Answer)>();
            foreach (int step in steps)
            {
                int user = step % Users;
                switch (step / 100)
                {
                    case 0 when step % 10 == 0 && (isBroken || breaks == 0 || !isFixedAtProvider):
                        isBroken = !isBroken;
                        breaks += isBroken ? 1 : 0;
                        if (!isBroken && !isFixedAtProvider)
                        {
                            evidence.Reset();
                            open.Clear(); // The settlement asks IsCurrent and decides nothing about these.
                        }

                        break;
                    case 1: // The provider decides when it gets the request; the answer may be late.
                        open.Add((user, evidence.Begin(Key(user)), !isBroken && user != Dead));
                        break;
                    case 2 when open.Count > 0:
                        (int asked, long began, bool isServed) = open[step % open.Count];
                        open.RemoveAt(step % open.Count);
                        if (isServed)
                        {
                            evidence.Succeeded(Key(asked), began);
                            break;
                        }

                        bool isCalledDead = evidence.IsOfConnection(Key(asked), began, refusedSince: null);
                        evidence.Refused(Key(asked));
                        if (isCalledDead && asked != Dead)
                            return false;
                        break;
                }
            }

            // Then the client is good, and the living one is refreshed: the dead one is told after one more refusal.
            if (isBroken)
                evidence.Reset();
            evidence.Refused(Key(Dead));
            evidence.Succeeded(Key(1), evidence.Begin(Key(1)));
            return evidence.IsOfConnection(Key(Dead), evidence.Begin(Key(Dead)), refusedSince: null);

            static TokenKey Key(int user) => new(World.Provider, $"user-{user}");
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000).WithEndSize(300));

    [Fact]
    [Trait("Rule", "FP-2")]
    public void A_refresh_that_ends_during_the_request_hides_no_earlier_one()
    {
        var dead = new TokenKey(World.Provider, "dead");
        var other = new TokenKey(World.Provider, "other");
        Refused(dead).Should().BeFalse();
        Served(other);

        long began = _evidence.Begin(dead);
        Served(other);
        Served(other);

        _evidence.IsOfConnection(dead, began, refusedSince: null).Should().BeTrue("the provider refreshed another one after the first refusal and before this request");
    }

    private bool Refused(TokenKey key)
    {
        bool isOwn = _evidence.IsOfConnection(key, _evidence.Begin(key), refusedSince: null);
        _evidence.Refused(key);
        return isOwn;
    }

    private void Served(TokenKey key) => _evidence.Succeeded(key, _evidence.Begin(key));
}
