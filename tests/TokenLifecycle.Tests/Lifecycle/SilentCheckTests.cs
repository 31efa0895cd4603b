using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TokenLifecycle.Health;
using TokenLifecycle.Options;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>Neither a start nor a readiness check hangs on a store that does not answer.</summary>
[Trait("Rule", "FR-9")]
[Trait("Rule", "F15")]
public sealed class SilentCheckTests
{
    private readonly ManualTimeProvider _clock = new();
    private readonly TaskCompletionSource _never = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_start_on_a_silent_store_fails_and_says_what_to_do(bool isBlocking)
    {
        using IHost host = HostOf(isBlocking);

        Task start = host.StartAsync();
        await PassAsync(start);

        string message = (await FluentActions.Awaiting(() => start).Should().ThrowAsync<TokenStoreNotReadyException>()).Which.Message;
        message.Should().Contain("did not answer within").And.Contain("can be reached from this process").And.Contain("SaveTimeout").And.Contain("CheckStoreOnStart");
        _never.SetResult();
    }

    [Fact]
    public async Task A_start_that_only_warns_goes_on_without_the_store()
    {
        var log = new LogRecorder();
        using IHost host = HostOf(isBlocking: false, services => services.AddLogging(logging => logging.AddProvider(log)).AddTokenLifecycle(o => o.CheckStoreOnStart = StoreCheckMode.Warn));

        Task start = host.StartAsync();
        await PassAsync(start);
        await start;

        log.Lines.Should().ContainSingle(line => line.Id == 24 && line.Text.Contains("did not answer", StringComparison.Ordinal));
        await host.StopAsync();
        _never.SetResult();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Readiness_is_unhealthy_while_the_store_is_silent(bool isBlocking)
    {
        using IHost host = HostOf(isBlocking);
        TokenStoreHealthCheck check = host.Services.GetRequiredService<TokenStoreHealthCheck>();

        Task<HealthCheckResult> answer = check.CheckHealthAsync(new HealthCheckContext());
        await PassAsync(answer);

        HealthCheckResult result = await answer;
        result.Status.Should().Be(HealthStatus.Unhealthy);
        result.Description.Should().Contain("did not answer within");
        result.Data.Values.Should().Contain(remedy => ((string)remedy).Contains("SaveTimeout", StringComparison.Ordinal));
        _never.SetResult();
    }

    [Fact]
    public async Task Who_asks_for_readiness_may_go_away()
    {
        using IHost host = HostOf(isBlocking: true);
        using var gone = new CancellationTokenSource();

        Task<HealthCheckResult> answer = host.Services.GetRequiredService<TokenStoreHealthCheck>().CheckHealthAsync(new HealthCheckContext(), gone.Token);
        await gone.CancelAsync();

        await FluentActions.Awaiting(() => answer).Should().ThrowAsync<OperationCanceledException>();
        _never.SetResult();
    }

    [Fact]
    public async Task A_row_that_could_not_be_read_is_not_waited_for_when_the_store_falls_silent()
    {
        await using World world = await World.StartAsync();
        world.Store.Before = _ => Task.FromException(new UnreadableTokenException(world.Key, "the key is missing."));
        await world.UnavailableAsync(TokenFailureKind.Unreadable);
        world.Store.Before = _ => _never.Task;

        Task<HealthCheckResult> answer = world.Services.GetRequiredService<TokenStoreHealthCheck>().CheckHealthAsync(new HealthCheckContext());
        while (!answer.IsCompleted)
        {
            if (world.Clock.NextTimerIn is { } next)
                world.Clock.Advance(next);
            await Task.Yield();
        }

        (await answer).Status.Should().Be(HealthStatus.Unhealthy);
        _never.SetResult();
    }

    private IHost HostOf(bool isBlocking, Action<IServiceCollection>? more = null)
    {
        var store = new CheckedStore(new InMemoryTokenStore(_clock)) { Before = _ => isBlocking ? Block() : _never.Task };
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddSingleton<TimeProvider>(_clock).AddSingleton<ITokenStore>(store).AddTokenLifecycle().WithoutProtection();
        more?.Invoke(builder.Services);
        return builder.Build();

        Task Block()
        {
            _never.Task.GetAwaiter().GetResult();
            return Task.CompletedTask;
        }
    }

    private async Task PassAsync(Task work)
    {
        while (!work.IsCompleted)
        {
            if (_clock.NextTimerIn is { } next)
                _clock.Advance(next);
            await Task.Yield();
        }
    }

    private sealed class CheckedStore(ITokenStore inner) : FaultyStore(inner), ITokenStoreCheck
    {
        public Task<IReadOnlyList<TokenStoreProblem>> CheckAsync(CancellationToken cancellationToken) =>
            RunAsync("check", () => Task.FromResult<IReadOnlyList<TokenStoreProblem>>([]));
    }
}
