using TokenLifecycle.RedisServers;
using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Redis.Tests;

/// <summary>The script has run, and its answer did not arrive: the outcome is read back and never guessed.</summary>
[Collection(RedisCollection.Name)]
[Trait(RedisServer.Needs, RedisServer.Redis)]
[Trait("Rule", "RS-6")]
public sealed class LostAnswerTests(SharedRedis redis) : IAsyncLifetime
{
    private static readonly TokenKey WarmUp = new(Rows.Provider, "warm-up");

    private AnswerDroppingProxy _proxy = null!;
    private RedisApp _app = null!;
    private ISearchableTokenStore _store = null!;

    /// <summary>Each script is known to the server by then, so that the next answer is the one to a step.</summary>
    public async Task InitializeAsync()
    {
        _proxy = new AnswerDroppingProxy(redis.Server.Port);
        _app = await RedisApp.CreateAsync($"127.0.0.1:{_proxy.Port}");
        _store = _app.NewStore();
        StoredToken row = await _store.SavedAsync(WarmUp);
        await _store.BeginRefreshAsync(WarmUp, "w", Rows.Lease, Rows.None);
        await _store.CompleteRefreshAsync(WarmUp, "w", row.Version, new RefreshCompletion { RefreshTokenNotUsed = true }, Rows.None);
        await _store.DeleteAsync(WarmUp, Rows.None);
    }

    public async Task DisposeAsync()
    {
        await _app.DisposeAsync();
        await _proxy.DisposeAsync();
    }

    [Fact]
    public async Task A_save_whose_answer_was_lost_is_reported_as_saved()
    {
        StoredToken row = await _store.SavedAsync();
        StoredToken next = Rows.New();
        _proxy.DropNextAnswer();

        SaveResult saved = await _store.SaveAsync(next, row.Version, Rows.None);

        _proxy.Dropped.Should().Be(1);
        saved.IsSaved.Should().BeTrue();
        saved.Token!.Tokens.RefreshToken.Should().Be(next.Tokens.RefreshToken);
        (await _store.FindAsync(Rows.Key, Rows.None)).Should().BeEquivalentTo(saved.Token);
    }

    [Fact]
    public async Task A_first_save_whose_answer_was_lost_is_reported_as_saved()
    {
        _proxy.DropNextAnswer();

        (await _store.SaveAsync(Rows.New(), StoredToken.Unsaved, Rows.None)).IsSaved.Should().BeTrue();
        _proxy.Dropped.Should().Be(1);
    }

    [Fact]
    public async Task A_lease_whose_answer_was_lost_is_taken_once()
    {
        await _store.SavedAsync();
        _proxy.DropNextAnswer();

        RefreshClaim claim = await _store.BeginRefreshAsync(Rows.Key, "a", Rows.Lease, Rows.None);

        _proxy.Dropped.Should().Be(1);
        claim.Kind.Should().Be(RefreshClaimKind.Acquired);
        claim.Token!.Intent!.AttemptCount.Should().Be(1);
    }

    [Fact]
    public async Task An_ending_whose_answer_was_lost_is_recorded_once()
    {
        StoredToken row = await _store.SavedAsync();
        await _store.BeginRefreshAsync(Rows.Key, "a", Rows.Lease, Rows.None);
        _proxy.DropNextAnswer();

        bool recorded = await _store.CompleteRefreshAsync(Rows.Key, "a", row.Version, new RefreshCompletion { RefreshTokenNotUsed = false }, Rows.None);

        _proxy.Dropped.Should().Be(1);
        recorded.Should().BeTrue();
        (await _store.FindAsync(Rows.Key, Rows.None))!.Intent!.AttemptCount.Should().Be(1);
    }

    [Fact]
    [Trait("Rule", "FR-13")]
    public async Task A_delete_whose_answer_was_lost_returns_what_it_deleted()
    {
        StoredToken row = await _store.SavedAsync();
        _proxy.DropNextAnswer(after: 1); // The row is read first.

        DeleteResult deleted = await _store.DeleteAsync(Rows.Key, Rows.None);

        _proxy.Dropped.Should().Be(1);
        deleted.Existed.Should().BeTrue();
        deleted.Deleted!.Tokens.RefreshToken.Should().Be(row.Tokens.RefreshToken, "it is still to be revoked at the provider");
        (await _store.FindAsync(Rows.Key, Rows.None)).Should().BeNull();
    }
}
