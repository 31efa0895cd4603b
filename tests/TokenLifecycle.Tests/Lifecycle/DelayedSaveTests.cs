using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using TokenLifecycle.Health;
using TokenLifecycle.Providers;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>B3, B15, RF-6, law 4: persist before publish; and what happens to tokens that the store does not take.</summary>
public sealed class DelayedSaveTests : IAsyncLifetime
{
    private static readonly TimeSpan StoreDeadline = TimeSpan.FromSeconds(10);

    private readonly EventRecorder _events = new();
    private World _world = null!;

    public async Task InitializeAsync() => _world = await World.StartAsync(services: services => services.AddSingleton<ITokenLifecycleObserver>(_events));

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task B3_When_the_store_fails_after_the_exchange_the_caller_gets_the_new_token()
    {
        TokenSet old = await _world.ConnectExpiredAsync();
        _world.Store.Fail("save");

        AccessToken token = await _world.GetAsync();

        token.Value.Should().NotBe(old.AccessToken);
        _world.Server.IsLive(token.Value).Should().BeTrue();
        (await _world.GetAsync()).Value.Should().Be(token.Value);
        (await _world.StatusAsync()).State.Should().Be(TokenState.Valid);
        _world.Posts().Should().ContainSingle();
        (await _events.WaitForAsync(TokenEventKind.SaveDelayed)).Key.Should().Be(_world.Key);
        (await HealthAsync()).Should().Be(HealthStatus.Degraded);
    }

    [Fact]
    public async Task B3_While_the_old_token_still_lives_the_new_one_is_handed_out_all_the_same()
    {
        TokenSet old = await _world.ConnectAsync();
        _world.Clock.Advance(TimeSpan.FromMinutes(2));
        _world.Store.Fail("save");

        AccessToken forced = await _world.Tokens.RefreshAsync(_world.Key);

        forced.Value.Should().NotBe(old.AccessToken);
        (await _world.GetAsync()).Value.Should().Be(forced.Value, "the provider may have ended the old one");
    }

    [Fact]
    public async Task B3_The_spent_refresh_token_is_not_sent_again_and_the_save_is_retried_until_it_succeeds()
    {
        TokenSet old = await _world.ConnectExpiredAsync();
        _world.Store.Fail("save");
        AccessToken token = await _world.GetAsync();
        for (int i = 0; i < 10; i++)
            await AdvanceToNextRetryAsync(TimeSpan.FromMinutes(1));
        _world.Clock.Advance(TimeSpan.FromHours(1)); // Now the new token has ended too.

        await _world.UnavailableAsync(TokenFailureKind.StoreUnavailable);

        _world.Posts().Should().ContainSingle();
        (await _world.StoredAsync()).Tokens.RefreshToken.Should().Be(old.RefreshToken, "nothing was written yet");
        _world.Store.Recover();
        AccessToken next = await _world.GetAsync();
        next.Value.Should().NotBe(token.Value);
        _world.Posts().Should().HaveCount(2);
        _world.Server.Log.ReusedRefreshTokens.Should().Be(0);
        (await HealthAsync()).Should().Be(HealthStatus.Healthy);
    }

    [Fact]
    public async Task B3_When_the_store_returns_the_tokens_are_saved_by_themselves()
    {
        await _world.ConnectExpiredAsync();
        _world.Store.Fail("save");
        AccessToken token = await _world.GetAsync();
        _events.Events.Should().NotContain(told => told.Kind == TokenEventKind.Refreshed);
        _world.Store.Recover();

        await _world.RunShortAsync(_events.WaitForAsync(TokenEventKind.Refreshed));

        (await _world.StoredAsync()).Tokens.AccessToken.Should().Be(token.Value);
        (await HealthAsync()).Should().Be(HealthStatus.Healthy);
        (await _world.NewProcess().Tokens().GetAccessTokenAsync(_world.Key)).Value.Should().Be(token.Value);
        _world.Posts().Should().ContainSingle();
    }

    [Fact]
    public async Task B3_The_lease_is_renewed_so_that_no_other_process_sends_the_spent_refresh_token()
    {
        await _world.ConnectExpiredAsync();
        _world.Store.Fail("save");
        await _world.GetAsync();

        for (int i = 0; i < 20; i++)
            await AdvanceToNextRetryAsync(TimeSpan.FromSeconds(30));

        RefreshClaim claim = await _world.Store.Inner.BeginRefreshAsync(_world.Key, "another process", TimeSpan.FromMinutes(1), CancellationToken.None);
        claim.Kind.Should().Be(RefreshClaimKind.Held);
        claim.Token!.Intent!.AttemptCount.Should().Be(1);
    }

