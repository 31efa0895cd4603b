using System.Net;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.Providers;

/// <summary>Each preset from the first click to the disconnect, on the wire.</summary>
public sealed class PresetFlowTests
{
    public static TheoryData<string> Presets => ["strava", "trainingpeaks", "google"];

    [Theory]
    [MemberData(nameof(Presets))]
    public async Task A_user_connects_is_kept_alive_through_refreshes_and_disconnects(string preset)
    {
        await using PresetWorld world = await PresetWorld.StartAsync(preset);
        TokenSet connected = await world.ConnectAsync();
        ConnectionStatus status = await world.Tokens.GetStatusAsync(world.Key);
        (status.State, status.AccountId).Should().Be((TokenState.Valid, world.Server.SignedInUser.AccountId));
        status.MissingScopes.Should().BeEmpty();

        string last = connected.AccessToken;
        for (int refresh = 1; refresh <= 3; refresh++)
        {
            world.Clock.Advance(TimeSpan.FromHours(7));
            AccessToken token = await world.GetAsync();
            token.Value.Should().NotBe(last);
            world.Server.IsLive(last = token.Value).Should().BeTrue();
            world.Refreshes.Should().HaveCount(refresh);
        }

        (await world.Tokens.GetStatusAsync(world.Key)).AccountId.Should().Be(world.Server.SignedInUser.AccountId, "a refresh names no account");
        world.Server.Log.ReusedRefreshTokens.Should().Be(0);
        (await world.Tokens.DisconnectAsync(world.Key)).Should().Be(RevocationOutcome.Revoked);
        world.Server.IsLive(last).Should().BeFalse();
        (await world.Tokens.GetStatusAsync(world.Key)).State.Should().Be(TokenState.Missing);
    }

    [Theory]
    [MemberData(nameof(Presets))]
    public async Task RF_13_A_refresh_sends_no_scope_and_the_client_in_the_body_alone(string preset)
    {
        await using PresetWorld world = await PresetWorld.StartAsync(preset);
        await world.ConnectExpiredAsync();

        await world.GetAsync();

        TokenRequestEntry refresh = world.Refreshes.Should().ContainSingle().Subject;
        refresh.Parameters.Should().BeEquivalentTo("grant_type", "refresh_token", "client_id", "client_secret");
        refresh.ClientAuthentication.Should().Be("body");
        RecordedRequest wire = world.LastTo(world.Server.TokenEndpoint);
        wire.Header("Content-Type").Should().StartWith("application/x-www-form-urlencoded");
        (wire.Query, wire.Header("Authorization")).Should().Be(("", null));
    }

    [Theory]
    [InlineData("strava", false)]
    [InlineData("trainingpeaks", false)]
    [InlineData("google", true)]
    public async Task PKCE_is_on_the_wire_where_the_provider_knows_it_and_nowhere_else(string preset, bool pkce)
    {
        await using PresetWorld world = await PresetWorld.StartAsync(preset);
        await world.AuthorizeAsync();

        string query = world.LastTo(world.Server.AuthorizationEndpoint).Query;
        query.Contains("code_challenge=", StringComparison.Ordinal).Should().Be(pkce);
        query.Contains("code_challenge_method=S256", StringComparison.Ordinal).Should().Be(pkce);
        TokenRequestEntry exchange = world.Server.Log.TokenRequests.Should().ContainSingle().Subject;
        exchange.Parameters.Contains("code_verifier").Should().Be(pkce);
        exchange.ClientAuthentication.Should().Be("body");
    }

    [Theory]
    [InlineData("strava", "scope=read%2Cactivity%3Aread&", "approval_prompt=auto")]
    [InlineData("trainingpeaks", "scope=read+activity%3Aread", "response_type=code")]
    [InlineData("google", "scope=openid+activity%3Aread", "access_type=offline")]
    public async Task Scopes_are_asked_for_in_the_providers_own_manner(string preset, string scope, string more)
    {
        await using PresetWorld world = await PresetWorld.StartAsync(preset, o => o.Scopes = [preset == "google" ? "openid" : "read", "activity:read"]);
        await world.AuthorizeAsync();

        string query = world.LastTo(world.Server.AuthorizationEndpoint).Query;
        (query.Replace("%20", "+", StringComparison.Ordinal) + "&").Should().Contain(scope).And.Contain(more);
    }

    [Fact]
    [Trait("Rule", "H8")]
    public async Task Strava_tells_in_the_callback_which_scope_the_user_unticked()
    {
        await using PresetWorld world = await PresetWorld.StartAsync(
            "strava",
            o => o.Scopes = ["read", "activity:read", "profile:read_all"],
            server => server.UserGrants = (_, asked) => asked.Where(scope => scope != "activity:read"));

        await world.ConnectAsync();

        ConnectionStatus status = await world.Tokens.GetStatusAsync(world.Key);
        status.GrantedScopes.Should().Equal("read", "profile:read_all");
        status.MissingScopes.Should().Equal("activity:read");
        status.State.Should().Be(TokenState.Valid, "fewer scopes are no failure");

        world.Clock.Advance(TimeSpan.FromHours(7));
        await world.GetAsync();
        (await world.Tokens.GetStatusAsync(world.Key)).MissingScopes.Should().Equal(["activity:read"], "a refresh that names no scopes changes none");
    }

