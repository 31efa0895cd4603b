using TokenLifecycle.Testing;

namespace TokenLifecycle.AspNetCore.Tests.Requests;

/// <summary>What every store of pending requests has to do.</summary>
public sealed class InMemoryAuthorizationRequestStoreTests
{
    private static readonly AuthorizationRequestBounds Bounds = new(PerBrowser: 2, PerOwner: 3, Overall: 5);

    private readonly ManualTimeProvider _clock = new();
    private readonly InMemoryAuthorizationRequestStore _store;

    public InMemoryAuthorizationRequestStoreTests() => _store = new InMemoryAuthorizationRequestStore(_clock);

    [Fact]
    public async Task CB_4_Of_many_who_take_at_once_one_gets_it()
    {
        await AddAsync("a");

        AuthorizationTake[] takes = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => TakeAsync("a"))));

        takes.Count(take => take.Kind == AuthorizationTakeKind.Taken).Should().Be(1);
        takes.Count(take => take.Kind == AuthorizationTakeKind.TakenBefore).Should().Be(49);
        takes.Single(take => take.Kind == AuthorizationTakeKind.Taken).Payload.Should().Be("payload of a");
    }

    [Fact]
    public async Task CB_2_Another_browser_gets_nothing_and_takes_nothing()
    {
        await AddAsync("a");

        (await TakeAsync("a", "other")).Should().BeSameAs(AuthorizationTake.Unknown);
        (await TakeAsync("a")).Kind.Should().Be(AuthorizationTakeKind.Taken);
        await _store.NoteOutcomeAsync("a", "outcome", default);
        (await _store.FindOutcomeAsync("a", "other", default)).Should().BeNull();
        (await _store.FindOutcomeAsync("a", "browser", default)).Should().Be("outcome");
        (await TakeAsync("a")).Outcome.Should().Be("outcome");
    }

    [Fact]
    public async Task An_outcome_is_of_what_was_taken_and_ends_with_it()
    {
        await AddAsync("a");
        await _store.NoteOutcomeAsync("a", "too early", default);
        await _store.NoteOutcomeAsync("unknown", "x", default);
        (await _store.FindOutcomeAsync("a", "browser", default)).Should().BeNull();
        await TakeAsync("a");
        await _store.NoteOutcomeAsync("a", "outcome", default);
        _clock.Advance(TimeSpan.FromMinutes(10));

        (await _store.FindOutcomeAsync("a", "browser", default)).Should().BeNull();
        (await TakeAsync("a")).Should().BeSameAs(AuthorizationTake.Unknown);
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

        (await TakeAsync("a")).Kind.Should().Be(AuthorizationTakeKind.TakenBefore);
        (await TakeAsync("b")).Kind.Should().Be(AuthorizationTakeKind.Unknown);
        (await TakeAsync("c")).Kind.Should().Be(AuthorizationTakeKind.Taken);
        (await TakeAsync("e", "other")).Kind.Should().Be(AuthorizationTakeKind.Taken);
    }

    [Fact]
    public async Task DL_4_CVE_2021_22119_A_hundred_thousand_starts_keep_no_more_than_the_bound()
    {
        var bounds = new AuthorizationRequestBounds(5, 20, 1000);
        int kept = 0;
        for (int i = 0; i < 100_000; i++)
            kept += await _store.TryAddAsync(Row($"{i}", $"browser {i}", $"owner {i}"), bounds, default) ? 1 : 0;

        kept.Should().Be(1000);
        _clock.Advance(TimeSpan.FromMinutes(10));
        (await _store.TryAddAsync(Row("late", "b", "o"), bounds, default)).Should().BeTrue();
    }

    private async Task AddAsync(string id, string browser = "browser") => (await _store.TryAddAsync(Row(id, browser, "owner"), Bounds, default)).Should().BeTrue();

    private Task<AuthorizationTake> TakeAsync(string id, string browser = "browser") => _store.TryTakeAsync(id, browser, default);

    private PendingAuthorization Row(string id, string browser, string owner) => new()
    {
        Id = id,
        BrowserId = browser,
        OwnerId = owner,
        Payload = "payload of " + id,
        CreatedAt = _clock.GetUtcNow(),
        ExpiresAt = _clock.GetUtcNow() + TimeSpan.FromMinutes(10),
    };
}
