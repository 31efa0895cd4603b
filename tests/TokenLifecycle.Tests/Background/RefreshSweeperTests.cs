using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.Background;

/// <summary>One pass over what is due, by whoever begins it.</summary>
public sealed class RefreshSweeperTests
{
    [Fact]
    public async Task Incident_A_What_is_due_is_refreshed_without_anybody_asking_for_it()
    {
        await using World world = await World.StartAsync();
        TokenKey[] keys = await world.ConnectManyAsync(20);
        Dictionary<TokenKey, string> before = await AccessTokensAsync(world, keys);
        world.Clock.Advance(TimeSpan.FromMinutes(59));

        RefreshSweepReport report = await world.SweepAsync();

        report.Should().BeEquivalentTo(new RefreshSweepReport { Due = 20, Refreshed = 20 });
        world.Refreshes.Should().Be(20);
        Dictionary<TokenKey, string> after = await AccessTokensAsync(world, keys);
        keys.Should().OnlyContain(key => after[key] != before[key]);
        (await world.SweepAsync()).Due.Should().Be(0, "what was refreshed is due in an hour");
    }

    [Fact]
    public async Task What_is_not_due_is_left_alone_and_a_dry_run_changes_nothing()
    {
        await using World world = await World.StartAsync();
        await world.ConnectAsync(new TokenKey(World.Provider, "early"), world.Server.AddUser("early"));
        world.Clock.Advance(TimeSpan.FromMinutes(30));
        await world.ConnectAsync(new TokenKey(World.Provider, "late"), world.Server.AddUser("late"));
        world.Clock.Advance(TimeSpan.FromMinutes(29));

        RefreshSweepReport dry = await world.Services.GetRequiredService<IRefreshSweeper>().RefreshDueAsync(dryRun: true);
        int callsOfDryRun = world.Refreshes;
        RefreshSweepReport wet = await world.SweepAsync();

        dry.Should().BeEquivalentTo(new RefreshSweepReport { Due = 1 });
        callsOfDryRun.Should().Be(0);
        world.Store.CountOf("list").Should().Be(1);
        wet.Should().BeEquivalentTo(new RefreshSweepReport { Due = 1, Refreshed = 1 });
    }

    [Fact]
    [Trait("Rule", "BG-7")]
    [Trait("Rule", "A2")]
    public async Task Two_processes_that_sweep_at_once_share_the_work_and_no_connection_is_refreshed_twice()
    {
        await using World world = await World.StartAsync(server: o => o.ReuseGrace = TimeSpan.Zero);
        await world.ConnectManyAsync(300);
        ServiceProvider other = world.NewProcess();
        world.Clock.Advance(TimeSpan.FromMinutes(59));

        RefreshSweepReport[] reports = await Task.WhenAll(Task.Run(() => world.SweepAsync()), Task.Run(() => world.SweepAsync(other)));

        reports.Sum(report => report.Refreshed).Should().Be(300);
        world.Refreshes.Should().Be(300);
        world.Server.Log.ReusedRefreshTokens.Should().Be(0);
    }

    [Fact]
    [Trait("Rule", "BG-6")]
    public async Task What_a_dead_process_had_claimed_is_refreshed_by_another_once_its_leases_have_run_out()
    {
        await using World world = await World.StartAsync();
        await world.ConnectManyAsync(5);
        world.Clock.Advance(TimeSpan.FromMinutes(58));
        await world.Searchable().ClaimDueAsync(World.Provider, "the dead one", 100, TimeSpan.FromSeconds(60), CancellationToken.None);

        RefreshSweepReport tooEarly = await world.SweepAsync();
        world.Clock.Advance(TimeSpan.FromSeconds(60));
        Task<RefreshSweepReport> watching = world.SweepAsync();
        await world.Clock.RunShortPausesAsync(watching);
        RefreshSweepReport later = await watching;

        tooEarly.Due.Should().Be(0);
        later.Refreshed.Should().Be(5);
    }

