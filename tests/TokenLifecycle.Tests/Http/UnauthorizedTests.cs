using System.Net;
using TokenLifecycle.Http;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.Http;

public sealed class UnauthorizedTests
{
    [Fact]
    public async Task E1_A_second_401_is_returned_untouched_and_the_token_is_kept()
    {
        await using World world = await HttpWorld.StartAsync();
        await world.ConnectAsync();
        world.Server.Api.FailAlways(Fault.Body(401, "no", "text/plain").WithHeader("WWW-Authenticate", "Bearer error=\"invalid_token\""));

        using HttpResponseMessage response = await world.Api().SendAsync(world.Request());

        response.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
        (await response.Content.ReadAsStringAsync()).Should().Be("no");
        world.ApiRequests().Should().HaveCount(2, "it is sent once more, never twice more");
        world.Refreshes.Should().Be(1);
        StoredToken stored = await world.StoredAsync();
        stored.Reauthorization.Should().BeNull();
        stored.Failure.Should().BeNull();
        world.Server.IsLive(stored.Tokens.AccessToken).Should().BeTrue();
    }

    [Fact]
    public async Task E1_The_replay_carries_the_new_token()
    {
        await using World world = await HttpWorld.StartAsync();
        TokenSet old = await world.ConnectAsync();
        world.Server.RevokeAccessTokens(world.User);

        using HttpResponseMessage response = await world.Api().SendAsync(world.Request());

        (await response.UserAsync()).Should().Be(world.User.Name);
        world.ApiRequests().Select(request => request.Header("Authorization")).Should().Equal(
            $"Bearer {old.AccessToken}", $"Bearer {(await world.StoredAsync()).Tokens.AccessToken}");
    }

    [Fact]
    public async Task E2_A_hundred_parallel_401s_make_one_refresh_and_a_hundred_replays()
    {
        await using World world = await HttpWorld.StartAsync();
        TokenSet old = await world.ConnectAsync();
        ApiClient api = world.Api();
        (FaultHold early, FaultHold late) = (Fault.Hold(), Fault.Hold());
        (TaskCompletionSource all, TaskCompletionSource half) = (new(TaskCreationOptions.RunContinuationsAsynchronously), new(TaskCreationOptions.RunContinuationsAsynchronously));
        (int arrived, int answered) = (0, 0);
        world.Server.Api.FailNext(early, 50, Count);
        world.Server.Api.FailNext(late, 50, Count);

        Task<HttpResponseMessage[]> sent = Task.WhenAll(Enumerable.Range(0, 100).Select(_ => SendAsync()));
        await await Task.WhenAny(all.Task, sent);
        world.Server.RevokeAccessTokens(world.User);
        early.Release();
        await await Task.WhenAny(half.Task, sent);
        late.Release(); // These are rejected when the refresh is long over.
        HttpResponseMessage[] responses = await sent;

        bool Count(RecordedRequest request)
        {
            if (Interlocked.Increment(ref arrived) == 100)
                all.SetResult();
            return true;
        }

        async Task<HttpResponseMessage> SendAsync()
        {
            HttpResponseMessage response = await api.SendAsync(world.Request());
            if (Interlocked.Increment(ref answered) == 50)
                half.SetResult();
            return response;
        }

        responses.Should().OnlyContain(response => response.StatusCode == HttpStatusCode.OK);
        world.Refreshes.Should().Be(1);
        world.Server.Log.ApiCalls.Count(call => call.Status == 401).Should().Be(100);
        world.Server.Log.ApiCalls.Count(call => call.Status == 200).Should().Be(100);
        world.Server.Log.ApiCalls.Should().OnlyContain(call => call.Accepted != (call.TokenFingerprint == TokenFingerprint.Of(old.AccessToken)));
    }

    [Fact]
    public async Task E3_A_rejection_of_a_token_that_is_no_longer_the_stored_one_refreshes_nothing()
    {
        await using World world = await HttpWorld.StartAsync();
        TokenSet old = await world.ConnectAsync();
        FaultHold hold = Fault.Hold();
        world.Server.Api.FailNext(hold);
        Task<HttpResponseMessage> sending = world.Api().SendAsync(world.Request());
        await hold.Reached;
        world.Server.RevokeAccessTokens(world.User);
        TokenSet reconnected = await world.ConnectAsync();
        hold.Release();

        using HttpResponseMessage response = await sending;

        response.StatusCode.Should().Be(HttpStatusCode.OK);
        world.Refreshes.Should().Be(0);
        world.ApiRequests().Select(request => request.Header("Authorization")).Should().Equal($"Bearer {old.AccessToken}", $"Bearer {reconnected.AccessToken}");
    }

    [Fact]
    public async Task E3_A_rejected_token_is_refreshed_although_it_has_not_ended()
    {
        await using World world = await HttpWorld.StartAsync();
        TokenSet old = await world.ConnectAsync();
        AccessToken warm = await world.Tokens.GetAccessTokenAsync(world.Key);

        AccessToken newer = await world.Tokens.RefreshAsync(world.Key, warm);

        newer.Value.Should().NotBe(old.AccessToken);
        (await world.Tokens.GetAccessTokenAsync(world.Key)).Value.Should().Be(newer.Value);
    }

