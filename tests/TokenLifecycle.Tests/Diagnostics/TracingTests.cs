using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Testing;
using TokenLifecycle.TestKit;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.Diagnostics;

public sealed class TracingTests
{
    [Fact]
    public async Task A_call_that_refreshes_is_a_span_and_the_refresh_a_root_with_its_request_and_its_save()
    {
        using var spans = new SpanRecorder();
        await using World world = await StartAsync("traced");
        var key = new TokenKey("traced", "ada");
        await world.ConnectExpiredAsync(key);
        await world.GetAsync(key);

        Activity refresh = spans.Of("traced").Should().ContainSingle(span => span.OperationName == TokenLifecycleDiagnostics.RefreshSpan).Subject;
        refresh.TagObjects.Should().BeEquivalentTo(new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            [TokenLifecycleDiagnostics.ProviderTag] = "traced",
            [TokenLifecycleDiagnostics.RefreshReasonTag] = "on_demand",
            [TokenLifecycleDiagnostics.OutcomeTag] = "refreshed",
        });
        refresh.Parent.Should().BeNull("it belongs to no caller");
        refresh.ParentSpanId.Should().Be(default(ActivitySpanId));
        Activity[] children = [.. spans.Stopped.Where(span => span.ParentSpanId == refresh.SpanId).OrderBy(static span => span.StartTimeUtc)];
        children.Select(span => span.OperationName).Should().Equal(TokenLifecycleDiagnostics.TokenRequestSpan, TokenLifecycleDiagnostics.SaveSpan);
        children[0].Kind.Should().Be(ActivityKind.Client);
        children[0].TagObjects.Should().BeEquivalentTo(new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["http.request.method"] = "POST",
            ["server.address"] = world.Server.TokenEndpoint.Address.Host,
            ["server.port"] = world.Server.TokenEndpoint.Address.Port,
            [TokenLifecycleDiagnostics.GrantTypeTag] = "refresh_token",
            ["http.response.status_code"] = 200,
            [TokenLifecycleDiagnostics.OutcomeTag] = "success",
        });
        children[1].GetTagItem(TokenLifecycleDiagnostics.OutcomeTag).Should().Be("saved");
        Activity get = spans.Of("traced").Single(span => span.OperationName == TokenLifecycleDiagnostics.GetSpan);
        (get.GetTagItem(TokenLifecycleDiagnostics.OutcomeTag), get.Status).Should().Be(("cold", ActivityStatusCode.Unset));
    }

    [Fact]
    public async Task A_warm_hand_out_has_no_span()
    {
        using var spans = new SpanRecorder();
        await using World world = await StartAsync("warm");
        var key = new TokenKey("warm", "ada");
        await world.ConnectAsync(key);
        await world.GetAsync(key);

        spans.Of("warm").Select(span => span.OperationName).Should().Equal(TokenLifecycleDiagnostics.SaveSpan);
    }

    [Fact]
    public async Task What_failed_has_the_status_Error_and_a_type_and_says_no_more()
    {
        using var spans = new SpanRecorder();
        await using World world = await StartAsync("failing");
        var key = new TokenKey("failing", "ada");
        await world.ConnectExpiredAsync(key);
        world.Server.TokenEndpoint.FailNext(Fault.Status(503));
        await world.RefusalAsync(key);

        Activity[] failed = [.. spans.Of("failing").Where(span => span.Status == ActivityStatusCode.Error)];
        failed.Select(span => (span.OperationName, span.GetTagItem(TokenLifecycleDiagnostics.ErrorTypeTag))).Should().BeEquivalentTo(
            [(TokenLifecycleDiagnostics.RefreshSpan, (object)"provider_unavailable"), (TokenLifecycleDiagnostics.GetSpan, "provider_unavailable")]);
        Activity request = spans.Stopped.Single(span => span.OperationName == TokenLifecycleDiagnostics.TokenRequestSpan && Equals(span.GetTagItem("server.port"), world.Server.TokenEndpoint.Address.Port));
        (request.Status, request.GetTagItem("http.response.status_code"), request.GetTagItem(TokenLifecycleDiagnostics.ErrorTypeTag)).Should().Be((ActivityStatusCode.Error, 503, "provider_unavailable"));
        failed.Append(request).Should().OnlyContain(span => span.StatusDescription == null && !span.Events.Any());
    }

    [Fact]
    public async Task Every_span_of_the_core_stands_in_the_docs_with_its_kind_and_its_attributes()
    {
        using var spans = new SpanRecorder();
        await using World world = await StartAsync("spans");
        var key = new TokenKey("spans", "ada");
        await world.ConnectExpiredAsync(key);
        world.Store.Fail("save");
        await world.GetAsync(key);
        world.Store.Recover();
        await world.Services.GetRequiredService<TokenLifecycle.State.PendingSaveQueue>().SettleAllAsync();
        world.Clock.Advance(TimeSpan.FromHours(2));
        world.Server.TokenEndpoint.FailNext(Fault.Status(503));
        await world.RefusalAsync(key);

        int port = world.Server.TokenEndpoint.Address.Port;
        ObservedSpan[] seen =
        [
            .. spans.Of("spans").Concat(spans.Stopped.Where(span => Equals(span.GetTagItem("server.port"), port)))
                .GroupBy(span => (span.OperationName, span.Kind))
                .Select(group => new ObservedSpan(group.Key.OperationName, group.Key.Kind.ToString(), [.. group.SelectMany(span => span.TagObjects).Select(tag => tag.Key).Distinct().Order(StringComparer.Ordinal)])),
        ];
        seen.OrderBy(span => span.Name).Should().BeEquivalentTo(ObservingPage.Spans.Where(span => span.Name != TokenLifecycleDiagnostics.CallbackSpan).OrderBy(span => span.Name));
    }

    /// <summary>A world with a provider of its own name, as spans of all tests come together.</summary>
    private static async Task<World> StartAsync(string provider)
    {
        World? world = null;
        world = await World.StartAsync(services: s => s.AddTokenLifecycle().AddProvider(provider, o => world!.Server.Configure(o)));
        return world;
    }
}
