using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TokenLifecycle.Testing;
using TokenLifecycle.TestKit;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests;

/// <summary>B and C.</summary>
public sealed partial class IncidentTests
{
    [Fact]
    public async Task Incident_B_No_token_call_is_made_while_the_store_cannot_work_and_the_error_names_the_store()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        ITokenManager restarted = world.NewProcess().GetRequiredService<ITokenManager>();
        world.Store.Before = _ => Task.FromException(new InvalidOperationException("""column user_oauth_tokens.scope does not exist"""));

        var refusal = (await FluentActions.Awaiting(() => restarted.GetAccessTokenAsync(world.Key).AsTask()).Should().ThrowAsync<TokenTemporarilyUnavailableException>()).Which;

        refusal.Kind.Should().Be(TokenFailureKind.StoreUnavailable);
        refusal.InnerException!.Message.Should().Contain("user_oauth_tokens.scope");
        world.Server.Log.TokenRequests.Should().BeEmpty();
    }

    [Fact]
    public async Task Incident_C_invalid_grant_tells_the_reason_and_keeps_the_tokens()
    {
        await using World world = await World.StartAsync();
        TokenSet kept = await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailAlways(Fault.Body(400, WorldExtensions.InvalidGrant));

        (await world.RefusalAsync()).Should().BeOfType<ReauthorizationRequiredException>().Which.Reason.Should().Be(ReauthorizationReason.GrantRejected);

        (await world.StoredAsync()).Tokens.RefreshToken.Should().Be(kept.RefreshToken);
    }

    [Fact]
    public async Task Incident_C_A_body_that_is_no_JSON_passes_is_not_shown_and_keeps_the_tokens()
    {
        var log = new LogRecorder();
        await using World world = await World.StartAsync(services: s => s.AddLogging(l => l.AddProvider(log)));
        TokenSet kept = await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailNext(Fault.Body(200, $"Service is busy {Canary.New("body")}", "text/plain"));

        (await world.RefusalAsync()).Should().BeOfType<TokenTemporarilyUnavailableException>().Which.Message.Should().NotContain("busy");

        log.Lines.Should().NotContain(line => line.Text.Contains("busy"));
        (await world.StoredAsync()).Tokens.RefreshToken.Should().Be(kept.RefreshToken);
    }

    [Theory]
    [InlineData(-3600)]
    [InlineData(3600)]
    public async Task Incident_C_A_skewed_clock_or_a_wrong_lifetime_does_not_mean_a_refresh_on_each_request(int skew)
    {
        var log = new LogRecorder();
        await using World world = await World.StartAsync(server: o => o.SendExpiresAt = true, services: s => s.AddLogging(l => l.AddProvider(log)));
        await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailAlways(Fault.Transform(body =>
        {
            var reply = System.Text.Json.Nodes.JsonNode.Parse(body)!;
            reply["expires_at"] = reply["expires_at"]!.GetValue<long>() + skew;
            return reply.ToJsonString();
        }));

        for (int request = 0; request < 100; request++)
            await world.Tokens.GetAccessTokenAsync(world.Key);

        world.Refreshes.Should().Be(1);
        log.CountOf(13).Should().Be(1, "the skew is reported");
        (await world.StatusAsync()).ExpiresAt.Should().Be(world.Clock.GetUtcNow() + TimeSpan.FromHours(1));
    }

    [Fact]
    public async Task Incident_C_A_new_authorization_can_be_forced_by_disconnecting()
    {
        await using World world = await World.StartAsync();
        TokenSet tokens = await world.ConnectAsync();

        (await world.Tokens.DisconnectAsync(world.Key)).Should().Be(RevocationOutcome.Revoked);

        (await world.StatusAsync()).State.Should().Be(TokenState.Missing);
        world.Server.IsLive(tokens.RefreshToken!).Should().BeFalse();
    }
}
