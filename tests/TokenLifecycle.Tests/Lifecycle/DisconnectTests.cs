using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Options;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>What a disconnect reports, and that it always ends the connection here.</summary>
public sealed class DisconnectTests
{
    [Fact]
    public async Task RV_2_The_refresh_token_is_revoked_with_client_authentication_and_a_hint()
    {
        var events = new EventRecorder();
        await using World world = await World.StartAsync(services: services => services.AddSingleton<ITokenLifecycleObserver>(events));
        TokenSet tokens = await world.ConnectAsync();

        RevocationOutcome outcome = await world.Tokens.DisconnectAsync(world.Key);

        outcome.Should().Be(RevocationOutcome.Revoked);
        world.Server.IsLive(tokens.RefreshToken!).Should().BeFalse();
        RevocationEntry revocation = world.Server.Log.Revocations.Should().ContainSingle().Subject;
        revocation.TokenFingerprint.Should().Be(TokenFingerprint.Of(tokens.RefreshToken!));
        revocation.ClientAuthentication.Should().Be("body");
        Revocations(world).Single().Body.Should().Contain("token_type_hint=refresh_token");
        (await world.Store.Inner.FindAsync(world.Key, CancellationToken.None)).Should().BeNull();
        await world.ReauthorizationAsync(ReauthorizationReason.NotConnected);
        (await world.StatusAsync()).State.Should().Be(TokenState.Missing);
        await events.WaitForAsync(TokenEventKind.Disconnected);
        (await world.Tokens.DisconnectAsync(world.Key)).Should().Be(RevocationOutcome.NotConnected);
        world.Server.Log.Revocations.Should().ContainSingle();
    }

    [Fact]
    public async Task RV_2_A_token_that_the_provider_no_longer_knows_counts_as_revoked()
    {
        await using World world = await World.StartAsync();
        await world.ConnectAsync();
        world.Server.RevokeGrant(world.User);

        (await world.Tokens.DisconnectAsync(world.Key)).Should().Be(RevocationOutcome.Revoked);
    }

