using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Options;
using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>A store that has gone back in time holds a refresh token that is spent. A process that remembers the newer tokens stores them again.</summary>
[Trait("Rule", "FR-7")]
public sealed class StoreWentBackTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public async Task A_spent_refresh_token_is_recognized_and_the_remembered_tokens_are_stored_again(int commitsBehind)
    {
        (World world, RewindableStore store) = await StartAsync();
        await using World _ = world;
        await world.ConnectExpiredAsync();
        await store.CopyAsync(world.Key);
        AccessToken last = default!;
        for (int i = 0; i < commitsBehind; i++)
        {
            last = await world.GetAsync();
            world.Clock.Advance(TimeSpan.FromHours(1) + TimeSpan.FromSeconds(1));
        }

        store.GoBack();
        AccessToken token = await world.GetAsync();

        token.Value.Should().NotBe(last.Value);
        world.Server.IsLive(token.Value).Should().BeTrue();
        world.Server.Log.ReusedRefreshTokens.Should().Be(0);
        (await store.FindAsync(world.Key, CancellationToken.None))!.Tokens.AccessToken.Should().Be(token.Value);
    }

    [Fact]
    public async Task A_background_claim_of_an_older_row_restores_it_and_does_not_refresh_a_token_that_is_not_due()
    {
        (World world, RewindableStore store) = await StartAsync();
        await using World _ = world;
        await world.ConnectExpiredAsync();
        await store.CopyAsync(world.Key);
        AccessToken token = await world.GetAsync();

        store.GoBack();
        await world.SweepAsync();

        (await store.FindAsync(world.Key, CancellationToken.None))!.Tokens.AccessToken.Should().Be(token.Value);
        world.Posts().Should().ContainSingle();
    }

    [Fact]
    public async Task A_read_of_an_older_row_does_not_replace_newer_remembered_tokens()
    {
        (World world, RewindableStore store) = await StartAsync();
        await using World _ = world;
        await world.ConnectExpiredAsync();
        await store.CopyAsync(world.Key);
        AccessToken token = await world.GetAsync();

        store.GoBack();
        world.Clock.Advance(TimeSpan.FromMinutes(2)); // What is remembered is read again.

        (await world.GetAsync()).Value.Should().Be(token.Value);
        world.Posts().Should().ContainSingle();
    }

    [Fact]
    public async Task One_row_that_went_back_has_all_others_compared_before_another_process_refreshes_them()
    {
        (World world, RewindableStore store) = await StartAsync();
        await using World _ = world;
        TokenKey[] keys = await world.ConnectManyAsync(12);
        world.Clock.Advance(TimeSpan.FromHours(1) + TimeSpan.FromSeconds(1));
        await store.CopyAsync(keys);
        foreach (TokenKey key in keys)
            await world.GetAsync(key);

        store.GoBack();
        world.Clock.Advance(TimeSpan.FromMinutes(2)); // What is remembered of this one is read again.
        await world.GetAsync(keys[0]);
        await UntilAsync(async () =>
        {
            StoredToken?[] rows = await Task.WhenAll(keys.Select(key => store.FindAsync(key, CancellationToken.None)));
            return rows.All(row => world.Server.IsLive(row!.Tokens.AccessToken));
        });

        world.Clock.Advance(TimeSpan.FromHours(1));
        ITokenManager forgetful = world.NewProcess().Tokens();
        foreach (TokenKey key in keys)
            await forgetful.GetAccessTokenAsync(key);
        world.Server.Log.ReusedRefreshTokens.Should().Be(0);
    }

    [Fact]
    public async Task A_backup_that_is_older_than_the_fingerprints_go_back_is_recognized_by_two_clocks()
    {
        (World world, RewindableStore store) = await StartAsync();
        await using World _ = world;
        await world.ConnectExpiredAsync();
        await store.CopyAsync(world.Key);
        for (int i = 0; i < 24; i++)
        {
            await world.GetAsync();
            world.Clock.Advance(TimeSpan.FromHours(1) + TimeSpan.FromSeconds(1));
        }

        store.GoBack();
        AccessToken token = await world.GetAsync();

        world.Server.IsLive(token.Value).Should().BeTrue();
        world.Server.Log.ReusedRefreshTokens.Should().Be(0);
    }

    [Fact]
    public async Task Tokens_whose_older_refresh_token_another_process_has_sent_are_not_shown_as_sound()
    {
        (World world, RewindableStore store) = await StartAsync();
        await using World _ = world;
        await world.ConnectExpiredAsync();
        await store.CopyAsync(world.Key);
        await world.GetAsync();
        store.GoBack();
        await store.BeginRefreshAsync(world.Key, "another process", TimeSpan.FromMinutes(1), CancellationToken.None);

        world.Clock.Advance(TimeSpan.FromMinutes(2)); // What is remembered is read again.
        await world.GetAsync();
        await UntilAsync(async () => (await store.FindAsync(world.Key, CancellationToken.None))!.Failure is not null);

        (await store.FindAsync(world.Key, CancellationToken.None))!.Failure!.Kind.Should().Be(TokenFailureKind.SavedLate);
    }

    [Fact]
    public async Task A_read_that_a_save_has_overtaken_proves_nothing_and_does_not_delay_the_next_proof()
    {
        (World world, RewindableStore store) = await StartAsync(static o => o.CacheDuration = TimeSpan.Zero);
        await using World _ = world;
        TokenKey[] keys = await world.ConnectManyAsync(12);
        world.Clock.Advance(TimeSpan.FromHours(1) + TimeSpan.FromSeconds(1));
        await store.CopyAsync(keys);
        foreach (TokenKey key in keys)
            await world.GetAsync(key);
        world.Clock.Advance(TimeSpan.FromHours(1) - TimeSpan.FromMinutes(1)); // All are due, and valid.

        var reads = new ConcurrentQueue<TokenKey>();
        TaskCompletionSource reached = new(), late = new(), readAgain = new();
        store.AfterFind = key =>
        {
            reads.Enqueue(key);
            if (reached.TrySetResult())
                return late.Task;
            readAgain.TrySetResult();
            return Task.CompletedTask;
        };
        Task<AccessToken> get = world.GetAsync(keys[0]);
        await reached.Task;
        await world.SweepAsync();
        late.SetResult();
        await get;
        await readAgain.Task.WaitAsync(TimeSpan.FromSeconds(30));
        reads.Should().OnlyContain(key => key == keys[0]);

        store.AfterFind = null;
        store.GoBack();
        await world.GetAsync(keys[1]);

        await UntilAsync(async () =>
        {
            StoredToken?[] rows = await Task.WhenAll(keys.Select(key => store.FindAsync(key, CancellationToken.None)));
            return rows.All(row => world.Server.IsLive(row!.Tokens.AccessToken));
        });
    }

    [Fact]
    public async Task A_reconnect_by_another_process_is_not_taken_for_an_older_row()
    {
        (World world, RewindableStore store) = await StartAsync();
        await using World _ = world;
        await world.ConnectExpiredAsync();
        await world.GetAsync();
        TokenSet theirs = world.Server.IssueTokens(world.User, "read");
        await world.NewProcess().Tokens().SaveAsync(world.Key, theirs);

        world.Clock.Advance(TimeSpan.FromMinutes(2));

        (await world.GetAsync()).Value.Should().Be(theirs.AccessToken);
        (await store.FindAsync(world.Key, CancellationToken.None))!.Tokens.AccessToken.Should().Be(theirs.AccessToken);
    }

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        while (!await isSo())
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private static async Task<(World World, RewindableStore Store)> StartAsync(Action<TokenLifecycleOptions>? options = null)
    {
        RewindableStore? store = null;
        World world = await World.StartAsync(options: options, services: services =>
        {
            store ??= new RewindableStore((TimeProvider)services.First(service => service.ServiceType == typeof(TimeProvider)).ImplementationInstance!);
            services.AddSingleton<ITokenStore>(store);
        });
        return (world, store!);
    }
}
