using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Contracts;

/// <summary>A refresh token is presented by one holder at a time, and each presentation leaves a trace.</summary>
public abstract partial class TokenStoreContract
{
    private static TimeSpan JustBefore => Lease - TimeSpan.FromSeconds(1);

    private static TimeSpan JustAfter => TimeSpan.FromSeconds(2);

    [Fact]
    [Trait("Rule", "FP-21")]
    public async Task An_ending_replaces_the_client_fingerprint_only_if_it_names_one()
    {
        ITokenStore store = await CreateStoreAsync(Clock);
        TokenKey key = NewKey();
        StoredToken row = (await store.SaveAsync(WholeRow.Row(key) with { ClientFingerprint = "one" }, StoredToken.Unsaved, None)).Token!;
        foreach ((string? given, string kept) in new[] { (null, "one"), ("two", "two"), (null, "two"), ("", "") })
        {
            await store.BeginRefreshAsync(key, "a", TimeSpan.FromMinutes(1), None);
            (await store.CompleteRefreshAsync(key, "a", row.Version, new RefreshCompletion { RefreshTokenNotUsed = true, ClientFingerprint = given }, None)).Should().BeTrue();

            (await FoundAsync(store, key)).ClientFingerprint.Should().Be(kept);
        }
    }

    [Fact]
    [Trait("Rule", "FR-12")]
    public async Task The_clock_that_can_be_read_is_the_clock_of_the_intents()
    {
        ITokenStore store = await CreateStoreAsync(Clock);
        TokenKey key = NewKey();
        await SaveNewAsync(store, key);

        DateTimeOffset? before = await store.ReadClockAsync(None);
        RefreshClaim claim = await store.BeginRefreshAsync(key, "a", Lease, None);
        DateTimeOffset? after = await store.ReadClockAsync(None);

        if (before is { } earliest)
            claim.Token!.Intent!.LastAt.Should().BeOnOrAfter(earliest).And.BeOnOrBefore(after!.Value);
    }

    [Fact]
    public async Task A2_of_many_who_begin_exactly_one_holds_the_lease()
    {
        ITokenStore store = await CreateStoreAsync(Clock);
        ITokenStore other = await OtherHandleAsync(store);
        TokenKey key = NewKey();
        StoredToken row = await SaveNewAsync(store, key);

        RefreshClaim[] claims = await InParallel(16, i => (i % 2 == 0 ? store : other).BeginRefreshAsync(key, $"attempt-{i}", Lease, None));

        claims.Should().ContainSingle(claim => claim.Kind == RefreshClaimKind.Acquired);
        claims.Where(claim => claim.Kind != RefreshClaimKind.Acquired).Should().OnlyContain(claim => claim.Kind == RefreshClaimKind.Held);
        claims.Should().AllSatisfy(claim => claim.Token!.Version.Should().Be(row.Version));
        (await FoundAsync(other, key)).Intent!.AttemptCount.Should().Be(1);
    }

    [Fact]
    public async Task A4_the_lease_of_one_connection_does_not_keep_out_another()
    {
        ITokenStore store = await CreateStoreAsync(Clock);
        TokenKey one = NewKey();
        TokenKey two = new(one.Provider, one.UserId, "second");
        await SaveNewAsync(store, one);
        await SaveNewAsync(store, two);

        (await store.BeginRefreshAsync(one, "a", Lease, None)).Kind.Should().Be(RefreshClaimKind.Acquired);
        (await store.BeginRefreshAsync(two, "b", Lease, None)).Kind.Should().Be(RefreshClaimKind.Acquired);
    }

    [Fact]
    [Trait("Rule", "B4")]
    public async Task A11_the_claim_brings_the_row_of_that_moment_with_the_intent_in_it()
    {
        ITokenStore store = await CreateStoreAsync(Clock);
        TokenKey key = NewKey();
        StoredToken row = await SaveNewAsync(store, key);

        StoredToken claimed = (await store.BeginRefreshAsync(key, "a", Lease, None)).Token!;

        claimed.Should().BeEquivalentTo(row, options => options.Excluding(token => token.Intent));
        claimed.Intent!.AttemptId.Should().Be("a");
        claimed.Intent.AttemptCount.Should().Be(1);
        claimed.Intent.FirstAt.Should().Be(claimed.Intent.LastAt);
        (await FoundAsync(await OtherHandleAsync(store), key)).Should().BeEquivalentTo(claimed, "the intent is durable before anything is sent");
    }