    [Fact]
    [Trait("Rule", "F52")]
    public async Task E4_An_API_that_always_says_401_causes_one_forced_refresh_in_a_window()
    {
        await using World world = await HttpWorld.StartAsync();
        await world.ConnectAsync();
        ApiClient api = world.Api();
        world.Server.Api.FailAlways(Fault.Status(401));

        for (int i = 0; i < 59; i++)
        {
            (await api.SendAsync(world.Request())).StatusCode.Should().Be(HttpStatusCode.Unauthorized);
            world.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        world.Refreshes.Should().Be(1);
        world.ApiRequests().Should().HaveCount(60, "only the first was sent again: a token that is not newer is no reason to");

        world.Clock.Advance(TimeSpan.FromSeconds(2));
        (await api.SendAsync(world.Request())).StatusCode.Should().Be(HttpStatusCode.Unauthorized);
        world.Refreshes.Should().Be(2, "the window is over");
    }

    [Fact]
    public async Task E4_A_storm_of_parallel_401s_without_end_causes_one_forced_refresh()
    {
        await using World world = await HttpWorld.StartAsync();
        await world.ConnectAsync();
        ApiClient api = world.Api();
        world.Server.Api.FailAlways(Fault.Status(401));

        for (int round = 0; round < 5; round++)
            await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => api.SendAsync(world.Request())));

        world.Refreshes.Should().Be(1);
    }

    [Fact]
    public async Task E6_A_refresh_that_kills_the_token_in_flight_is_healed_by_one_replay()
    {
        await using World world = await HttpWorld.StartAsync();
        await world.ConnectAsync();
        FaultHold hold = Fault.Hold();
        world.Server.Api.FailNext(hold);
        Task<HttpResponseMessage> sending = world.Api().SendAsync(world.Request());
        await hold.Reached;
        world.Server.RevokeAccessTokens(world.User);
        AccessToken newer = await world.Tokens.RefreshAsync(world.Key);
        hold.Release();

        using HttpResponseMessage response = await sending;

        (await response.UserAsync()).Should().Be(world.User.Name);
        world.Refreshes.Should().Be(1);
        world.ApiRequests()[^1].Header("Authorization").Should().Be($"Bearer {newer.Value}");
    }

    [Fact]
    public async Task E8_AT_7_A_403_for_want_of_a_scope_refreshes_nothing_and_names_the_scope()
    {
        await using World world = await HttpWorld.StartAsync();
        await world.ConnectAsync();

        using HttpResponseMessage response = await world.Api().SendAsync(world.Request("/api/forbidden?scope=write"));

        response.IsInsufficientScope(out string? scope).Should().BeTrue();
        scope.Should().Be("write");
        world.Refreshes.Should().Be(0);
        world.ApiRequests().Should().ContainSingle();
    }

    [Theory]
    [InlineData(401, "Bearer error=\"insufficient_scope\", scope=\"write\"")]
    [InlineData(403, "Bearer error=\"invalid_token\"")]
    [InlineData(403, "")]
    [InlineData(404, "Bearer error=\"invalid_token\"")]
    public async Task E8_Answers_that_no_newer_token_would_change_refresh_nothing(int status, string challenge)
    {
        await using World world = await HttpWorld.StartAsync();
        await world.ConnectAsync();
        world.Server.Api.FailAlways(Fault.Status(status).WithHeader("WWW-Authenticate", challenge));

        using HttpResponseMessage response = await world.Api().SendAsync(world.Request());

        ((int)response.StatusCode).Should().Be(status);
        world.Refreshes.Should().Be(0);
        world.ApiRequests().Should().ContainSingle();
    }

    [Fact]
    public async Task E9_Forced_refreshes_beyond_the_budget_get_the_present_token()
    {
        await using World world = await HttpWorld.StartAsync();
        await world.ConnectAsync();

        AccessToken first = await world.Tokens.RefreshAsync(world.Key);
        for (int i = 0; i < 50; i++)
            (await world.Tokens.RefreshAsync(world.Key)).Value.Should().Be(first.Value);

        world.Refreshes.Should().Be(1);
    }

    [Fact]
    public async Task ADR7_A_dead_grant_behind_a_401_names_the_user_as_who_can_mend_it()
    {
        await using World world = await HttpWorld.StartAsync();
        await world.ConnectAsync();
        world.Server.RevokeGrant(world.User);

        Func<Task> sending = () => world.Api().SendAsync(world.Request());

        (await sending.Should().ThrowAsync<ReauthorizationRequiredException>()).Which.Reason.Should().Be(ReauthorizationReason.GrantRejected);
        world.ApiRequests().Should().ContainSingle();
    }

    [Theory]
    [InlineData(503, "")]
    [InlineData(401, """{"error":"invalid_client"}""")]
    public async Task ADR7_If_no_newer_token_can_be_had_the_APIs_own_401_is_the_answer(int status, string body)
    {
        await using World world = await HttpWorld.StartAsync();
        await world.ConnectAsync();
        world.Server.RevokeAccessTokens(world.User);
        world.Server.TokenEndpoint.FailAlways(Fault.Body(status, body));

        using HttpResponseMessage response = await world.Api().SendAsync(world.Request());

        response.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
        (await response.Content.ReadAsStringAsync()).Should().Contain("invalid_token");
        world.ApiRequests().Should().ContainSingle();
    }
}
