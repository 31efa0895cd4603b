using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Options;
using TokenLifecycle.Refresh;
using TokenLifecycle.State;
using TokenLifecycle.Testing;
using TokenLifecycle.TestKit;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.Diagnostics;

public sealed class MetricsTests
{
    [Fact]
    public async Task Calls_for_a_token_are_counted_by_how_they_were_served()
    {
        await using World world = await World.StartAsync();
        using var meters = new MeterRecorder(world.Services);
        await world.RefusalAsync();
        await world.ConnectExpiredAsync();
        await world.GetAsync();
        await world.GetAsync();
        await world.Tokens.GetAccessTokenAsync(world.Key, TimeSpan.FromMinutes(1));
        await world.Tokens.RefreshAsync(world.Key);
        world.Clock.Advance(TimeSpan.FromHours(2));
        world.Server.TokenEndpoint.FailNext(Fault.Status(503));
        await world.RefusalAsync();
        await FluentActions.Awaiting(() => world.GetAsync(new TokenKey("nobody-registered-this", "ada"))).Should().ThrowAsync<ProviderConfigurationException>();

        meters.Of(TokenLifecycleDiagnostics.AccessTokenRequestsInstrument).Should().Equal(
            Request("reauthorization_required"), Request("cold"), Request("warm"), Request("warm"), Request("forced"), Request("unavailable"), Request("misconfigured", "_OTHER"));
    }

    [Fact]
    public async Task The_remaining_lifetime_is_measured_at_each_hand_out()
    {
        await using World world = await World.StartAsync();
        using var meters = new MeterRecorder(world.Services);
        await world.ConnectAsync();
        await world.GetAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(10));
        await world.GetAsync();

        meters.ValuesOf(TokenLifecycleDiagnostics.AccessTokenRemainingInstrument).Should().Equal(3600, 3000);
    }

    [Fact]
    public async Task Refreshes_are_counted_by_what_they_were_made_for()
    {
        await using World world = await World.StartAsync();
        using var meters = new MeterRecorder(world.Services);
        await world.ConnectExpiredAsync();
        await world.GetAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(58));
        await world.GetAsync();
        await world.IdleAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(30));
        await world.Tokens.RefreshAsync(world.Key);
        world.Clock.Advance(TimeSpan.FromHours(2));
        OAuthProviderOptions provider = world.Services.GetRequiredService<Microsoft.Extensions.Options.IOptionsMonitor<OAuthProviderOptions>>().Get(World.Provider);
        await world.Services.GetRequiredService<RefreshCoordinator>().RunAsync(world.Key, provider, RefreshDemand.ByPlan with { Reason = RefreshReason.Background });

        meters.Of(TokenLifecycleDiagnostics.RefreshesInstrument).Should().Equal(Refreshed("on_demand"), Refreshed("due"), Refreshed("forced"), Refreshed("background"));
    }

    [Fact]
    public async Task A_wait_for_another_process_is_measured_and_no_wait_is_not()
    {
        await using World world = await World.StartAsync();
        ServiceProvider other = world.NewProcess();
        using var meters = new MeterRecorder(world.Services);
        using var others = new MeterRecorder(other);
        await world.ConnectExpiredAsync();
        FaultHold held = Fault.HoldReply();
        world.Server.TokenEndpoint.FailNext(held);
        Task<AccessToken> first = world.GetAsync();
        await held.Reached;
        Task<AccessToken> second = other.Tokens().GetAccessTokenAsync(world.Key).AsTask();
        world.Store.After = name => name == "begin" && world.Store.CountOf("begin") >= 3 ? Release() : Task.CompletedTask;
        await world.Clock.RunShortPausesAsync(Task.WhenAll(first, second));

        meters.Of(TokenLifecycleDiagnostics.LeaseWaitInstrument).Should().BeEmpty();
        others.Of(TokenLifecycleDiagnostics.LeaseWaitInstrument).Should().Equal("time tokenlifecycle.provider=acme");
        others.ValuesOf(TokenLifecycleDiagnostics.LeaseWaitInstrument).Single().Should().BeGreaterThanOrEqualTo(0.05, "one pause was waited at least");

        Task Release()
        {
            held.Release();
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task What_blocks_a_provider_is_a_gauge()
    {
        await using World world = await World.StartAsync();
        using var meters = new MeterRecorder(world.Services);
        await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailNext(Fault.Body(401, """{"error":"invalid_client"}"""));
        await world.RefusalAsync();
        meters.Collect();

        meters.Of(TokenLifecycleDiagnostics.ProviderBlockedInstrument).Should().Equal(Block(1, "client_rejected"), Block(0, "circuit_open"), Block(0, "throttled"), Block(0, "verdicts_held"));
    }

    [Fact]
    public async Task The_advised_buckets_fit_tokens_and_refreshes()
    {
        await using World world = await World.StartAsync();
        using var meters = new MeterRecorder(world.Services);
        await world.ConnectAsync();

        foreach (Histogram<double> histogram in meters.Instruments.Values.OfType<Histogram<double>>())
            histogram.Advice!.HistogramBucketBoundaries.Should().HaveCountGreaterThan(8).And.BeInAscendingOrder();
        ((Histogram<double>)meters.Instruments[TokenLifecycleDiagnostics.AccessTokenRemainingInstrument]).Advice!.HistogramBucketBoundaries.Should().Contain([30, 300, 3600]);
    }

    [Fact]
    public async Task Every_instrument_of_the_core_stands_in_the_docs_with_its_kind_its_unit_and_its_attributes()
    {
        await using World world = await World.StartAsync();
        using var meters = new MeterRecorder(world.Services);
        await world.ConnectExpiredAsync();
        await world.GetAsync();
        TokenMetrics metrics = world.Services.GetRequiredService<TokenMetrics>();
        metrics.Refreshed("p", "o", RefreshReason.Due, "e", TimeSpan.Zero);
        metrics.LeaseWaited("p", TimeSpan.Zero);
        metrics.ReauthorizationRequired("p", ReauthorizationReason.LostRotation);
        metrics.StoreFailed("save", new IOException());
        metrics.EventDropped("o");
        metrics.SweepClaimed("p", 1);
        metrics.SweepLag("p", TimeSpan.FromSeconds(1));
        await CensusTests.CountAsync(world, meters);

        IEnumerable<ObservedMetric> measured = meters.Instruments.Values.Select(instrument => new ObservedMetric(
            instrument.Name, instrument.GetType().Name.Replace("Observable", "").Split('`')[0], instrument.Unit ?? "", [.. meters.Tags.TryGetValue(instrument.Name, out SortedSet<string>? tags) ? tags : []]));
        string[] web = [TokenLifecycleDiagnostics.ConnectsInstrument, TokenLifecycleDiagnostics.CallbacksInstrument];
        measured.OrderBy(metric => metric.Name).Should().BeEquivalentTo(ObservingPage.Metrics.Where(metric => !web.Contains(metric.Name)).OrderBy(metric => metric.Name));
    }

    private static string Request(string outcome, string provider = World.Provider) => $"1 tokenlifecycle.provider={provider} tokenlifecycle.outcome={outcome}";

    private static string Refreshed(string reason) => $"1 tokenlifecycle.provider=acme tokenlifecycle.outcome=refreshed tokenlifecycle.refresh.reason={reason}";

    private static string Block(int holds, string reason) => $"{holds} tokenlifecycle.provider=acme tokenlifecycle.block.reason={reason}";
}
