using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using TokenLifecycle.Contracts;
using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.Storage;

/// <summary>A process that was stopped while it held a lock holds up the connections of that lock, and nothing else.</summary>
public sealed class FileStoreLockTests : IDisposable
{
    private const int Locks = 64;
    private const int Users = 200;

    private readonly StoreFolder _folder = new();
    private readonly ContractClock _clock = new();

    // A test that waits for a lock that is never released has failed.
    private readonly CancellationTokenSource _deadline = new(TimeSpan.FromSeconds(20), TimeProvider.System);

    public void Dispose()
    {
        _deadline.Dispose();
        _folder.Dispose();
    }

    [Fact]
    [Trait("Rule", "FR-10")]
    public async Task A_claim_passes_by_what_a_stopped_process_has_locked()
    {
        FileTokenStore store = await FilledAsync();
        TokenKey locked = KeyOf(0);
        using WriterProcess process = WriterProcess.Start(["hold", LockFile(StripeOf(locked))]);
        (await process.HearAsync()).Should().Be("held");
        await process.StopAsync();

        IReadOnlyList<StoredToken> claimed = await store.ClaimDueAsync("strava", "a", Users, TimeSpan.FromSeconds(60), _deadline.Token);
        IReadOnlyList<StoredConnection> listed = await store.ListAsync("strava", after: null, Users, _deadline.Token);
        IReadOnlyList<ConnectionCount> counted = await store.CountAsync(_deadline.Token);

        claimed.Select(static token => token.Key).Should().BeEquivalentTo(Enumerable.Range(0, Users).Select(KeyOf).Where(key => StripeOf(key) != StripeOf(locked)));
        listed.Should().HaveCount(Users);
        counted.Sum(static count => count.Count).Should().Be(Users);
    }

    [Fact]
    [Trait("Rule", "FR-10")]
    public async Task Connections_of_other_locks_are_read_refreshed_and_saved_meanwhile()
    {
        FileTokenStore store = await FilledAsync();
        TokenKey locked = KeyOf(0);
        TokenKey other = Enumerable.Range(0, Users).Select(KeyOf).First(key => StripeOf(key) != StripeOf(locked));
        using FileStream held = Hold(StripeOf(locked));

        RefreshClaim claim = await store.BeginRefreshAsync(other, "a", TimeSpan.FromSeconds(60), _deadline.Token);
        SaveResult saved = await store.SaveAsync(Row(other), claim.Token!.Version, _deadline.Token);

        saved.IsSaved.Should().BeTrue();
        (await store.FindAsync(locked, _deadline.Token)).Should().NotBeNull("reading takes no lock");
    }

    [Fact]
    [Trait("Rule", "FR-10")]
    public async Task A_process_starts_while_another_holds_any_lock()
    {
        await FilledAsync();
        using FileStream held = Hold(0);
        TokenKey other = Enumerable.Range(0, Users).Select(KeyOf).First(static key => StripeOf(key) != 0);

        StoredToken? found = await new FileTokenStore(_folder.Path, _clock).FindAsync(other, _deadline.Token);

        found.Should().NotBeNull();
    }

    [Fact]
    [Trait("Rule", "FR-10")]
    public async Task The_check_of_the_folder_waits_for_no_lock_that_another_process_holds()
    {
        FileTokenStore store = await FilledAsync();
        FileStream[] held = [.. Enumerable.Range(0, Locks - 8).Select(Hold)];
        try
        {
            (await store.CheckAsync(_deadline.Token)).Should().BeEmpty();
        }
        finally
        {
            foreach (FileStream file in held)
                await file.DisposeAsync();
        }
    }

    [Fact]
    [Trait("Rule", "FR-10")]
    public async Task A_claim_that_is_canceled_half_way_returns_what_it_took()
    {
        await FilledAsync();
        using CancellationTokenSource deadline = new();
        FileTokenStore store = new(_folder.Path, new CancelingClock(deadline, calls: 3 * Users));

        IReadOnlyList<StoredToken> claimed = await store.ClaimDueAsync("strava", "a", Users, TimeSpan.FromSeconds(60), deadline.Token);

        claimed.Should().NotBeEmpty().And.HaveCountLessThan(Users);
        IEnumerable<TokenKey> rest = (await new FileTokenStore(_folder.Path, new CancelingClock(deadline, int.MaxValue)).ClaimDueAsync("strava", "b", Users, TimeSpan.FromSeconds(60), _deadline.Token))
            .Select(static token => token.Key);
        rest.Should().HaveCount(Users - claimed.Count).And.NotContain(claimed.Select(static token => token.Key), "a lease that was taken was returned");
    }

    private async Task<FileTokenStore> FilledAsync()
    {
        FileTokenStore store = new(_folder.Path, _clock);
        for (int user = 0; user < Users; user++)
            await store.SaveAsync(Row(KeyOf(user)), StoredToken.Unsaved, CancellationToken.None);
        return store;
    }

    private FileStream Hold(int stripe) => new(LockFile(stripe), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);

    private string LockFile(int stripe) => Path.Combine(_folder.Path, "locks", stripe.ToString("x2", CultureInfo.InvariantCulture) + ".lock");

    private static int StripeOf(TokenKey key) => SHA256.HashData(Encoding.UTF8.GetBytes(key.ToString()))[0] % Locks;

    private static TokenKey KeyOf(int user) => new("strava", $"user-{user}");

    private StoredToken Row(TokenKey key) => new()
    {
        Key = key,
        Tokens = new TokenSet { AccessToken = Canary.New("at"), RefreshToken = Canary.New("rt") },
        NextRefreshAt = _clock.GetUtcNow(),
    };

    /// <summary>Lets the deadline of a claim pass in the middle of it: a store asks its clock for each row.</summary>
    private sealed class CancelingClock(CancellationTokenSource deadline, int calls) : TimeProvider
    {
        private readonly ContractClock _clock = new();
        private int _calls;

        public override DateTimeOffset GetUtcNow()
        {
            if (Interlocked.Increment(ref _calls) == calls)
                deadline.Cancel();
            return _clock.GetUtcNow();
        }
    }
}