    [Fact]
    public async Task A_caller_who_comes_while_the_sweep_refreshes_joins_and_one_who_waited_before_takes_what_it_got()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        FaultHold hold = Fault.Hold();
        world.Server.TokenEndpoint.FailNext(hold);
        Task<RefreshSweepReport> sweep = world.SweepAsync();
        await hold.Reached;

        Task<AccessToken> joins = world.GetAsync();
        ServiceProvider other = world.NewProcess();
        Task<AccessToken> waits = other.Tokens().GetAccessTokenAsync(world.Key).AsTask();
        hold.Release();
        (await sweep).Refreshed.Should().Be(1);
        await world.RunShortAsync(waits);

        string stored = (await world.StoredAsync()).Tokens.AccessToken;
        (await joins).Value.Should().Be(stored);
        (await waits).Value.Should().Be(stored);
        world.Refreshes.Should().Be(1);
    }

    [Fact]
    public async Task A_caller_of_this_process_who_waits_for_the_lease_that_the_sweep_has_taken_is_not_waited_for_in_turn()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        var claimed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Store.After = async name =>
        {
            if (name == "claim" && claimed.TrySetResult())
                await goOn.Task; // The lease is taken, and this process does not know yet.
        };
        Task<RefreshSweepReport> sweep = world.SweepAsync();
        await claimed.Task;
        Task<AccessToken> get = world.GetAsync();
        while (world.Store.CountOf("begin") == 0)
            await Task.Yield();
        goOn.SetResult();

        await world.RunShortAsync(Task.WhenAll(sweep, get));

        (await sweep).Refreshed.Should().Be(1);
        (await get).Value.Should().Be((await world.StoredAsync()).Tokens.AccessToken);
        world.Refreshes.Should().Be(1);
    }

    [Fact]
    [Trait("Rule", "BG-3")]
    public async Task A_thousand_rows_that_always_fail_delay_no_other_and_are_asked_for_less_and_less()
    {
        await using World world = await World.StartAsync();
        await world.ConnectManyAsync(1000);
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        TokenKey healthy = new(World.Provider, "healthy");
        await world.ConnectAsync(healthy, world.Server.AddUser("healthy"));
        HashSet<string> good = [(await world.StoredAsync(healthy)).Tokens.RefreshToken!];
        world.Server.TokenEndpoint.FailAlways(Fault.Body(400, """{"error":"not_today"}"""), request => !good.Any(token => request.Body.Contains(token, StringComparison.Ordinal)));
        world.Clock.Advance(TimeSpan.FromMinutes(60));

        RefreshSweepReport first = await world.SweepAsync();

        first.Due.Should().Be(1001);
        first.Refreshed.Should().Be(1);
        good.Add((await world.StoredAsync(healthy)).Tokens.RefreshToken!);
        int asked = world.Refreshes;
        for (int minute = 0; minute < 120; minute++)
        {
            world.Clock.Advance(TimeSpan.FromMinutes(1));
            await world.SweepAsync();
            good.Add((await world.StoredAsync(healthy)).Tokens.RefreshToken!);
        }

        (world.Refreshes - asked).Should().BeLessThan(20 * 1000, "of 120 passes a row that fails again and again is asked for in a few");
        (await world.StoredAsync(healthy)).Failure.Should().BeNull();
    }

    [Fact]
    public async Task F53_A_row_that_nobody_can_work_on_is_skipped_and_the_rest_is_refreshed()
    {
        await using World world = await World.StartAsync();
        TokenKey[] keys = await world.ConnectManyAsync(3);
        world.Clock.Advance(TimeSpan.FromMinutes(59));
        int claims = 0;
        world.Store.After = name => name == "claim" && Interlocked.Increment(ref claims) <= 2 ? Task.FromException(new IOException("The answer was lost.")) : Task.CompletedTask;
        await FluentActions.Awaiting(() => world.SweepAsync()).Should().ThrowAsync<IOException>();

        (await world.SweepAsync()).Refreshed.Should().Be(keys.Length, "the leases that it holds without knowing it are its own");

        world.Refreshes.Should().Be(keys.Length);
    }

    [Fact]
    public async Task Tokens_that_could_not_be_saved_yet_are_not_overtaken_by_a_claim_of_the_row_as_it_was()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        world.Store.Fail("save");
        AccessToken unsaved = await world.GetAsync();
        world.Store.Recover();
        world.Clock.Advance(TimeSpan.FromMinutes(2));

        await world.SweepAsync();

        (await world.StoredAsync()).Tokens.AccessToken.Should().Be(unsaved.Value);
        world.Refreshes.Should().Be(1);
        world.Server.Log.ReusedRefreshTokens.Should().Be(0);
    }

    [Fact]
    public async Task F9_Once_told_to_stop_nothing_more_is_begun_and_what_was_claimed_is_given_back()
    {
        await using World world = await World.StartAsync();
        await world.ConnectManyAsync(10);
        world.Clock.Advance(TimeSpan.FromMinutes(59));
        using var stop = new CancellationTokenSource();
        world.Store.After = name => name == "claim" ? stop.CancelAsync() : Task.CompletedTask;

        RefreshSweepReport report = await world.SweepAsync(stopping: stop.Token);

        report.Refreshed.Should().Be(0);
        world.Refreshes.Should().Be(0);
        world.Store.Recover();
        (await world.SweepAsync()).Refreshed.Should().Be(10, "the leases were given back, and no intent stands in the way");
    }

    [Fact]
    public async Task A_row_without_a_refresh_token_is_not_claimed_in_a_loop()
    {
        await using World world = await World.StartAsync(provider: o => o.RefreshTokenRequired = false);
        TokenSet tokens = world.Server.IssueTokens(world.User, "read");
        await world.Tokens.SaveAsync(world.Key, new TokenSet { AccessToken = tokens.AccessToken, ExpiresAt = tokens.ExpiresAt, Scopes = tokens.Scopes });
        world.Clock.Advance(TimeSpan.FromMinutes(59));

        RefreshSweepReport first = await world.SweepAsync();
        RefreshSweepReport second = await world.SweepAsync();

        first.Should().BeEquivalentTo(new RefreshSweepReport { Due = 1, NothingToDo = 1 });
        second.Due.Should().Be(0);
        world.Refreshes.Should().Be(0);
        (await world.StoredAsync()).Intent.Should().BeNull();
    }

    [Fact]
    public async Task A_store_that_can_only_look_up_keys_says_so_and_which_one_can()
    {
        await using World world = await World.StartAsync(services: s => s.AddSingleton<ITokenStore, LookUpOnlyStore>());

        await FluentActions.Awaiting(() => world.SweepAsync()).Should().ThrowAsync<NotSupportedException>().WithMessage("LookUpOnlyStore can only look up keys*UseEntityFrameworkStore*");
    }

    private static async Task<Dictionary<TokenKey, string>> AccessTokensAsync(World world, TokenKey[] keys)
    {
        Dictionary<TokenKey, string> tokens = [];
        foreach (TokenKey key in keys)
            tokens[key] = (await world.StoredAsync(key)).Tokens.AccessToken;
        return tokens;
    }

    private sealed class LookUpOnlyStore : ITokenStore
    {
        private readonly InMemoryTokenStore _inner = new(TimeProvider.System);

        public Task<StoredToken?> FindAsync(TokenKey key, CancellationToken cancellationToken) => _inner.FindAsync(key, cancellationToken);

        public Task<RefreshClaim> BeginRefreshAsync(TokenKey key, string attemptId, TimeSpan leaseDuration, CancellationToken cancellationToken) =>
            _inner.BeginRefreshAsync(key, attemptId, leaseDuration, cancellationToken);

        public Task<bool> CompleteRefreshAsync(TokenKey key, string attemptId, long version, RefreshCompletion ending, CancellationToken cancellationToken) =>
            _inner.CompleteRefreshAsync(key, attemptId, version, ending, cancellationToken);

        public Task<SaveResult> SaveAsync(StoredToken token, long expectedVersion, CancellationToken cancellationToken) => _inner.SaveAsync(token, expectedVersion, cancellationToken);

        public Task<DeleteResult> DeleteAsync(TokenKey key, CancellationToken cancellationToken) => _inner.DeleteAsync(key, cancellationToken);
    }
}
