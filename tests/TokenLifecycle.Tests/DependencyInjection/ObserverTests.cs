using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using TokenLifecycle.Health;
using TokenLifecycle.Testing;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.DependencyInjection;

public sealed class ObserverTests
{
    [Fact]
    public async Task An_observer_that_is_added_twice_is_told_once()
    {
        await using World world = await World.StartAsync(services: all =>
        {
            all.AddTokenLifecycle().AddObserver<EventRecorder>().AddObserver<EventRecorder>();
            all.AddTokenLifecycle().AddObserver<EventRecorder>();
        });
        await world.ConnectAsync();
        await world.Tokens.DisconnectAsync(world.Key);

        var recorder = (EventRecorder)world.Services.GetServices<ITokenLifecycleObserver>().Should().ContainSingle().Subject;
        await recorder.WaitForAsync(TokenEventKind.Disconnected);
        recorder.Events.Select(told => told.Kind).Should().Equal(TokenEventKind.Connected, TokenEventKind.Disconnected);
    }

    [Fact]
    public async Task A17_An_observer_may_need_the_manager_and_ask_for_the_very_token_it_is_told_of()
    {
        await using World world = await World.StartAsync(services: all => all.AddTokenLifecycle().AddObserver<AskingObserver>());
        await world.ConnectExpiredAsync();

        AccessToken token = await world.Tokens.GetAccessTokenAsync(world.Key);

        var observer = (AskingObserver)world.Services.GetServices<ITokenLifecycleObserver>().Single();
        (await observer.Refreshed.Task.WaitAsync(TimeSpan.FromSeconds(30))).Value.Should().Be(token.Value);
        world.Refreshes.Should().Be(1);
    }

    [Fact]
    public async Task An_observer_that_throws_harms_neither_callers_nor_other_observers()
    {
        await using World world = await World.StartAsync(services: all => all.AddTokenLifecycle().AddObserver<ThrowingObserver>().AddObserver<EventRecorder>());
        await world.ConnectExpiredAsync();

        AccessToken token = await world.Tokens.GetAccessTokenAsync(world.Key);

        world.Server.IsLive(token.Value).Should().BeTrue();
        await world.Services.GetServices<ITokenLifecycleObserver>().OfType<EventRecorder>().Single().WaitForAsync(TokenEventKind.Refreshed);
    }

    [Fact]
    public async Task An_observer_that_cannot_be_made_harms_no_caller()
    {
        await using World world = await World.StartAsync(services: all => all.AddTokenLifecycle().AddObserver<BrokenObserver>());
        await world.ConnectExpiredAsync();

        AccessToken token = await world.Tokens.GetAccessTokenAsync(world.Key);

        world.Server.IsLive(token.Value).Should().BeTrue();
        (await world.StoredAsync()).Tokens.AccessToken.Should().Be(token.Value);
    }

    [Fact]
    public async Task The_health_check_is_registered_and_says_which_provider_rejects_the_app_but_no_user()
    {
        await using World world = await World.StartAsync(services: all => all.AddHealthChecks().AddCheck<TokenLifecycleHealthCheck>("tokens"));
        var health = world.Services.GetRequiredService<HealthCheckService>();
        await world.ConnectExpiredAsync();
        (await health.CheckHealthAsync()).Status.Should().Be(HealthStatus.Healthy);
        world.Server.TokenEndpoint.FailNext(Fault.Body(401, """{"error":"invalid_client"}"""));

        Func<Task> getting = async () => await world.Tokens.GetAccessTokenAsync(world.Key);
        await getting.Should().ThrowAsync<ProviderConfigurationException>();

        HealthReportEntry entry = (await health.CheckHealthAsync()).Entries["tokens"];
        entry.Status.Should().Be(HealthStatus.Degraded);
        entry.Description.Should().Contain("acme").And.NotContain("ada");

        world.Clock.Advance(TimeSpan.FromMinutes(2));
        await world.Tokens.GetAccessTokenAsync(world.Key);
        (await health.CheckHealthAsync()).Status.Should().Be(HealthStatus.Healthy);
    }

    private sealed class AskingObserver(ITokenManager tokens) : ITokenLifecycleObserver
    {
        public TaskCompletionSource<AccessToken> Refreshed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async ValueTask OnEventAsync(TokenEvent tokenEvent, CancellationToken cancellationToken)
        {
            AccessToken token = await tokens.GetAccessTokenAsync(tokenEvent.Key!.Value, cancellationToken);
            if (tokenEvent.Kind == TokenEventKind.Refreshed)
                Refreshed.TrySetResult(token);
        }
    }

    private sealed class ThrowingObserver : ITokenLifecycleObserver
    {
        public ValueTask OnEventAsync(TokenEvent tokenEvent, CancellationToken cancellationToken) => throw new InvalidOperationException("An observer's own fault.");
    }

    private sealed class BrokenObserver : ITokenLifecycleObserver
    {
        public BrokenObserver() => throw new InvalidOperationException("It cannot be made.");

        public ValueTask OnEventAsync(TokenEvent tokenEvent, CancellationToken cancellationToken) => default;
    }
}