    [Fact]
    public async Task D8_a_lease_lasts_its_time_by_the_clock_of_the_store_and_not_longer()
    {
        ITokenStore store = await CreateStoreAsync(Clock);
        TokenKey key = NewKey();
        await SaveNewAsync(store, key);
        await store.BeginRefreshAsync(key, "a", Lease, None);

        await AdvanceStoreClockAsync(JustBefore);
        (await store.BeginRefreshAsync(key, "b", Lease, None)).Kind.Should().Be(RefreshClaimKind.Held);
        await AdvanceStoreClockAsync(JustAfter);
        (await store.BeginRefreshAsync(key, "b", Lease, None)).Kind.Should().Be(RefreshClaimKind.Acquired);
        (await store.BeginRefreshAsync(key, "a", Lease, None)).Kind.Should().Be(RefreshClaimKind.Held, "the takeover holds against the former holder too");
    }

    [Fact]
    public async Task D8_a_process_whose_clock_is_ahead_does_not_take_a_live_lease()
    {
        ITokenStore store = await CreateStoreAsync(Clock);
        ITokenStore? ahead = StorageHasItsOwnClock ? await OpenAgainAsync(new ContractClock(Clock.GetUtcNow().AddHours(1))) : null;
        if (ahead is null)
            return;

        TokenKey key = NewKey();
        await SaveNewAsync(store, key);
        await store.BeginRefreshAsync(key, "a", Lease, None);

        (await ahead.BeginRefreshAsync(key, "b", Lease, None)).Kind.Should().Be(RefreshClaimKind.Held);
    }

    [Fact]
    public async Task B3_the_holder_renews_its_lease_and_is_not_counted_twice()
    {
        ITokenStore store = await CreateStoreAsync(Clock);
        TokenKey key = NewKey();
        await SaveNewAsync(store, key);
        StoredToken begun = (await store.BeginRefreshAsync(key, "a", Lease, None)).Token!;

        await AdvanceStoreClockAsync(JustBefore);
        RefreshClaim renewed = await store.BeginRefreshAsync(key, "a", Lease, None);
        await AdvanceStoreClockAsync(JustBefore);
        RefreshClaim other = await store.BeginRefreshAsync(key, "b", Lease, None);

        renewed.Kind.Should().Be(RefreshClaimKind.Acquired);
        renewed.Token!.Should().BeEquivalentTo(begun, "renewing leaves the intent as it is");
        other.Kind.Should().Be(RefreshClaimKind.Held, "the lease runs from its renewal");
    }

    [Fact]
    public async Task B3_a_lease_that_ran_out_is_its_holders_to_renew_until_another_takes_it()
    {
        ITokenStore store = await CreateStoreAsync(Clock);
        TokenKey key = NewKey();
        await SaveNewAsync(store, key);
        await store.BeginRefreshAsync(key, "a", Lease, None);
        await AdvanceStoreClockAsync(Lease + JustAfter);

        RefreshClaim renewed = await store.BeginRefreshAsync(key, "a", Lease, None);

        renewed.Kind.Should().Be(RefreshClaimKind.Acquired);
        renewed.Token!.Intent!.AttemptCount.Should().Be(1);
        (await store.BeginRefreshAsync(key, "b", Lease, None)).Kind.Should().Be(RefreshClaimKind.Held);
    }

    [Fact]
    public async Task A7_ending_an_attempt_that_does_not_hold_the_lease_changes_nothing()
    {
        ITokenStore store = await CreateStoreAsync(Clock);
        TokenKey key = NewKey();
        StoredToken row = await SaveNewAsync(store, key);
        StoredToken held = (await store.BeginRefreshAsync(key, "a", Lease, None)).Token!;

        bool ended = await store.CompleteRefreshAsync(key, "b", row.Version, Ending(), None);

        ended.Should().BeFalse();
        (await FoundAsync(store, key)).Should().BeEquivalentTo(held);
        (await store.BeginRefreshAsync(key, "c", Lease, None)).Kind.Should().Be(RefreshClaimKind.Held);
    }

    [Fact]
    public async Task A6_the_late_failure_of_a_former_holder_is_not_recorded()
    {
        ITokenStore store = await CreateStoreAsync(Clock);
        TokenKey key = NewKey();
        StoredToken row = await SaveNewAsync(store, key);
        await store.BeginRefreshAsync(key, "a", Lease, None);
        await AdvanceStoreClockAsync(Lease + JustAfter);
        await store.BeginRefreshAsync(key, "b", Lease, None);

        bool recorded = await store.CompleteRefreshAsync(key, "a", row.Version, Ending(takeBack: true), None);

        recorded.Should().BeFalse();
        StoredToken found = await FoundAsync(store, key);
        found.Failure.Should().BeNull();
        found.Intent!.AttemptCount.Should().Be(2);
        (await store.BeginRefreshAsync(key, "c", Lease, None)).Kind.Should().Be(RefreshClaimKind.Held);
    }

