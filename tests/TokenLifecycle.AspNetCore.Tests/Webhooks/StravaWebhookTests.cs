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
    [Trait("Rule", "DL-4")]
    [Trait("Rule", "Law 15")]
    public async Task A_flood_of_forged_reports_is_bounded_and_refuses_no_true_one()
    {
        await using WebWorld world = await StartAsync();
        SimulatedUser athlete = await ConnectedAsync(world);
        Func<int> asked = await AskedAsync(world, "ada");
        WithdrawalReports reports = world.App.Services.GetRequiredService<WithdrawalReports>();
        var stuck = new TaskCompletionSource();
        world.Store.Before = name => name == "account" ? stuck.Task : Task.CompletedTask;

        for (int i = 0; i < 2000; i++)
            reports.TryReport(WebWorld.Strava, $"forged {i}").Should().BeTrue();
        bool isTaken = reports.TryReport(WebWorld.Strava, athlete.AccountId);

        isTaken.Should().BeTrue();
        reports.Waiting.Should().BeInRange(WaitingReports.Most - 4, WaitingReports.Most, "four are looked at, from before the flood or from its end");
        stuck.SetResult();
        await UntilAsync(() => asked() == 1);
    }

    [Fact]
    [Trait("Rule", "FR-4")]
    [Trait("Rule", "Law 15")]
    public async Task A_connection_that_cannot_be_checked_now_holds_up_no_other_and_is_checked_later()
    {
        await using WebWorld world = await StartAsync();
        SimulatedUser ada = await ConnectedAsync(world);
        world.Server.SignedInUser = world.Server.AddUser("bob");
        SimulatedUser bob = await ConnectedAsync(world, "bob");
        (Func<int> askedForAda, Func<int> askedForBob) = (await AskedAsync(world, "ada"), await AskedAsync(world, "bob"));
        world.Server.TokenEndpoint.FailNext(Fault.Status(429, retryAfter: "60"));
        IRevocationHints reports = world.App.Services.GetRequiredService<IRevocationHints>();

        reports.TryReport(WebWorld.Strava, ada.AccountId);
        await UntilAsync(() => askedForAda() == 1);
        reports.TryReport(WebWorld.Strava, bob.AccountId);

        await UntilAsync(() => askedForBob() == 1);
        // A short timer is the deadline of a call under way: it would be cut off if the clock ran on.
        for (int turns = 0; askedForAda() == 1; turns++)
        {
            if (world.Clock.NextTimerIn is { } next && (next > TimeSpan.FromSeconds(15) || turns % 1000 == 999))
                world.Clock.Advance(next);
            await Task.Yield();
        }
    }

    [Fact]
    [Trait("Rule", "FR-9")]
    public async Task A_report_outlives_a_store_that_is_silent_for_a_while()
    {
        await using WebWorld world = await StartAsync();
        SimulatedUser ada = await ConnectedAsync(world);
        Func<int> asked = await AskedAsync(world, "ada");
        Task searched = world.Store.NextAsync("account");
        world.Store.Before = name => name == "account" ? new TaskCompletionSource().Task : Task.CompletedTask;
        world.App.Services.GetRequiredService<IRevocationHints>().TryReport(WebWorld.Strava, ada.AccountId);
        await searched;

        world.Store.Recover();
        while (asked() == 0)
        {
            if (world.Clock.NextTimerIn is { } next && next <= TimeSpan.FromSeconds(10))
                world.Clock.Advance(next);
            await Task.Yield();
        }
    }

    [Fact]
    public async Task A_report_to_an_app_that_has_stopped_is_to_be_sent_again()
    {
        WithdrawalReports reports;
        await using (WebWorld world = await StartAsync())
        {
            reports = world.App.Services.GetRequiredService<WithdrawalReports>();
            await world.App.StopAsync();
        }

        reports.TryReport(WebWorld.Strava, "1").Should().BeFalse();
    }

    private Task<WebWorld> StartAsync() => WebWorld.StartAsync(
        server: o => o.Dialect = Dialect.Strava,
        provider: o => o.Scopes = ["read"],
        providerName: WebWorld.Strava,
        services: s => s.AddSingleton<ITokenLifecycleObserver>(_ended),
        app: a => a.MapStravaWebhook("/hooks/strava", o => (o.VerifyToken, o.SubscriptionId) = (_verify, 7)));

    /// <summary>How often the provider was asked with the present refresh token of a user.</summary>
    private static async Task<Func<int>> AskedAsync(WebWorld world, string user)
    {
        string sent = Uri.EscapeDataString((await world.Store.Inner.FindAsync(world.Key(user, WebWorld.Strava), CancellationToken.None))!.Tokens.RefreshToken!);
        return () => world.Server.Log.Requests.Count(request => request.Body.Contains(sent, StringComparison.Ordinal));
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
            await Task.Yield();
    }

    private static async Task<SimulatedUser> ConnectedAsync(WebWorld world, string user = "ada")
    {
        using Browser browser = await world.BrowserOfAsync(user);
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
