using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.Lifecycle;

public sealed class StampedeTests
{
    [Fact]
    public async Task A3_Ten_thousand_callers_with_a_scope_of_their_own_share_one_refresh()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();

        AccessToken[] tokens = await Task.WhenAll(Enumerable.Range(0, 10_000).Select(_ => Task.Run(async () =>
        {
            await using AsyncServiceScope scope = world.Services.CreateAsyncScope();
            return await scope.ServiceProvider.GetRequiredService<ITokenManager>().GetAccessTokenAsync(world.Key);
        })));

        tokens.Select(token => token.Value).Distinct().Should().ContainSingle();
        world.Posts().Should().ContainSingle();
    }

    [Fact]
    public async Task A4_While_one_connection_hangs_another_is_refreshed()
    {
        await using World world = await World.StartAsync();
        TokenKey other = new(World.Provider, "bob");
        await world.ConnectAsync(other, world.Server.AddUser("bob"));
        await world.ConnectExpiredAsync();
        (Task<AccessToken> hanging, FaultHold hold) = await world.HoldGetAsync();

        AccessToken token = await world.GetAsync(other);

        token.ExpiresAt.Should().Be(world.Clock.GetUtcNow() + TimeSpan.FromHours(1));
        hanging.IsCompleted.Should().BeFalse();
        hold.Release();
        await hanging;
    }

    [Fact]
    public async Task A5_Those_who_waited_ask_nobody_again()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        FaultHold hold = Fault.Hold();
        world.Server.TokenEndpoint.FailNext(hold);
        Task<AccessToken>[] waiters = [.. Enumerable.Range(0, 1000).Select(_ => world.GetAsync())];
        await hold.Reached;
        hold.Release();

        AccessToken[] tokens = await Task.WhenAll(waiters);

        tokens.Select(token => token.Value).Distinct().Should().ContainSingle();
        world.Posts().Should().ContainSingle();
    }

    [Fact]
    public async Task RF_3_RF_4_Three_processes_with_two_hundred_callers_each_send_one_request()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        ITokenManager[] processes = [world.Tokens, world.NewProcess().Tokens(), world.NewProcess().Tokens()];
        FaultHold hold = Fault.Hold();
        world.Server.TokenEndpoint.FailNext(hold);
        Task<AccessToken>[] winners = [.. Callers(processes[0])];
        await hold.Reached;
        Task<AccessToken>[] losers = [.. Callers(processes[1]), .. Callers(processes[2])];
        hold.Release();
        await Task.WhenAll(winners);

        Task all = Task.WhenAll(losers);
        await world.RunShortAsync(all); // They ask the store by the clock.

        await all;
        losers.Concat(winners).Select(task => task.Result.Value).Distinct().Should().ContainSingle();
        world.Posts().Should().ContainSingle();
        world.Server.Log.ReusedRefreshTokens.Should().Be(0);

        IEnumerable<Task<AccessToken>> Callers(ITokenManager tokens) => Enumerable.Range(0, 200).Select(_ => tokens.GetAccessTokenAsync(world.Key).AsTask());
    }

    [Fact]
    public async Task A9_A_loser_waits_for_an_exchange_of_nine_seconds()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        ITokenManager other = world.NewProcess().Tokens();
        (Task<AccessToken> winner, FaultHold hold) = await world.HoldGetAsync();
        Task<AccessToken> loser = other.GetAccessTokenAsync(world.Key).AsTask();
        for (int i = 0; i < 9; i++)
        {
            await world.Clock.WaitForTimersAsync(2); // The winner's deadline and the loser's next look.
            world.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        loser.IsCompleted.Should().BeFalse();
        hold.Release();
        AccessToken won = await winner;
        await world.RunShortAsync(loser);

        (await loser).Value.Should().Be(won.Value);
        world.Posts().Should().ContainSingle();
    }

    [Fact]
    public async Task A9_A_loser_with_a_valid_token_does_not_wait_at_all()
    {
        await using World world = await World.StartAsync();
        TokenSet old = await world.ConnectAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(58));
        ITokenManager other = world.NewProcess().Tokens();
        FaultHold hold = Fault.Hold();
        world.Server.TokenEndpoint.FailNext(hold);
        (await world.GetAsync()).Value.Should().Be(old.AccessToken);
        await hold.Reached;

        (await other.GetAccessTokenAsync(world.Key)).Value.Should().Be(old.AccessToken);

        hold.Release();
    }

    [Fact]
    public async Task A10_A_store_whose_plain_reads_lag_causes_no_second_request()
    {
        LaggingStore? store = null;
        await using World world = await World.StartAsync(
            services: services => services.AddSingleton<ITokenStore>(provider => store ??= new LaggingStore(new InMemoryTokenStore(provider.GetRequiredService<TimeProvider>()))));
        await world.ConnectExpiredAsync();
        ITokenManager other = world.NewProcess().Tokens();
        store!.Freeze(world.Key);
        AccessToken token = await world.GetAsync();

        AccessToken late = await other.GetAccessTokenAsync(world.Key);

        late.Value.Should().Be(token.Value);
        store.StaleReads.Should().BePositive();
        world.Posts().Should().ContainSingle();
    }

    [Fact]
    public async Task A11_What_is_presented_is_what_stood_in_the_row_when_the_lease_was_taken()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        TokenSet newer = world.Server.IssueTokens(world.User, "read");
        bool swapped = false;
        world.Store.Before = async name =>
        {
            if (name != "begin" || swapped)
                return;
            swapped = true;
            await world.StoreBehindAsync(newer.Ended(world.Clock.GetUtcNow()));
        };

        await world.GetAsync();

        world.Server.Log.RefreshRequests.Should().ContainSingle().Which.RefreshTokenFingerprint.Should().Be(TokenFingerprint.Of(newer.RefreshToken!));
    }

    [Fact]
    public async Task A11_RF_4_Who_finds_the_token_refreshed_under_the_lease_sends_nothing()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        ITokenManager other = world.NewProcess().Tokens();
        AccessToken? theirs = null;
        world.Store.Before = async name =>
        {
            if (name != "begin" || theirs is not null)
                return;
            world.Store.Before = null;
            theirs = await other.GetAccessTokenAsync(world.Key);
        };

        AccessToken token = await world.GetAsync();

        token.Value.Should().Be(theirs!.Value);
        world.Posts().Should().ContainSingle();
    }

    [Fact]
    public async Task A16_No_call_of_the_store_is_under_way_while_fifty_requests_are()
    {
        await using World world = await World.StartAsync();
        TokenKey[] keys = [.. Enumerable.Range(0, 50).Select(i => new TokenKey(World.Provider, $"user-{i}"))];
        foreach (TokenKey key in keys)
            await world.ConnectAsync(key);
        world.Clock.Advance(TimeSpan.FromMinutes(61));
        int open = 0;
        world.Store.Before = _ => Task.FromResult(Interlocked.Increment(ref open));
        world.Store.After = _ => Task.FromResult(Interlocked.Decrement(ref open));
        var all = new TaskCompletionSource();
        int arrived = 0;
        FaultHold hold = Fault.Hold();
        world.Server.TokenEndpoint.FailAlways(hold, _ =>
        {
            if (Interlocked.Increment(ref arrived) == keys.Length)
                all.SetResult();
            return true;
        });

        Task<AccessToken>[] gets = [.. keys.Select(key => world.GetAsync(key))];
        await all.Task;

        open.Should().Be(0);
        hold.Release();
        await Task.WhenAll(gets);
    }

    /// <summary>A store whose plain reads may come from a replica that is behind; its leases and saves are authoritative.</summary>
    private sealed class LaggingStore(ITokenStore primary) : ITokenStore
    {
        private StoredToken? _replica;

        public int StaleReads { get; private set; }

        public void Freeze(TokenKey key) => _replica = primary.FindAsync(key, CancellationToken.None).Result;

        public Task<StoredToken?> FindAsync(TokenKey key, CancellationToken cancellationToken)
        {
            if (_replica is null)
                return primary.FindAsync(key, cancellationToken);
            StaleReads++;
            return Task.FromResult<StoredToken?>(_replica);
        }

        public Task<RefreshClaim> BeginRefreshAsync(TokenKey key, string attemptId, TimeSpan leaseDuration, CancellationToken cancellationToken) =>
            primary.BeginRefreshAsync(key, attemptId, leaseDuration, cancellationToken);

        public Task<bool> CompleteRefreshAsync(TokenKey key, string attemptId, long version, RefreshCompletion ending, CancellationToken cancellationToken) =>
            primary.CompleteRefreshAsync(key, attemptId, version, ending, cancellationToken);

        public Task<SaveResult> SaveAsync(StoredToken token, long expectedVersion, CancellationToken cancellationToken) =>
            primary.SaveAsync(token, expectedVersion, cancellationToken);

        public Task<DeleteResult> DeleteAsync(TokenKey key, CancellationToken cancellationToken) => primary.DeleteAsync(key, cancellationToken);
    }
}
