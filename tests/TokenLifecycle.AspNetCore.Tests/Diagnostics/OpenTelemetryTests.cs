using System.Diagnostics;
using System.Text.RegularExpressions;
using TokenLifecycle.Testing;
using TokenLifecycle.TestKit;
using Names = TokenLifecycle.Diagnostics.TokenLifecycleDiagnostics;

namespace TokenLifecycle.AspNetCore.Tests.Diagnostics;

/// <summary>What an operator sees of users who connect, of refreshes and of failures, at the end of a real pipeline.</summary>
[Collection(nameof(OpenTelemetryTests))]
public sealed partial class OpenTelemetryTests
{
    private const string Provider = "telemetry";
    private const string User = "margaret.hamilton";

    [Fact]
    public async Task A_connect_a_refresh_and_a_failure_arrive_as_metrics()
    {
        using var telemetry = new Telemetry();
        await using WebWorld world = await LiveAsync(telemetry);
        ILookup<string, ExportedPoint> points = await PointsAsync(telemetry);

        Values(points, Names.ConnectsInstrument, Names.OutcomeTag).Should().Equal(("started", 2));
        Values(points, Names.CallbacksInstrument, Names.OutcomeTag).Should().BeEquivalentTo([("connected", 1d), ("repeated", 1d), ("denied", 1d)]);
        Values(points, Names.AccessTokenRequestsInstrument, Names.OutcomeTag).Should().BeEquivalentTo([("warm", 2d), ("cold", 1d), ("unavailable", 1d), ("reauthorization_required", 1d)]);
        Values(points, Names.RefreshesInstrument, Names.ErrorTypeTag).Should().BeEquivalentTo([("", 1d), ("provider_unavailable", 1d), ("grant_rejected", 1d)]);
        Values(points, Names.ReauthorizationsInstrument, Names.ReauthorizationReasonTag).Should().Equal(("grant_rejected", 1));
        Values(points, Names.ConnectionsInstrument, Names.ConnectionStateTag).Should().Equal(("reauthorization_required", 1));
        Values(points, Names.ProviderBlockedInstrument, Names.BlockReasonTag).Should().HaveCount(4).And.OnlyContain(block => block.Value == 0 || block.Attribute == "throttled");
        points[Names.RefreshDurationInstrument].Sum(point => point.Value).Should().Be(3);
        points[Names.RefreshDurationInstrument].First().Bounds.Should().StartWith([0.01, 0.025, 0.05], "they are the advised ones");
    }

    [Fact]
    public async Task What_is_exported_is_what_the_docs_say_and_names_no_user()
    {
        using var telemetry = new Telemetry();
        await using WebWorld world = await LiveAsync(telemetry);
        ILookup<string, ExportedPoint> points = await PointsAsync(telemetry);

        foreach (ExportedPoint point in points.SelectMany(static group => group))
        {
            ObservedMetric documented = ObservingPage.Metrics.Single(metric => metric.Name == point.Metric.Name);
            (point.Metric.Kind, point.Metric.Unit).Should().Be((documented.Kind, documented.Unit), point.Metric.Name);
            point.Metric.Attributes.Except([Names.ErrorTypeTag]).Should().Equal(documented.Attributes.Except([Names.ErrorTypeTag]), point.Metric.Name);
            string.Join(' ', point.Attributes.Values).Should().NotContain(User);
        }

        foreach (Activity span in Spans(telemetry, world))
        {
            ObservedSpan documented = ObservingPage.Spans.Single(known => known.Name == span.OperationName);
            span.Kind.ToString().Should().Be(documented.Kind);
            span.TagObjects.Select(static tag => tag.Key).Should().BeSubsetOf(documented.Attributes, span.OperationName);
            $"{span.DisplayName} {span.StatusDescription} {string.Join(' ', span.TagObjects)} {string.Join(' ', span.Baggage)}".Should().NotContain(User);
        }
    }

    [Fact]
    public async Task A_callback_is_a_span_around_the_exchange_and_the_save()
    {
        using var telemetry = new Telemetry();
        await using WebWorld world = await LiveAsync(telemetry);
        IReadOnlyList<Activity> spans = Spans(telemetry, world);

        Activity connected = spans.Single(span => span.OperationName == Names.CallbackSpan && (string?)span.GetTagItem(Names.OutcomeTag) == "connected");
        spans.Where(span => span.ParentSpanId == connected.SpanId).OrderBy(span => span.StartTimeUtc).Select(span => (span.OperationName, span.GetTagItem(Names.OutcomeTag))).Should().Equal(
            (Names.TokenRequestSpan, "success"), (Names.SaveSpan, "saved"));
        spans.Where(span => span.Status == ActivityStatusCode.Error).Select(span => (span.OperationName, span.GetTagItem(Names.ErrorTypeTag))).Should().BeEquivalentTo(
        [
            (Names.TokenRequestSpan, (object)"provider_unavailable"), (Names.RefreshSpan, "provider_unavailable"), (Names.GetSpan, "provider_unavailable"),
            (Names.TokenRequestSpan, "grant_rejected"), (Names.RefreshSpan, "grant_rejected"), (Names.GetSpan, "grant_rejected"),
        ]);
    }