    [Fact]
    public async Task B3_A_delayed_save_gives_way_to_something_newer()
    {
        await _world.ConnectExpiredAsync();
        _world.Store.Fail("save");
        await _world.GetAsync();
        TokenSet newer = _world.Server.IssueTokens(_world.User, "read");
        await _world.StoreBehindAsync(newer);
        var saved = new TaskCompletionSource();
        _world.Store.Before = null;
        _world.Store.After = name => name == "save" ? Task.FromResult(saved.TrySetResult()) : Task.CompletedTask;

        await _world.RunShortAsync(saved.Task);

        (await _world.NewProcess().Tokens().GetAccessTokenAsync(_world.Key)).Value.Should().Be(newer.AccessToken);
        (await _world.StoredAsync()).Tokens.AccessToken.Should().Be(newer.AccessToken);
        _world.Posts().Should().ContainSingle();
    }

    [Fact]
    public async Task B3_A_save_whose_answer_was_lost_is_no_conflict_with_itself()
    {
        await _world.ConnectExpiredAsync();
        _world.Store.After = name => name == "save" ? Task.FromException(new IOException("The answer was lost.")) : Task.CompletedTask;
        AccessToken token = await _world.GetAsync();
        StoredToken stored = await _world.StoredAsync();
        stored.Tokens.AccessToken.Should().Be(token.Value);
        _world.Store.Recover();

        await _world.RunShortAsync(_events.WaitForAsync(TokenEventKind.Refreshed));

        (await _world.StoredAsync()).Version.Should().Be(stored.Version);
        (await _world.GetAsync()).Value.Should().Be(token.Value);
        (await HealthAsync()).Should().Be(HealthStatus.Healthy);
        _world.Server.Log.ReusedRefreshTokens.Should().Be(0);
    }

    [Fact]
    public async Task RF_6_B15_Nobody_sees_a_token_or_an_event_before_it_is_durable()
    {
        await _world.ConnectExpiredAsync();
        var reached = new TaskCompletionSource();
        var gate = new TaskCompletionSource();
        _world.Store.Before = name =>
        {
            if (name != "save")
                return Task.CompletedTask;
            reached.TrySetResult();
            return gate.Task;
        };
        Task<AccessToken>[] callers = [.. Enumerable.Range(0, 10).Select(_ => _world.GetAsync())];
        await reached.Task;
        Task<AccessToken> late = _world.GetAsync();

        callers.Append(late).Should().NotContain(caller => caller.IsCompleted);
        _events.Events.Should().NotContain(told => told.Kind == TokenEventKind.Refreshed);

        gate.SetResult();
        AccessToken token = await late;
        (await _world.StoredAsync()).Tokens.AccessToken.Should().Be(token.Value);
        await Task.WhenAll(callers);
    }

    [Fact]
    public async Task B15_When_the_event_comes_the_store_holds_what_it_tells_of()
    {
        await _world.ConnectExpiredAsync();
        await _events.WaitForAsync(TokenEventKind.Connected);
        string? storedThen = null;
        _events.Then = async told => storedThen = told.Kind == TokenEventKind.Refreshed ? (await _world.StoredAsync()).Tokens.AccessToken : storedThen;

        AccessToken token = await _world.GetAsync();
        await _events.WaitForAsync(TokenEventKind.Refreshed);

        storedThen.Should().Be(token.Value);
    }

    private async Task<HealthStatus> HealthAsync() =>
        (await _world.Services.GetRequiredService<TokenLifecycleHealthCheck>().CheckHealthAsync(new HealthCheckContext())).Status;

    /// <summary>Lets the delayed save be tried once more, and waits until it has failed and the lease has been renewed.</summary>
    private async Task AdvanceToNextRetryAsync(TimeSpan step)
    {
        var renewed = new TaskCompletionSource();
        _world.Store.After = name => name == "begin" ? Task.FromResult(renewed.TrySetResult()) : Task.CompletedTask;
        while (!renewed.Task.IsCompleted)
        {
            // A call of the store arms its deadline for a moment: that is not the pause that is waited for.
            if (_world.Clock.NextTimerIn is { } next && next != StoreDeadline)
                _world.Clock.Advance(RefreshTiming.Min(step, next));
            await Task.Yield();
        }
    }
}
