using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;
using TokenLifecycle.TestKit;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests;

/// <summary>Three applications that needed this library: what broke in them cannot break here. A: Strava dashboard, B: Google integration, C: TrainingPeaks dashboard.</summary>
public sealed partial class IncidentTests
{
    [Fact]
    public async Task Incident_A_The_states_are_closed_and_each_has_a_defined_answer()
    {
        await using World world = await World.StartAsync();
        var missing = new TokenKey(World.Provider, "missing");
        var dead = new TokenKey(World.Provider, "dead");
        await world.Tokens.SaveAsync(dead, Rows.Tokens(TimeSpan.FromMinutes(1), refreshToken: null, world.Clock.GetUtcNow()));
        await world.ConnectAsync();

        (await world.StatusAsync()).State.Should().Be(TokenState.Valid);
        world.Clock.Advance(TimeSpan.FromMinutes(58));
        (await world.StatusAsync()).State.Should().Be(TokenState.ExpiringSoon);
        world.Clock.Advance(TimeSpan.FromMinutes(2));
        (await world.StatusAsync()).State.Should().Be(TokenState.Expired);
        (await world.StatusAsync(missing)).State.Should().Be(TokenState.Missing);
        (await world.StatusAsync(dead)).State.Should().Be(TokenState.ReauthorizationRequired);

        await world.Tokens.GetAccessTokenAsync(world.Key);
        (await world.RefusalAsync(missing)).Should().BeOfType<ReauthorizationRequiredException>();
        (await world.RefusalAsync(dead)).Should().BeOfType<ReauthorizationRequiredException>();
        Enum.GetValues<TokenState>().Should().HaveCount(6, "Unreadable is the sixth, and has a test of its own");
    }

    [Theory]
    [InlineData(200, "<html>login</html>")]
    [InlineData(403, "<html>blocked</html>")]
    [InlineData(400, """{"message":"Bad Request","errors":[]}""")]
    [InlineData(500, """{"error":"invalid_grant"}""")]
    [InlineData(401, """{"error":"invalid_client"}""")]
    public async Task Incident_A_A_failed_check_is_no_verdict(int status, string body)
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailAlways(Fault.Body(status, body));
        for (int hour = 0; hour < 12; hour++)
        {
            await world.TryGetAsync();
            world.Clock.Advance(TimeSpan.FromHours(1));
        }

