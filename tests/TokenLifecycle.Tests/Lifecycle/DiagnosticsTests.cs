using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.TestKit;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>What is counted, traced and told to observers.</summary>
public sealed class DiagnosticsTests
{
    [Fact]
    public async Task Refreshes_are_counted_by_provider_and_outcome_and_never_by_user()
    {
        await using World world = await World.StartAsync();
        using var meters = new MeterRecorder(world.Services);
        await world.ConnectExpiredAsync();
        await world.Tokens.GetAccessTokenAsync(world.Key);
        world.Clock.Advance(TimeSpan.FromHours(2));
        world.Server.TokenEndpoint.FailNext(Fault.Status(503));
        await world.RefusalAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        world.Server.RevokeGrant(world.User);
        await world.RefusalAsync();

        meters.Of(TokenLifecycleDiagnostics.RefreshesInstrument).Should().Equal("1 provider=acme outcome=Refreshed", "1 provider=acme outcome=Unavailable", "1 provider=acme outcome=Reauthorize");
        meters.Of(TokenLifecycleDiagnostics.RefreshDurationInstrument).Should().HaveCount(3);
        meters.Of(TokenLifecycleDiagnostics.ReauthorizationsInstrument).Should().Equal("1 provider=acme reason=GrantRejected");
        meters.Lines.Should().NotContain(line => line.Text.Contains(world.Key.UserId));
    }

    [Fact]
    public async Task Store_failures_and_pending_saves_are_counted()
    {
        await using World world = await World.StartAsync();
        using var meters = new MeterRecorder(world.Services);
        await world.ConnectExpiredAsync();
        world.Store.Fail("save");
        await world.Tokens.GetAccessTokenAsync(world.Key);
        world.Store.Recover();
        await world.Services.GetRequiredService<TokenLifecycle.Lifecycle.TokenPersistence>().SettleAllAsync();

        meters.Of(TokenLifecycleDiagnostics.StoreFailuresInstrument).Should().Equal("1 operation=save");
        meters.Of(TokenLifecycleDiagnostics.PendingSavesInstrument).Should().Equal("1", "-1");
    }

    [Fact]
    public async Task A_refresh_is_an_activity_with_its_provider_and_outcome_and_nothing_of_its_user()
    {
        var stopped = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == TokenLifecycleDiagnostics.ActivitySourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = stopped.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        World? world = null;
        await using World made = await World.StartAsync(services: s => s.AddTokenLifecycle().AddProvider("traced", o => world!.Server.Configure(o)));
        world = made;
        var key = new TokenKey("traced", "ada");
        await world.ConnectExpiredAsync(key);
        await world.Tokens.GetAccessTokenAsync(key);

        Activity refresh = stopped.Should().ContainSingle(activity => (string?)activity.GetTagItem("provider") == "traced").Subject;
        refresh.OperationName.Should().Be("TokenLifecycle.Refresh");
        refresh.TagObjects.Should().BeEquivalentTo(new Dictionary<string, object?>(StringComparer.Ordinal) { ["provider"] = "traced", ["outcome"] = "Refreshed" });
        refresh.Parent.Should().BeNull("it belongs to no caller");
    }

    [Fact]
    public async Task Observers_are_told_of_all_that_happens_to_a_connection_in_its_order()
    {
        var events = new EventRecorder();
        await using World world = await World.StartAsync(services: s => s.AddSingleton<ITokenObserver>(events));
        await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailNext(Fault.Status(502));
        await world.RefusalAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        await world.Tokens.GetAccessTokenAsync(world.Key);
        world.Clock.Advance(TimeSpan.FromHours(2));
        world.Server.RevokeGrant(world.User);
        await world.RefusalAsync();
        await world.Tokens.DisconnectAsync(world.Key);
        await events.WaitForAsync(TokenEventKind.Disconnected);

        events.Events.Select(e => e.Kind).Should().Equal(
            TokenEventKind.Connected, TokenEventKind.RefreshFailed, TokenEventKind.Refreshed, TokenEventKind.ReauthorizationRequired, TokenEventKind.Disconnected);
        TokenEvent failed = events.Events.ElementAt(1);
        (failed.Key, failed.Provider, failed.Failure!.HttpStatus).Should().Be((world.Key, World.Provider, 502));
        events.Events.ElementAt(3).Reason.Should().Be(ReauthorizationReason.GrantRejected);
        events.Events.ElementAt(3).ToString().Should().Be($"ReauthorizationRequired {world.Key}");
    }

    [Fact]
    public async Task An_observer_that_throws_is_logged_and_disturbs_nobody()
    {
        var log = new LogRecorder();
        var last = new EventRecorder();
        await using World world = await World.StartAsync(services: s =>
        {
            s.AddLogging(l => l.AddProvider(log));
            s.AddSingleton<ITokenObserver>(new EventRecorder { Then = _ => throw new InvalidOperationException("no mail today") });
            s.AddSingleton<ITokenObserver>(last);
        });
        await world.ConnectExpiredAsync();
        await world.Tokens.GetAccessTokenAsync(world.Key);

        await last.WaitForAsync(TokenEventKind.Refreshed);
        log.CountOf(19).Should().Be(2);
    }

    /// <summary>The measurements of one container, whose meters are its own.</summary>
    private sealed class MeterRecorder : IDisposable
    {
        private readonly MeterListener _listener = new();

        public MeterRecorder(IServiceProvider services)
        {
            var factory = services.GetRequiredService<IMeterFactory>();
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == TokenLifecycleDiagnostics.MeterName && ReferenceEquals(instrument.Meter.Scope, factory))
                    listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, $"{value}", tags));
            _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument, value >= 0 ? "time" : "?", tags));
            _listener.Start();
        }

        public ConcurrentQueue<(string Instrument, string Text)> Lines { get; } = new();

        public IEnumerable<string> Of(string instrument) => Lines.Where(line => line.Instrument == instrument).Select(line => line.Text);

        public void Dispose() => _listener.Dispose();

        private void Note(Instrument instrument, string value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            string text = value;
            foreach ((string name, object? tag) in tags)
                text += $" {name}={tag}";
            Lines.Enqueue((instrument.Name, text));
        }
    }
}
