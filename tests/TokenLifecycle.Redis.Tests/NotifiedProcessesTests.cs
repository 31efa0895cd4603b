using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using StackExchange.Redis;
using TokenLifecycle.RedisServers;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Redis.Tests;

/// <summary>Two processes: what one does, the other knows, though no time has passed for its cache.</summary>
[Collection(RedisCollection.Name)]
[Trait(RedisServer.Needs, RedisServer.Redis)]
public sealed class NotifiedProcessesTests(SharedRedis redis) : IAsyncLifetime
{
    private const string Provider = "acme";

    private static readonly TokenKey Key = new(Provider, "ada");

    private readonly List<IHostedService> _started = [];
    private readonly ManualTimeProvider _clock = new();
    private SimulatedAuthorizationServer _server = null!;
    private RedisApp _app = null!;
    private ServiceProvider _one = null!;
    private ServiceProvider _other = null!;

    public async Task InitializeAsync()
    {
        _server = await SimulatedAuthorizationServer.StartAsync(o =>
        {
            o.TimeProvider = _clock;
            o.SecretMark = Canary.Mark;
            o.Rotation = Rotation.EveryUse;
        });
        _app = await RedisApp.CreateAsync(redis.Server);
        _one = await StartAsync();
        _other = await StartAsync();
    }

    public async Task DisposeAsync()
    {
        foreach (IHostedService service in _started)
            await service.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_disconnect_in_one_process_is_seen_by_another_at_once()
    {
        long version = await ConnectAsync();

        await TokensOf(_one).DisconnectAsync(Key);
        await HeardBy(_other).ChangedAsync(Key, version);

        (await TokensOf(_other).Invoking(t => t.GetAccessTokenAsync(Key).AsTask()).Should().ThrowAsync<ReauthorizationRequiredException>()).Which.Reason.Should().Be(ReauthorizationReason.NotConnected);
    }

    [Fact]
    public async Task A_rotation_in_one_process_is_seen_by_another_at_once()
    {
        long version = await ConnectAsync();

        AccessToken rotated = await TokensOf(_one).RefreshAsync(Key);
        await HeardBy(_other).ChangedAsync(Key, version);

        (await TokensOf(_other).GetAccessTokenAsync(Key)).Value.Should().Be(rotated.Value);
        _server.Log.RefreshRequests.Should().ContainSingle();
    }

    [Fact]
    public async Task A_revoked_grant_that_one_process_found_is_seen_by_another_at_once()
    {
        long version = await ConnectAsync();
        _server.RevokeGrant(_server.SignedInUser);

        await TokensOf(_one).Invoking(t => t.RefreshAsync(Key)).Should().ThrowAsync<ReauthorizationRequiredException>();
        await HeardBy(_other).ChangedAsync(Key, version);

        (await TokensOf(_other).GetStatusAsync(Key)).State.Should().Be(TokenState.ReauthorizationRequired);
    }

    [Fact]
    public async Task A_lost_connection_is_restored_and_changes_are_seen_at_once_as_before()
    {
        long version = await ConnectAsync();
        IServer server = _app.Connection.GetServers()[0];

        await server.ExecuteAsync("CLIENT", "KILL", "TYPE", "pubsub");
        await HeardBy(_other).ListeningAsync();
        while ((await _app.Database.PublishAsync(RedisChannel.Literal(_app.Keys.Channel), "not a change")) < 2)
        {
            // Both have to subscribe again.
        }

        await TokensOf(_one).DisconnectAsync(Key);
        await HeardBy(_other).ChangedAsync(Key, version);
    }

    [Fact]
    [Trait("Rule", "RS-7")]
    public async Task A_message_names_neither_the_user_nor_a_token()
    {
        Channel<string> messages = Channel.CreateUnbounded<string>();
        await _app.Connection.GetSubscriber().SubscribeAsync(RedisChannel.Literal(_app.Keys.Channel), (_, message) => messages.Writer.TryWrite(message!));

        long version = await ConnectAsync();

        (await messages.Reader.ReadAsync()).Should().Be($"{TokenInvalidation.FingerprintOf(Key)} {version}");
    }

    private static ITokenManager TokensOf(ServiceProvider process) => process.GetRequiredService<ITokenManager>();

    private static HeardChanges HeardBy(ServiceProvider process) => (HeardChanges)process.GetRequiredService<ITokenCacheInvalidator>();

    /// <summary>Connects, and lets both processes cache the token.</summary>
    private async Task<long> ConnectAsync()
    {
        await TokensOf(_one).SaveAsync(Key, _server.IssueTokens(_server.SignedInUser, "read"));
        await TokensOf(_other).GetAccessTokenAsync(Key);
        return (await _one.GetRequiredService<ITokenStore>().FindAsync(Key, CancellationToken.None))!.Version;
    }

    private async Task<ServiceProvider> StartAsync()
    {
        ServiceProvider process = _app.NewProcess(_clock, add: builder =>
        {
            builder.AddProvider(Provider, _server.Configure);
            ServiceDescriptor remembered = builder.Services.Last(static service => service.ServiceType == typeof(ITokenCacheInvalidator));
            builder.Services.Replace(ServiceDescriptor.Singleton<ITokenCacheInvalidator>(services =>
                new HeardChanges((ITokenCacheInvalidator)ActivatorUtilities.CreateInstance(services, remembered.ImplementationType!))));
        });
        foreach (IHostedService service in process.GetServices<IHostedService>())
        {
            await service.StartAsync(CancellationToken.None);
            _started.Add(service);
        }

        await HeardBy(process).ListeningAsync();
        return process;
    }

    /// <summary>Passes on what a process receives, and lets a test wait for it.</summary>
    private sealed class HeardChanges(ITokenCacheInvalidator inner) : ITokenCacheInvalidator
    {
        private readonly Channel<TokenInvalidation?> _heard = Channel.CreateUnbounded<TokenInvalidation?>();

        public void Invalidate(TokenInvalidation change)
        {
            inner.Invalidate(change);
            _heard.Writer.TryWrite(change);
        }

        public void OutdateAll()
        {
            inner.OutdateAll();
            _heard.Writer.TryWrite(null);
        }

        /// <summary>Waits until listening has begun, or has begun again.</summary>
        public async Task ListeningAsync()
        {
            while (await _heard.Reader.ReadAsync() is not null)
            {
                // Of connections, and before.
            }
        }

        /// <summary>Waits until something outdates a version of a connection.</summary>
        public async Task ChangedAsync(TokenKey key, long version)
        {
            string fingerprint = TokenInvalidation.FingerprintOf(key);
            while (await _heard.Reader.ReadAsync() is not { } change || change.KeyFingerprint != fingerprint || change.Before <= version)
            {
                // Of others, or what was known.
            }
        }
    }
}