    [Fact]
    public async Task Google_tells_in_the_reply_which_scope_the_user_unticked()
    {
        await using PresetWorld world = await PresetWorld.StartAsync(
            "google",
            o => o.Scopes = ["openid", "https://www.googleapis.com/auth/drive.file", "https://www.googleapis.com/auth/calendar.events"],
            server => server.UserGrants = (_, asked) => asked.Where(scope => scope != "https://www.googleapis.com/auth/drive.file"));

        await world.ConnectAsync();

        (await world.Tokens.GetStatusAsync(world.Key)).MissingScopes.Should().Equal("https://www.googleapis.com/auth/drive.file");
    }

    [Fact]
    public async Task Google_keeps_the_refresh_token_that_no_refresh_repeats_and_knows_when_it_ends()
    {
        await using PresetWorld world = await PresetWorld.StartAsync("google", server: o => o.RefreshTokenLifetime = TimeSpan.FromDays(7));
        DateTimeOffset start = world.Clock.GetUtcNow();
        TokenSet connected = await world.ConnectExpiredAsync();

        await world.GetAsync();

        TokenSet stored = (await world.StoredAsync()).Tokens;
        (stored.RefreshToken == connected.RefreshToken).Should().BeTrue();
        stored.RefreshTokenExpiresAt.Should().Be(start + TimeSpan.FromDays(7));
    }

    [Fact]
    public async Task Strava_and_TrainingPeaks_rotate_and_the_new_refresh_token_is_the_one_used_next()
    {
        foreach (string preset in new[] { "strava", "trainingpeaks" })
        {
            await using PresetWorld world = await PresetWorld.StartAsync(preset);
            TokenSet connected = await world.ConnectExpiredAsync();
            await world.GetAsync();
            string? rotated = (await world.StoredAsync()).Tokens.RefreshToken;
            (rotated == connected.RefreshToken).Should().BeFalse();
            world.Clock.Advance(TimeSpan.FromHours(7));
            await world.GetAsync();

            world.Refreshes.Select(refresh => refresh.RefreshTokenFingerprint).Should().OnlyHaveUniqueItems();
            world.Server.Log.MaxPresentations.Should().Be(1);
        }
    }

    [Fact]
    public async Task Strava_gives_the_same_token_back_while_it_has_an_hour_left_so_a_rejected_one_is_not_sent_again()
    {
        await using PresetWorld world = await PresetWorld.StartAsync("strava");
        await world.ConnectAsync();
        world.Server.Api.FailAlways(Fault.Body(401, ErrorBodies.Strava("Authorization Error", "AccessToken", "activity:read_permission", "missing")));

        for (int i = 0; i < 10; i++)
            (await world.CallAsync("/api/v3/athlete/activities")).StatusCode.Should().Be(HttpStatusCode.Unauthorized);

        world.Refreshes.Should().ContainSingle("a missing scope must not make a refresh loop");
        world.Server.Log.Requests.Count(request => request.Path == "/api/v3/athlete/activities").Should().Be(10);
        (await world.Tokens.GetStatusAsync(world.Key)).State.Should().Be(TokenState.Valid);
    }

    [Fact]
    public async Task TrainingPeaks_sees_the_apps_User_Agent_on_every_back_channel_call()
    {
        await using PresetWorld world = await PresetWorld.StartAsync("trainingpeaks");
        await world.ConnectExpiredAsync();
        await world.GetAsync();
        await world.Tokens.DisconnectAsync(world.Key);

        RecordedRequest[] backChannel = [.. world.Server.Log.Requests.Where(request => request.Path != world.Server.AuthorizationEndpoint.Address.AbsolutePath)];
        backChannel.Select(request => request.Path).Should().Equal("/oauth/token", "/v1/athlete/profile", "/oauth/token", "/oauth/deauthorize");
        backChannel.Should().OnlyContain(request => request.Header("User-Agent") == "simulated-app/1.0" && request.Header("Accept") == "application/json");
    }

    [Fact]
    public async Task TrainingPeaks_does_not_refresh_a_ten_minute_token_all_the_time()
    {
        await using PresetWorld world = await PresetWorld.StartAsync("trainingpeaks");
        await world.ConnectAsync();
        for (int second = 0; second < 480; second += 10)
        {
            await world.GetAsync();
            world.Clock.Advance(TimeSpan.FromSeconds(10));
        }

        world.Refreshes.Should().BeEmpty();
    }

    [Fact]
    public async Task A_TrainingPeaks_coach_connects_although_the_athletes_profile_names_no_account()
    {
        await using PresetWorld world = await PresetWorld.StartAsync("trainingpeaks", o => o.Scopes = ["coach:athletes"]);
        world.Server.SignedInUser.IsCoach = true;
        await world.ConnectAsync();

        ConnectionStatus status = await world.Tokens.GetStatusAsync(world.Key);
        (status.State, status.AccountId).Should().Be((TokenState.Valid, null));
    }

    [Theory]
    [MemberData(nameof(Presets))]
    public async Task A_user_who_declines_is_told_apart_from_a_failure(string preset)
    {
        await using PresetWorld world = await PresetWorld.StartAsync(preset);
        world.Server.SignedInUser.Denies = true;
        Func<Task> authorizing = () => world.AuthorizeAsync();

        var failed = (await authorizing.Should().ThrowAsync<TokenLifecycle.Protocol.AuthorizationFailedException>()).Which;

        (failed.Kind, failed.ErrorCode).Should().Be((TokenLifecycle.Protocol.AuthorizationFailureKind.Denied, "access_denied"));
        world.Server.Log.TokenRequests.Should().BeEmpty();
    }
}