    [Fact]
    [Trait("Rule", "B11")]
    public async Task A6_the_late_success_of_a_former_holder_is_saved_while_nothing_newer_is_stored()
    {
        ITokenStore store = await CreateStoreAsync(Clock);
        TokenKey key = NewKey();
        StoredToken row = await SaveNewAsync(store, key);
        await store.BeginRefreshAsync(key, "a", Lease, None);
        await AdvanceStoreClockAsync(Lease + JustAfter);
        await store.BeginRefreshAsync(key, "b", Lease, None);

        SaveResult late = await store.SaveAsync(NewToken(key), row.Version, None);
        bool failure = await store.CompleteRefreshAsync(key, "b", row.Version, Ending(), None);

        late.IsSaved.Should().BeTrue();
        failure.Should().BeFalse("it was about tokens that are gone");
        (await FoundAsync(store, key)).Should().BeEquivalentTo(late.Token);
    }

    [Fact]
    public async Task B11_ending_about_another_version_changes_nothing()
    {
        ITokenStore store = await CreateStoreAsync(Clock);
        TokenKey key = NewKey();
        StoredToken row = await SaveNewAsync(store, key);
        StoredToken held = (await store.BeginRefreshAsync(key, "a", Lease, None)).Token!;

        (await store.CompleteRefreshAsync(key, "a", row.Version + 1, Ending(), None)).Should().BeFalse();

        (await FoundAsync(store, key)).Should().BeEquivalentTo(held);
    }

    [Fact]
    public async Task An_ending_is_recorded_and_gives_the_lease_back()
    {
        ITokenStore store = await CreateStoreAsync(Clock);
        TokenKey key = NewKey();
        StoredToken row = await SaveNewAsync(store, key);
        StoredToken held = (await store.BeginRefreshAsync(key, "a", Lease, None)).Token!;
        RefreshCompletion ending = new()
        {
            RefreshTokenNotUsed = false,
            Failure = Ending(errorCode: "temporarily_unavailable").Failure,
            Reauthorization = ReauthorizationReason.GrantRejected,
            NextRefreshAt = Clock.GetUtcNow().AddMinutes(7),
        };

        bool recorded = await store.CompleteRefreshAsync(key, "a", row.Version, ending, None);

        recorded.Should().BeTrue();
        StoredToken found = await FoundAsync(await OtherHandleAsync(store), key);
        found.Failure.Should().BeEquivalentTo(ending.Failure);
        found.Reauthorization.Should().Be(ending.Reauthorization);
        found.NextRefreshAt.Should().Be(ending.NextRefreshAt);
        found.Intent.Should().BeEquivalentTo(
            held.Intent, options => options.Excluding(intent => intent!.AttemptId), "what may have been presented stays noted");
        found.Intent!.AttemptId.Should().BeNull("its outcome is recorded");
        found.Tokens.Should().BeEquivalentTo(row.Tokens);
        found.Version.Should().Be(row.Version, "the tokens are the same");
        (await store.CompleteRefreshAsync(key, "a", row.Version, Ending(), None)).Should().BeFalse("the lease is given back");
        (await store.BeginRefreshAsync(key, "b", Lease, None)).Kind.Should().Be(RefreshClaimKind.Acquired);
    }

    [Fact]
    public async Task An_ending_that_names_nothing_leaves_what_is_stored()
    {
        ITokenStore store = await CreateStoreAsync(Clock);
        TokenKey key = NewKey();
        StoredToken failed = new()
        {
            Key = key,
            Tokens = NewToken(key).Tokens,
            Failure = Ending().Failure,
            NextRefreshAt = Clock.GetUtcNow().AddHours(1),
        };
        StoredToken row = (await store.SaveAsync(failed, StoredToken.Unsaved, None)).Token!;
        await store.BeginRefreshAsync(key, "a", Lease, None);

        await store.CompleteRefreshAsync(key, "a", row.Version, new RefreshCompletion { RefreshTokenNotUsed = true }, None);

        (await FoundAsync(store, key)).Should().BeEquivalentTo(row, "the only presentation was taken back");
    }