        (await world.StoredAsync()).Reauthorization.Should().BeNull();
        world.Server.TokenEndpoint.Recover();
        await world.Tokens.GetAccessTokenAsync(world.Key);
    }

    [Fact]
    public async Task Incident_A_A_connect_whose_save_did_not_reach_the_store_is_logged_and_not_lost()
    {
        var log = new LogRecorder();
        await using World world = await World.StartAsync(services: s => s.AddLogging(l => l.AddProvider(log)));
        world.Store.Fail("save");

        TokenSet granted = await world.ConnectAsync();

        log.CountOf(8).Should().BeGreaterThan(0);
        log.Lines.Should().ContainSingle(line => line.Id == 5 && line.Level == LogLevel.Error);
        (await world.GetAsync()).Value.Should().Be(granted.AccessToken);
    }

    [Fact]
    public async Task Incident_A_A_connection_belongs_to_the_providers_account_and_not_to_whoever_comes()
    {
        await using World world = await World.StartAsync();
        TokenSet kept = await world.ConnectAsync();

        (await FluentActions.Awaiting(() => world.ConnectAsync(user: world.Server.AddUser("bob"))).Should().ThrowAsync<ReauthorizationRequiredException>())
            .Which.Reason.Should().Be(ReauthorizationReason.DifferentAccount);

        (await world.Tokens.GetAccessTokenAsync(world.Key)).Value.Should().Be(kept.AccessToken);
    }

    [Theory]
    [InlineData("12345678")]
    [InlineData("7")]
    public async Task Incident_A_An_account_id_in_place_of_a_token_is_refused_and_the_old_tokens_stay(string athleteId)
    {
        await using World world = await World.StartAsync();
        TokenSet kept = await world.ConnectAsync();

        (await FluentActions.Awaiting(() => world.Tokens.SaveAsync(world.Key, new TokenSet { AccessToken = athleteId })).Should().ThrowAsync<ArgumentException>())
            .Which.Message.Should().Contain("account id");

        (await world.StoredAsync()).Tokens.AccessToken.Should().Be(kept.AccessToken);
    }

    [Fact]
    public async Task Incident_A_Each_users_connection_is_told_apart_connected_expiring_or_needing_reconnect()
    {
        await using World world = await World.StartAsync();
        TokenKey[] keys = await world.ConnectManyAsync(3);
        world.Clock.Advance(TimeSpan.FromMinutes(30));
        await world.ConnectAsync(keys[0], world.Server.AddUser("again", (await world.StatusAsync(keys[0])).AccountId));
        world.Clock.Advance(TimeSpan.FromMinutes(28));
        world.Server.TokenEndpoint.FailNext(Fault.Body(400, WorldExtensions.InvalidGrant));
        await world.Tokens.GetAccessTokenAsync(keys[2]);
        await world.IdleAsync();
        await world.Tokens.RefreshAsync(keys[0]); // So the client is good.
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        world.Server.TokenEndpoint.FailNext(Fault.Body(400, WorldExtensions.InvalidGrant));
        await world.Tokens.GetAccessTokenAsync(keys[2]);
        await world.IdleAsync();

        TokenState[] states = [.. await Task.WhenAll(keys.Select(async key => (await world.StatusAsync(key)).State))];

        states.Should().Equal(TokenState.Valid, TokenState.ExpiringSoon, TokenState.ReauthorizationRequired);
    }

    [Fact]
    public async Task Incident_A_A_dead_grant_tells_the_reason_and_where_to_reconnect_and_reconnecting_mends_it()
    {
        await using World world = await World.StartAsync(provider: o => o.ReconnectPath = "/connections/acme");
        await world.ConnectExpiredAsync();
        world.Server.RevokeGrant(world.User);

        ReauthorizationRequiredException refusal = (await world.RefusalAsync()).Should().BeOfType<ReauthorizationRequiredException>().Subject;
        TokenSet reconnected = await world.ConnectAsync();

        refusal.Reason.Should().Be(ReauthorizationReason.GrantRejected);
        refusal.ReconnectPath.Should().Be("/connections/acme");
        refusal.Message.Should().Contain("/connections/acme");
        (await world.Tokens.GetAccessTokenAsync(world.Key)).Value.Should().Be(reconnected.AccessToken);
        (await world.StatusAsync()).Should().Match<ConnectionStatus>(s => s.State == TokenState.Valid && s.LastFailure == null && s.Reason == null);
    }

    [Fact]
    public async Task Incident_A_Each_kind_of_trouble_names_who_mends_it()
    {
        (string Body, int Status, Type Exception)[] troubles =
        [
            ("", 502, typeof(TokenTemporarilyUnavailableException)),
            ("", 429, typeof(TokenTemporarilyUnavailableException)),
            ("""{"error":"nobody_knows"}""", 400, typeof(TokenTemporarilyUnavailableException)),
            ("""{"error":"invalid_client"}""", 401, typeof(ProviderConfigurationException)),
            (WorldExtensions.InvalidGrant, 400, typeof(ReauthorizationRequiredException)),
        ];
        foreach ((string body, int status, Type exception) in troubles)
        {
            await using World world = await World.StartAsync();
            await world.ConnectExpiredAsync();
            world.Server.TokenEndpoint.FailAlways(Fault.Body(status, body));
            (await world.RefusalAsync()).Should().BeOfType(exception);
        }
    }

    [Fact]
    public async Task Incident_A_Nothing_is_deleted_when_every_refresh_fails()
    {
        await using World world = await World.StartAsync();
        TokenKey[] keys = await world.ConnectManyAsync(20);
        StoredToken[] before = [.. await Task.WhenAll(keys.Select(key => world.StoredAsync(key)))];
        world.Clock.Advance(TimeSpan.FromHours(2));
        Fault[] faults =
        [
            Fault.Status(500), Fault.DropBeforeProcessing(), Fault.Body(400, WorldExtensions.InvalidGrant), Fault.Body(200, "{}"), Fault.Body(400, """{"error":"odd"}"""),
            Fault.Body(401, """{"error":"invalid_client"}"""), Fault.Status(429), Fault.Body(400, """{"error":"invalid_request"}"""),
        ];
        for (int hour = 0; hour < 30; hour++)
        {
            foreach (TokenKey key in keys)
            {
                world.Server.TokenEndpoint.FailNext(faults[hour % faults.Length], times: 2);
                await world.RefusalAsync(key);
                world.Server.TokenEndpoint.Recover();
            }

            world.Clock.Advance(TimeSpan.FromHours(1));
        }

        world.Store.CountOf("delete").Should().Be(0);
        for (int i = 0; i < keys.Length; i++)
        {
            TokenSet kept = (await world.StoredAsync(keys[i])).Tokens;
            (kept.AccessToken, kept.RefreshToken).Should().Be((before[i].Tokens.AccessToken, before[i].Tokens.RefreshToken));
        }
    }

    [Fact]
    public async Task Incident_A_Without_a_connection_nobody_tries_to_refresh()
    {
        await using World world = await World.StartAsync();

        (await world.RefusalAsync()).Should().BeOfType<ReauthorizationRequiredException>().Which.Reason.Should().Be(ReauthorizationReason.NotConnected);
        await FluentActions.Awaiting(() => world.Tokens.RefreshAsync(world.Key)).Should().ThrowAsync<ReauthorizationRequiredException>();

        (await world.StatusAsync()).State.Should().Be(TokenState.Missing);
        world.Server.Log.TokenRequests.Should().BeEmpty();
    }

    [Fact]
    public async Task Incident_A_A_job_can_make_sure_of_its_token_before_it_starts()
    {
        await using World world = await World.StartAsync();
        await world.ConnectAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(40));

        AccessToken token = await world.Tokens.GetAccessTokenAsync(world.Key, TimeSpan.FromMinutes(30));

        (token.ExpiresAt - world.Clock.GetUtcNow()).Should().BeGreaterThanOrEqualTo(TimeSpan.FromMinutes(30));
    }
}
