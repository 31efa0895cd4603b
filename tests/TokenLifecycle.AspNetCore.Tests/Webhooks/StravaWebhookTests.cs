using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Testing;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.AspNetCore.Tests.Webhooks;

/// <summary>Strava's webhook is a hint from the open internet; only Strava's own answer to a refresh counts.</summary>
public sealed class StravaWebhookTests
{
    private readonly string _verify = Canary.New("verify");
    private readonly Ending _ended = new();

    [Fact]
    public async Task The_subscription_is_proved_to_who_knows_its_token()
    {
        await using WebWorld world = await StartAsync();
        using var strava = new Browser(world.Address, WebWorld.Origin);

        Seen right = await strava.GetAsync($"/hooks/strava?hub.mode=subscribe&hub.challenge=15f7d1a91c1f40f8a748fd134752feb3&hub.verify_token={_verify}");
        right.Status.Should().Be(200);
        right.Text.Should().Be("""{"hub.challenge":"15f7d1a91c1f40f8a748fd134752feb3"}""");
        foreach (string wrong in (string[])["hub.mode=subscribe&hub.challenge=a", "hub.mode=subscribe&hub.challenge=a&hub.verify_token=wrong", $"hub.mode=other&hub.challenge=a&hub.verify_token={_verify}", $"hub.mode=subscribe&hub.verify_token={_verify}", $"hub.mode=subscribe&hub.challenge={new string('a', 257)}&hub.verify_token={_verify}"])
            (await strava.GetAsync("/hooks/strava?" + wrong)).Status.Should().Be(403, wrong);
    }

    [Theory]
    [InlineData("\"false\"")]
    [InlineData("false")]
    public async Task A_true_withdrawal_ends_in_a_connection_that_needs_the_user(string authorized)
    {
        await using WebWorld world = await StartAsync();
        SimulatedUser athlete = await ConnectedAsync(world);
        world.Server.RevokeGrant(athlete);
        world.Clock.Advance(TimeSpan.FromHours(5.5));

        (await SendAsync(world, Event(athlete.AccountId, authorized))).Status.Should().Be(200);
        TokenEvent ended = await _ended.Task;

        (ended.Key, ended.Reason).Should().Be((world.Key("ada", WebWorld.Strava), ReauthorizationReason.GrantRejected));
        (await world.Tokens.GetStatusAsync(world.Key("ada", WebWorld.Strava))).State.Should().Be(TokenState.ReauthorizationRequired);
    }

    [Fact]
    public async Task A_forged_withdrawal_changes_nothing()
    {
        await using WebWorld world = await StartAsync();
        SimulatedUser athlete = await ConnectedAsync(world);
        FaultHold asked = Fault.Hold();
        world.Server.TokenEndpoint.FailNext(asked);

        await SendAsync(world, Event(athlete.AccountId, "\"false\""));
        await asked.Reached;
        asked.Release();

        (await world.Tokens.GetAccessTokenAsync(world.Key("ada", WebWorld.Strava))).Should().NotBeNull();
        (await world.Tokens.GetStatusAsync(world.Key("ada", WebWorld.Strava))).State.Should().Be(TokenState.Valid);
    }

    [Theory]
    [InlineData("""{"object_type":"activity","aspect_type":"create","object_id":1,"owner_id":{id}}""")]
    [InlineData("""{"object_type":"athlete","aspect_type":"update","owner_id":{id},"updates":{"authorized":"true"}}""")]
    [InlineData("""{"object_type":"athlete","aspect_type":"update","owner_id":{id},"updates":{"title":"x"}}""")]
    [InlineData("""{"object_type":"athlete","aspect_type":"update","owner_id":{id},"updates":{"authorized":"false"},"subscription_id":8}""")]
    [InlineData("""{"object_type":"athlete","aspect_type":"update","owner_id":999999999999,"updates":{"authorized":"false"},"subscription_id":7}""")]
    public async Task Every_other_event_is_thanked_for_and_calls_nobody(string body)
    {
        await using WebWorld world = await StartAsync();
        SimulatedUser athlete = await ConnectedAsync(world);
        int before = world.Server.Log.Requests.Count;

        (await SendAsync(world, body.Replace("{id}", athlete.AccountId, StringComparison.Ordinal))).Status.Should().Be(200);

        world.Server.Log.Requests.Should().HaveCount(before);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{")]
    [InlineData("\"\\ud800\"")]
    [InlineData("""{"object_type":"\ud800"}""")]
    [InlineData("[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]")]
    public async Task EP_4_What_is_no_event_is_refused(string body)
    {
        await using WebWorld world = await StartAsync();

        (await SendAsync(world, body)).Status.Should().Be(400);
        (await SendAsync(world, "{\"a\":\"" + new string('a', 40_000) + "\"}")).Status.Should().Be(413);
    }

    [Fact]
    public async Task DL_4_A_flood_of_reports_is_bounded_and_the_rest_is_sent_again()
    {
        await using WebWorld world = await StartAsync();
        IWithdrawalReports reports = world.App.Services.GetRequiredService<IWithdrawalReports>();
        var stuck = new TaskCompletionSource();
        world.Store.Before = _ => stuck.Task;

        bool[] taken = [.. Enumerable.Range(0, 2000).Select(i => reports.TryReport(WebWorld.Strava, $"{i}"))];

        taken.Count(t => t).Should().BeInRange(1000, 1002);
        reports.TryReport(WebWorld.Strava, "999").Should().BeTrue("it waits already");
        stuck.SetResult();
    }

    private Task<WebWorld> StartAsync() => WebWorld.StartAsync(
        server: o => o.Dialect = Dialect.Strava,
        provider: o => o.Scopes = ["read"],
        providerName: WebWorld.Strava,
        services: s => s.AddSingleton<ITokenLifecycleObserver>(_ended),
        app: a => a.MapStravaWebhook("/hooks/strava", o => (o.VerifyToken, o.SubscriptionId) = (_verify, 7)));

    private static async Task<SimulatedUser> ConnectedAsync(WebWorld world)
    {
        using Browser browser = await world.BrowserOfAsync("ada");
        await browser.ConnectAsync(WebWorld.Strava);
        return world.Server.SignedInUser;
    }

    private static string Event(string athlete, string authorized) =>
        $$"""{"object_type":"athlete","aspect_type":"update","object_id":{{athlete}},"owner_id":{{athlete}},"subscription_id":7,"event_time":1,"updates":{"authorized":{{authorized}} } }""";

    private static async Task<Seen> SendAsync(WebWorld world, string body)
    {
        using var strava = new Browser(world.Address, WebWorld.Origin);
        return await strava.SendAsync(HttpMethod.Post, "/hooks/strava", new StringContent(body, Encoding.UTF8, "application/json"), []);
    }

    private sealed class Ending : ITokenLifecycleObserver
    {
        private readonly TaskCompletionSource<TokenEvent> _seen = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<TokenEvent> Task => _seen.Task;

        public ValueTask OnEventAsync(TokenEvent tokenEvent, CancellationToken cancellationToken)
        {
            if (tokenEvent.Kind == TokenEventKind.ReauthorizationRequired)
                _seen.TrySetResult(tokenEvent);
            return ValueTask.CompletedTask;
        }
    }
}
