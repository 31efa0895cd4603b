using TokenLifecycle.Options;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>The application's own tokens: the same walk, without a user and without a refresh token.</summary>
public sealed class ClientCredentialsTests : IAsyncLifetime
{
    private static readonly TokenKey Key = TokenKey.ForApplication(World.Provider);

    private World _world = null!;

    public async Task InitializeAsync() => _world = await World.StartAsync(provider: o => o.GrantType = OAuthGrantType.ClientCredentials);

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task The_first_call_fetches_a_token_and_the_next_ones_use_it()
    {
        AccessToken token = await _world.GetAsync(Key);

        (await _world.GetAsync(Key)).Value.Should().Be(token.Value);
        _world.Server.IsLive(token.Value).Should().BeTrue();
        _world.Server.Log.TokenRequests.Should().ContainSingle().Which.GrantType.Should().Be("client_credentials");
        (await _world.StoredAsync(Key)).Tokens.RefreshToken.Should().BeNull();
        (await _world.Tokens.GetStatusAsync(Key)).State.Should().Be(TokenState.Valid);
    }

    [Fact]
    public async Task A_hundred_first_callers_cause_one_request()
    {
        AccessToken[] tokens = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Task.Run(() => _world.GetAsync(Key))));

        tokens.Select(token => token.Value).Distinct().Should().ContainSingle();
        _world.Posts().Should().ContainSingle();
    }

    [Fact]
    public async Task An_ended_token_is_replaced_without_a_refresh_token()
    {
        AccessToken first = await _world.GetAsync(Key);
        _world.Clock.Advance(TimeSpan.FromMinutes(61));

        AccessToken second = await _world.GetAsync(Key);

        second.Value.Should().NotBe(first.Value);
        (await _world.StoredAsync(Key)).Tokens.AccessToken.Should().Be(second.Value);
        _world.Posts().Should().HaveCount(2);
    }

    [Fact]
    public async Task Another_process_uses_the_token_of_the_first()
    {
        AccessToken token = await _world.GetAsync(Key);

        (await _world.NewProcess().Tokens().GetAccessTokenAsync(Key)).Value.Should().Be(token.Value);

        _world.Posts().Should().ContainSingle();
    }

    [Fact]
    public async Task A12_Two_processes_that_fetch_the_first_token_at_once_agree_on_one()
    {
        ITokenManager other = _world.NewProcess().Tokens();
        FaultHold hold = Fault.HoldReply();
        _world.Server.TokenEndpoint.FailNext(hold);
        Task<AccessToken> slow = _world.GetAsync(Key);
        await hold.Reached;
        AccessToken quick = await other.GetAccessTokenAsync(Key);
        hold.Release();

        (await slow).Value.Should().Be(quick.Value);
    }

    [Fact]
    public async Task A_first_request_that_fails_is_followed_by_a_growing_pause()
    {
        _world.Server.TokenEndpoint.FailAlways(Fault.Status(503));
        await UnavailableAsync();
        await UnavailableAsync();
        _world.Posts().Should().ContainSingle("within the pause nothing is sent");

        _world.Clock.Advance(TimeSpan.FromSeconds(1));
        TokenTemporarilyUnavailableException second = await UnavailableAsync();

        second.RetryAfter.Should().BeGreaterThanOrEqualTo(TimeSpan.FromSeconds(1));
        _world.Posts().Should().HaveCount(2);
        _world.Server.TokenEndpoint.Recover();
        _world.Clock.Advance(TimeSpan.FromSeconds(30));
        await _world.GetAsync(Key);
    }

    [Fact]
    public async Task A_lost_answer_is_asked_for_again_at_once_for_nothing_is_spent()
    {
        _world.Server.TokenEndpoint.FailNext(Fault.DropAfterProcessing());

        await _world.GetAsync(Key);

        _world.Posts().Should().HaveCount(2);
    }

    [Fact]
    public async Task A_rejected_client_is_the_operators_affair()
    {
        _world.Server.TokenEndpoint.FailAlways(Fault.Body(400, """{"error":"invalid_grant"}"""));

        await FluentActions.Awaiting(() => _world.GetAsync(Key)).Should().ThrowAsync<ProviderConfigurationException>();
    }

    [Fact]
    public async Task A_store_that_is_down_does_not_cost_the_application_its_token()
    {
        await _world.GetAsync(Key);
        _world.Clock.Advance(TimeSpan.FromMinutes(61));
        _world.Store.Fail("save");

        AccessToken token = await _world.GetAsync(Key);

        _world.Server.IsLive(token.Value).Should().BeTrue();
        (await _world.GetAsync(Key)).Value.Should().Be(token.Value);
        _world.Posts().Should().HaveCount(2);
    }

    [Fact]
    public async Task A_first_token_that_cannot_be_saved_is_used_all_the_same()
    {
        _world.Store.Fail("save");

        AccessToken token = await _world.GetAsync(Key);

        (await _world.GetAsync(Key)).Value.Should().Be(token.Value);
        _world.Posts().Should().ContainSingle();
    }

    [Fact]
    public async Task A_forced_refresh_and_a_disconnect_work_as_for_a_user()
    {
        AccessToken first = await _world.GetAsync(Key);
        AccessToken second = await _world.Tokens.RefreshAsync(Key, first);

        second.Value.Should().NotBe(first.Value);
        (await _world.Tokens.DisconnectAsync(Key)).Should().Be(RevocationOutcome.Revoked);
        _world.Server.IsLive(second.Value).Should().BeFalse();
        (await _world.Store.Inner.FindAsync(Key, CancellationToken.None)).Should().BeNull();
        (await _world.GetAsync(Key)).Value.Should().NotBe(second.Value, "nobody has to agree to the application's own access");
    }

    private async Task<TokenTemporarilyUnavailableException> UnavailableAsync() =>
        (await FluentActions.Awaiting(() => _world.GetAsync(Key)).Should().ThrowAsync<TokenTemporarilyUnavailableException>()).Which;
}
