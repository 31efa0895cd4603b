using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Options;
using TokenLifecycle.Storage;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.State;

/// <summary>What another process has changed: seen within <c>CacheDuration</c>, or at once where somebody says so.</summary>
public sealed class TokenCacheInvalidatorTests : IAsyncLifetime
{
    private static readonly TimeSpan CacheDuration = new TokenLifecycleOptions().CacheDuration;

    private World _world = null!;
    private ServiceProvider _other = null!;
    private long _version;
    private string _token = "";

    private ITokenManager Other => _other.Tokens();

    private ITokenCacheInvalidator Remembered => _other.GetRequiredService<ITokenCacheInvalidator>();

    private string Fingerprint => TokenInvalidation.FingerprintOf(_world.Key);

    /// <summary>A user who is connected in one process and remembered by another.</summary>
    public async Task InitializeAsync()
    {
        _world = await World.StartAsync();
        _other = _world.NewProcess();
        Remembered.OutdateAll();
        await _world.ConnectAsync();
        _version = (await _world.StoredAsync()).Version;
        _token = (await Other.GetAccessTokenAsync(_world.Key)).Value;
    }

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task A_disconnect_elsewhere_is_seen_within_CacheDuration()
    {
        await _world.Tokens.DisconnectAsync(_world.Key);
        _world.Clock.Advance(CacheDuration - TimeSpan.FromTicks(1));
        (await Other.GetAccessTokenAsync(_world.Key)).Value.Should().Be(_token, "nobody has told it");
        _world.Clock.Advance(TimeSpan.FromTicks(1));

        await IsGoneAsync();
    }

    [Fact]
    public async Task A_rotation_elsewhere_is_seen_within_CacheDuration()
    {
        AccessToken rotated = await _world.Tokens.RefreshAsync(_world.Key);
        _world.Clock.Advance(CacheDuration - TimeSpan.FromTicks(1));
        (await Other.GetAccessTokenAsync(_world.Key)).Value.Should().Be(_token, "nobody has told it");
        _world.Clock.Advance(TimeSpan.FromTicks(1));

        (await Other.GetAccessTokenAsync(_world.Key)).Value.Should().Be(rotated.Value);
    }

    [Fact]
    public async Task What_was_said_to_have_changed_is_read_at_the_next_call_and_then_remembered_again()
    {
        AccessToken rotated = await _world.Tokens.RefreshAsync(_world.Key);
        int reads = _world.Store.CountOf("find");

        Remembered.Invalidate(new TokenInvalidation(Fingerprint, (await _world.StoredAsync()).Version));

        (await Other.GetAccessTokenAsync(_world.Key)).Value.Should().Be(rotated.Value);
        (await Other.GetAccessTokenAsync(_world.Key)).Value.Should().Be(rotated.Value);
        _world.Store.CountOf("find").Should().Be(reads + 1);
    }

    [Fact]
    public async Task What_is_known_already_or_of_somebody_else_costs_no_read()
    {
        int reads = _world.Store.CountOf("find");

        Remembered.Invalidate(new TokenInvalidation(Fingerprint, _version));
        Remembered.Invalidate(new TokenInvalidation(TokenInvalidation.FingerprintOf(new TokenKey(World.Provider, "bob")), long.MaxValue));
        Remembered.Invalidate(default);

        await Other.GetAccessTokenAsync(_world.Key);
        _world.Store.CountOf("find").Should().Be(reads);
    }

    [Fact]
    public async Task After_a_gap_everything_is_read_once_more()
    {
        await _world.Tokens.DisconnectAsync(_world.Key);

        Remembered.OutdateAll();

        await IsGoneAsync();
    }

    [Fact]
    public async Task G1_A_change_that_cannot_be_read_takes_no_working_token_from_anybody()
    {
        _world.Store.Fail("find");

        Remembered.Invalidate(new TokenInvalidation(Fingerprint, _version + 1));

        (await Other.GetAccessTokenAsync(_world.Key)).Value.Should().Be(_token);
    }

    [Fact]
    public async Task A_row_that_was_read_before_the_change_and_arrives_after_it_is_read_again()
    {
        _world.Clock.Advance(CacheDuration);
        (Task read, TaskCompletionSource answer) = await ReadAndHoldAsync();
        await _world.Tokens.DisconnectAsync(_world.Key);
        Remembered.Invalidate(new TokenInvalidation(Fingerprint, _version + 1));
        answer.SetResult();
        await read;

        await IsGoneAsync();
    }

    [Fact]
    public async Task A_row_that_is_found_gone_stays_gone_though_its_change_is_told_meanwhile()
    {
        await _world.Tokens.DisconnectAsync(_world.Key);
        _world.Clock.Advance(CacheDuration);
        (Task<AccessToken> read, TaskCompletionSource answer) = await ReadAndHoldAsync();
        Remembered.Invalidate(new TokenInvalidation(Fingerprint, _version + 1));
        answer.SetResult();

        (await FluentActions.Awaiting(() => read).Should().ThrowAsync<ReauthorizationRequiredException>()).Which.Reason.Should().Be(ReauthorizationReason.NotConnected);
    }

    /// <summary>Lets the other process read its row, and keeps the answer back.</summary>
    private async Task<(Task<AccessToken> Read, TaskCompletionSource Answer)> ReadAndHoldAsync()
    {
        TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _world.Store.After = name => name == "find" && reached.TrySetResult() ? answer.Task : Task.CompletedTask;
        Task<AccessToken> read = Other.GetAccessTokenAsync(_world.Key).AsTask();
        await reached.Task;
        return (read, answer);
    }

    private async Task IsGoneAsync() =>
        (await FluentActions.Awaiting(() => Other.GetAccessTokenAsync(_world.Key).AsTask()).Should().ThrowAsync<ReauthorizationRequiredException>())
            .Which.Reason.Should().Be(ReauthorizationReason.NotConnected);
}