    [Fact]
    public async Task A_callback_of_nobody_and_one_that_the_store_fails_are_counted_for_what_they_are()
    {
        using var telemetry = new Telemetry();
        await using WebWorld world = await WebWorld.StartAsync(providerName: Provider);
        using Browser browser = await world.BrowserOfAsync(User);
        await browser.GetAsync($"/connections/{Provider}/callback?code=x&state=" + new string('y', 43));
        string callback = await browser.ToCallbackAsync(Provider);
        world.Store.Fail("find", "save");
        await browser.GetAsync(callback);

        Values(await PointsAsync(telemetry), Names.CallbacksInstrument, Names.OutcomeTag).Should().BeEquivalentTo([("not_pending", 1d), ("not_saved", 1d)]);
        telemetry.Spans.Where(span => span.OperationName == Names.CallbackSpan && (string?)span.GetTagItem(Names.ProviderTag) == Provider)
            .Select(span => (span.Status, span.GetTagItem(Names.ErrorTypeTag))).Should().Equal((ActivityStatusCode.Error, "not_pending"), (ActivityStatusCode.Error, "not_saved"));
    }

    /// <summary>Connects (by a double click), is served warm and after a refresh, meets an outage, loses the grant, comes back and says no.</summary>
    private static async Task<WebWorld> LiveAsync(Telemetry telemetry)
    {
        WebWorld world = await WebWorld.StartAsync(providerName: Provider);
        using Browser browser = await world.BrowserOfAsync(User);
        TokenKey key = world.Key(User, Provider);
        string callback = await browser.ToCallbackAsync(Provider);
        await browser.FollowAsync(await browser.GetAsync(callback));
        await browser.GetAsync(callback);
        await world.Tokens.GetAccessTokenAsync(key);
        world.Clock.Advance(TimeSpan.FromHours(12));
        await world.Tokens.GetAccessTokenAsync(key);
        await world.Tokens.GetAccessTokenAsync(key);
        world.Clock.Advance(TimeSpan.FromHours(12));
        world.Server.TokenEndpoint.FailNext(Fault.Status(503));
        await FluentActions.Awaiting(() => world.Tokens.GetAccessTokenAsync(key).AsTask()).Should().ThrowAsync<TokenTemporarilyUnavailableException>();
        world.Clock.Advance(TimeSpan.FromMinutes(2));
        world.Server.RevokeGrant(world.Server.SignedInUser);
        await FluentActions.Awaiting(() => world.Tokens.GetAccessTokenAsync(key).AsTask()).Should().ThrowAsync<ReauthorizationRequiredException>();
        string second = await browser.ToCallbackAsync(Provider);
        await browser.GetAsync(Code().Replace(second, "error=access_denied"));
        return world;
    }

    /// <summary>The points of this test's provider, once the connections behind the gauge have been counted.</summary>
    private static async Task<ILookup<string, ExportedPoint>> PointsAsync(Telemetry telemetry)
    {
        IReadOnlyList<ExportedPoint> points;
        do
        {
            points = [.. telemetry.Collect().Where(point => point.Of(Names.ProviderTag) == Provider)];
            await Task.Yield();
        }
        while (points.Any(point => point.Metric.Name == Names.RefreshesInstrument) && !points.Any(point => point.Metric.Name == Names.ConnectionsInstrument));
        return points.ToLookup(point => point.Metric.Name);
    }

    private static IReadOnlyList<Activity> Spans(Telemetry telemetry, WebWorld world) =>
    [
        .. telemetry.Spans.Where(span => (string?)span.GetTagItem(Names.ProviderTag) == Provider || Equals(span.GetTagItem("server.port"), world.Server.TokenEndpoint.Address.Port)),
    ];

    private static IEnumerable<(string Attribute, double Value)> Values(ILookup<string, ExportedPoint> points, string metric, string attribute) =>
        points[metric].Select(point => (point.Of(attribute), point.Value));

    [GeneratedRegex("code=[^&]+", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Code();
}