    [Fact]
    public async Task Who_was_never_connected_is_told_so_and_nothing_is_sent()
    {
        await using World world = await World.StartAsync();

        (await world.Tokens.DisconnectAsync(world.Key)).Should().Be(RevocationOutcome.NotConnected);

        world.Server.Log.Requests.Should().BeEmpty();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RV_2_A_provider_without_revocation_is_reported_as_such(bool noEndpoint)
    {
        await using World world = await World.StartAsync(provider: o =>
        {
            o.RevocationEndpoint = noEndpoint ? null : o.RevocationEndpoint;
            o.Revocation = noEndpoint ? o.Revocation : RevocationStyle.None;
        });
        await world.ConnectAsync();

        (await world.Tokens.DisconnectAsync(world.Key)).Should().Be(RevocationOutcome.NotSupported);

        (await world.Store.Inner.FindAsync(world.Key, CancellationToken.None)).Should().BeNull();
        world.Server.Log.Requests.Should().BeEmpty();
    }

    [Fact]
    public async Task RV_5_A_revocation_endpoint_that_is_down_is_tried_three_times_and_the_row_is_deleted_all_the_same()
    {
        await using World world = await World.StartAsync();
        await world.ConnectAsync();
        world.Server.RevocationEndpoint.FailAlways(Fault.Status(503));

        Task<RevocationOutcome> disconnect = world.Tokens.DisconnectAsync(world.Key);
        await world.RunShortAsync(disconnect);

        (await disconnect).Should().Be(RevocationOutcome.Failed);
        Revocations(world).Should().HaveCount(3);
        (await world.Store.Inner.FindAsync(world.Key, CancellationToken.None)).Should().BeNull();
        await world.ReauthorizationAsync(ReauthorizationReason.NotConnected);
    }

    [Theory]
    [InlineData(400, null)]
    [InlineData(503, "60")]
    public async Task RV_5_A_provider_that_refuses_or_asks_for_time_is_not_hurried(int status, string? retryAfter)
    {
        await using World world = await World.StartAsync();
        await world.ConnectAsync();
        world.Server.RevocationEndpoint.FailAlways(Fault.Status(status, retryAfter));

        (await world.Tokens.DisconnectAsync(world.Key)).Should().Be(RevocationOutcome.Failed);

        Revocations(world).Should().ContainSingle();
        (await world.Store.Inner.FindAsync(world.Key, CancellationToken.None)).Should().BeNull();
    }

    [Fact]
    public async Task A_revocation_that_succeeds_at_the_second_try_is_a_revocation()
    {
        await using World world = await World.StartAsync();
        await world.ConnectAsync();
        world.Server.RevocationEndpoint.FailNext(Fault.DropBeforeProcessing());

        Task<RevocationOutcome> disconnect = world.Tokens.DisconnectAsync(world.Key);
        await world.RunShortAsync(disconnect);

        (await disconnect).Should().Be(RevocationOutcome.Revoked);
    }

    [Fact]
    public async Task A_row_that_cannot_be_read_is_deleted_and_reported_as_not_revoked()
    {
        var store = new UnreadableStore();
        await using World world = await World.StartAsync(services: services => services.AddSingleton<ITokenStore>(store));

        (await world.Tokens.DisconnectAsync(world.Key)).Should().Be(RevocationOutcome.Failed);

        store.Deleted.Should().BeTrue();
        world.Server.Log.Requests.Should().BeEmpty();
    }

    [Fact]
    public async Task Law1_A_disconnect_of_nothing_that_fails_does_not_hide_the_connection_that_follows()
    {
        await using World world = await World.StartAsync();
        world.Store.Fail("delete");
        Func<Task> disconnect = () => world.Tokens.DisconnectAsync(world.Key);
        await disconnect.Should().ThrowAsync<TokenTemporarilyUnavailableException>();
        world.Store.Recover();

        TokenSet tokens = await world.ConnectAsync();

        (await world.GetAsync()).Value.Should().Be(tokens.AccessToken);
    }

    [Fact]
    public async Task A_bearer_revocation_sends_the_access_token_that_lives()
    {
        await using World world = await BearerWorldAsync();
        TokenSet tokens = await world.ConnectAsync();

        (await world.Tokens.DisconnectAsync(world.Key)).Should().Be(RevocationOutcome.Revoked);

        world.Posts().Should().BeEmpty();
        world.Server.Log.Revocations.Should().ContainSingle().Which.TokenFingerprint.Should().Be(TokenFingerprint.Of(tokens.AccessToken));
        world.Server.IsLive(tokens.RefreshToken!).Should().BeFalse();
    }

    [Fact]
    public async Task A_bearer_revocation_with_an_expired_token_refreshes_first_and_revokes_once()
    {
        await using World world = await BearerWorldAsync();
        await world.ConnectExpiredAsync();

        (await world.Tokens.DisconnectAsync(world.Key)).Should().Be(RevocationOutcome.Revoked);

        world.Posts().Should().ContainSingle();
        world.Server.Log.Revocations.Should().ContainSingle().Which.Accepted.Should().BeTrue();
        (await world.Store.Inner.FindAsync(world.Key, CancellationToken.None)).Should().BeNull();
    }

    [Fact]
    public async Task A_bearer_revocation_that_cannot_refresh_fails_and_the_row_is_deleted_all_the_same()
    {
        await using World world = await BearerWorldAsync();
        await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailAlways(Fault.Status(503));

        (await world.Tokens.DisconnectAsync(world.Key)).Should().Be(RevocationOutcome.Failed);

        (await world.Store.Inner.FindAsync(world.Key, CancellationToken.None)).Should().BeNull();
    }

    [Fact]
    public async Task A_store_that_cannot_delete_is_reported_and_asking_again_ends_it()
    {
        await using World world = await World.StartAsync();
        await world.ConnectAsync();
        world.Store.Fail("delete");
        await FluentActions.Awaiting(() => world.Tokens.DisconnectAsync(world.Key)).Should().ThrowAsync<TokenTemporarilyUnavailableException>();
        world.Store.Recover();

        await world.Tokens.DisconnectAsync(world.Key);

        (await world.Store.Inner.FindAsync(world.Key, CancellationToken.None)).Should().BeNull();
        await world.ReauthorizationAsync(ReauthorizationReason.NotConnected);
    }

    [Fact]
    public async Task After_a_disconnect_the_user_can_connect_again()
    {
        await using World world = await World.StartAsync();
        await world.ConnectAsync();
        await world.Tokens.DisconnectAsync(world.Key);

        TokenSet again = await world.ConnectAsync();

        (await world.GetAsync()).Value.Should().Be(again.AccessToken);
    }

    [Fact]
    public async Task RV_1_Another_process_stops_within_its_cache_time()
    {
        await using World world = await World.StartAsync();
        await world.ConnectAsync();
        ITokenManager other = world.NewProcess().Tokens();
        await other.GetAccessTokenAsync(world.Key);
        await world.Tokens.DisconnectAsync(world.Key);

        world.Clock.Advance(TimeSpan.FromSeconds(60));

        await FluentActions.Awaiting(() => other.GetAccessTokenAsync(world.Key).AsTask()).Should().ThrowAsync<ReauthorizationRequiredException>();
    }

    private static IEnumerable<RecordedRequest> Revocations(World world) =>
        world.Server.Log.Requests.Where(request => request.Path == world.Server.RevocationEndpoint.Address.AbsolutePath);

    private static Task<World> BearerWorldAsync() => World.StartAsync(
        server: o => o.Dialect = Dialect.TrainingPeaks,
        provider: o =>
        {
            o.Revocation = RevocationStyle.BearerToken;
        });

    private sealed class UnreadableStore : ITokenStore
    {
        public bool Deleted { get; private set; }

        public Task<StoredToken?> FindAsync(TokenKey key, CancellationToken cancellationToken) => throw new UnreadableTokenException(key, "the key is missing.");

        public Task<RefreshClaim> BeginRefreshAsync(TokenKey key, string attemptId, TimeSpan leaseDuration, CancellationToken cancellationToken) =>
            throw new UnreadableTokenException(key, "the key is missing.");

        public Task<bool> CompleteRefreshAsync(TokenKey key, string attemptId, long version, RefreshCompletion ending, CancellationToken cancellationToken) =>
            throw new UnreadableTokenException(key, "the key is missing.");

        public Task<SaveResult> SaveAsync(StoredToken token, long expectedVersion, CancellationToken cancellationToken) =>
            throw new UnreadableTokenException(token.Key, "the key is missing.");

        public Task<DeleteResult> DeleteAsync(TokenKey key, CancellationToken cancellationToken)
        {
            Deleted = true;
            return Task.FromResult(new DeleteResult(Existed: true, Deleted: null));
        }
    }
}