    [Fact]
    public async Task B4_every_presentation_is_counted_until_it_is_taken_back_or_new_tokens_are_saved()
    {
        ITokenStore store = await CreateStoreAsync(Clock);
        TokenKey key = NewKey();
        StoredToken row = await SaveNewAsync(store, key);
        RefreshIntent first = (await store.BeginRefreshAsync(key, "a", Lease, None)).Token!.Intent!;
        await store.CompleteRefreshAsync(key, "a", row.Version, Ending(takeBack: false), None);
        await AdvanceStoreClockAsync(TimeSpan.FromMinutes(3));

        RefreshIntent second = (await store.BeginRefreshAsync(key, "b", Lease, None)).Token!.Intent!;
        await store.CompleteRefreshAsync(key, "b", row.Version, Ending(takeBack: true), None);
        RefreshIntent left = (await FoundAsync(store, key)).Intent!;
        SaveResult saved = await store.SaveAsync(NewToken(key), row.Version, None);

        second.AttemptCount.Should().Be(2);
        second.AttemptId.Should().Be("b");
        second.FirstAt.Should().Be(first.FirstAt);
        second.LastAt.Should().BeAfter(first.LastAt);
        left.AttemptCount.Should().Be(1);
        saved.Token!.Intent.Should().BeNull();
        (await FoundAsync(store, key)).Intent.Should().BeNull();
    }

    [Fact]
    [Trait("Rule", "FR-1")]
    public async Task An_attempt_that_takes_over_leaves_the_trace_of_the_one_that_did_not_finish()
    {
        ITokenStore store = await CreateStoreAsync(Clock);
        TokenKey key = NewKey();
        StoredToken row = await SaveNewAsync(store, key);
        await store.BeginRefreshAsync(key, "a", Lease, None);
        await AdvanceStoreClockAsync(Lease + JustAfter);

        RefreshIntent taken = (await store.BeginRefreshAsync(key, "b", Lease, None)).Token!.Intent!;
        RefreshIntent renewed = (await store.BeginRefreshAsync(key, "b", Lease, None)).Token!.Intent!;
        await store.CompleteRefreshAsync(key, "b", row.Version, new RefreshCompletion { RefreshTokenNotUsed = true }, None);
        RefreshIntent released = (await FoundAsync(store, key)).Intent!;
        RefreshIntent again = (await store.BeginRefreshAsync(key, "c", Lease, None)).Token!.Intent!;
        await store.CompleteRefreshAsync(key, "c", row.Version, new RefreshCompletion { RefreshTokenNotUsed = false }, None);
        RefreshIntent recorded = (await FoundAsync(store, key)).Intent!;
        RefreshIntent last = (await store.BeginRefreshAsync(key, "d", Lease, None)).Token!.Intent!;

        (taken.AttemptId, taken.AttemptCount).Should().Be(("a", 2));
        (renewed.AttemptId, renewed.AttemptCount).Should().Be(("a", 2));
        (released.AttemptId, released.AttemptCount).Should().Be(("a", 1), "b has sent nothing, and a may still hold an answer");
        (again.AttemptId, again.AttemptCount).Should().Be(("a", 2));
        (recorded.AttemptId, recorded.AttemptCount).Should().Be((null, 2), "c has watched, and its outcome is recorded");
        (last.AttemptId, last.AttemptCount).Should().Be(("d", 3));
    }

    [Fact]
    public async Task A_save_clears_the_lease_and_an_intent_that_the_argument_brings()
    {
        ITokenStore store = await CreateStoreAsync(Clock);
        TokenKey key = NewKey();
        await SaveNewAsync(store, key);
        StoredToken held = (await store.BeginRefreshAsync(key, "a", Lease, None)).Token!;

        SaveResult saved = await store.SaveAsync(held, held.Version, None);

        saved.IsSaved.Should().BeTrue();
        (await FoundAsync(store, key)).Intent.Should().BeNull();
        RefreshClaim claim = await store.BeginRefreshAsync(key, "b", Lease, None);
        claim.Kind.Should().Be(RefreshClaimKind.Acquired);
        claim.Token!.Intent!.AttemptCount.Should().Be(1);
    }

    [Fact]
    public async Task An_attempt_without_an_id_or_a_lease_without_a_length_is_refused()
    {
        ITokenStore store = await CreateStoreAsync(Clock);
        TokenKey key = NewKey();
        await SaveNewAsync(store, key);

        await store.Invoking(s => s.BeginRefreshAsync(key, "", Lease, None)).Should().ThrowAsync<ArgumentException>();
        await store.Invoking(s => s.BeginRefreshAsync(key, "a", TimeSpan.Zero, None)).Should().ThrowAsync<ArgumentException>();
    }
}
