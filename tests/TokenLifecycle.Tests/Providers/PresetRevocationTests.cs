using TokenLifecycle.Storage;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.Providers;

/// <summary>Each provider's own way of ending a grant.</summary>
public sealed class PresetRevocationTests
{
    [Theory]
    [InlineData("strava", "basic", "token,token_type_hint")]
    [InlineData("trainingpeaks", "bearer", "")]
    [InlineData("google", "none", "token,token_type_hint")]
    public async Task The_revocation_proves_itself_as_the_provider_wants_it(string preset, string proof, string fields)
    {
        await using PresetWorld world = await PresetWorld.StartAsync(preset);
        TokenSet tokens = await world.ConnectAsync();

        (await world.Tokens.DisconnectAsync(world.Key)).Should().Be(RevocationOutcome.Revoked);

        RevocationEntry revocation = world.Server.Log.Revocations.Should().ContainSingle().Subject;
        (revocation.ClientAuthentication, revocation.Accepted).Should().Be((proof, true));
        revocation.TokenFingerprint.Should().Be(TokenFingerprint.Of(proof == "bearer" ? tokens.AccessToken : tokens.RefreshToken!));
        RecordedRequest wire = world.LastTo(world.Server.RevocationEndpoint);
        string.Join(',', wire.Body.Split('&').Select(pair => pair.Split('=')[0])).Should().Be(fields);
        (wire.Method, wire.Query).Should().Be(("POST", ""));
        wire.Body.Should().NotContain("client_secret");
        world.Server.IsLive(tokens.AccessToken).Should().BeFalse();
        world.Server.IsLive(tokens.RefreshToken!).Should().BeFalse();
    }

    [Fact]
    public async Task TrainingPeaks_wants_a_live_token_so_an_ended_one_is_refreshed_first()
    {
        await using PresetWorld world = await PresetWorld.StartAsync("trainingpeaks");
        TokenSet ended = await world.ConnectExpiredAsync();

        (await world.Tokens.DisconnectAsync(world.Key)).Should().Be(RevocationOutcome.Revoked);

        world.Refreshes.Should().ContainSingle();
        world.Server.Log.Revocations.Should().ContainSingle().Which.TokenFingerprint.Should().NotBe(TokenFingerprint.Of(ended.AccessToken));
        world.Server.IsLive(ended.RefreshToken!).Should().BeFalse();
    }

    [Fact]
    public async Task TrainingPeaks_may_answer_204()
    {
        await using PresetWorld world = await PresetWorld.StartAsync("trainingpeaks");
        await world.ConnectAsync();
        world.Server.RevocationEndpoint.FailAlways(Fault.Status(204));

        (await world.Tokens.DisconnectAsync(world.Key)).Should().Be(RevocationOutcome.Revoked);
    }

    [Fact]
    public async Task Google_says_400_invalid_token_of_a_grant_that_is_gone_already()
    {
        await using PresetWorld world = await PresetWorld.StartAsync("google");
        await world.ConnectAsync();
        world.Server.RevokeGrant(world.Server.SignedInUser);

        (await world.Tokens.DisconnectAsync(world.Key)).Should().Be(RevocationOutcome.Revoked);
        world.Server.Log.Revocations.Should().ContainSingle().Which.Accepted.Should().BeFalse();
    }

    [Theory]
    [InlineData("strava", 401, """{"message":"Authorization Error","errors":[]}""")]
    [InlineData("strava", 400, """{"message":"Bad Request","errors":[]}""")]
    [InlineData("trainingpeaks", 401, "")]
    [InlineData("google", 400, """{"error":"invalid_request"}""")]
    public async Task RV_5_A_refused_revocation_is_reported_is_not_repeated_and_keeps_no_row(string preset, int status, string body)
    {
        await using PresetWorld world = await PresetWorld.StartAsync(preset);
        await world.ConnectAsync();
        world.Server.RevocationEndpoint.FailAlways(Fault.Body(status, body));

        (await world.Tokens.DisconnectAsync(world.Key)).Should().Be(RevocationOutcome.Failed);

        (await world.Tokens.GetStatusAsync(world.Key)).State.Should().Be(TokenState.Missing);
        world.Server.Log.Requests.Count(request => request.Path == world.Server.RevocationEndpoint.Address.AbsolutePath).Should().Be(1);
    }

    [Fact]
    public async Task RV_2_Stravas_503_says_that_the_token_still_exists_so_it_is_tried_again()
    {
        await using PresetWorld world = await PresetWorld.StartAsync("strava");
        TokenSet tokens = await world.ConnectAsync();
        var reached = new[] { Fault.Hold(), Fault.Hold() };
        foreach (FaultHold hold in reached)
            world.Server.RevocationEndpoint.FailNext(hold);

        Task<RevocationOutcome> disconnecting = world.Tokens.DisconnectAsync(world.Key);
        foreach (FaultHold hold in reached)
        {
            await hold.Reached;
            hold.Release(Fault.Status(503));
            while (world.Clock.NextTimerIn is not { } next || next > TimeSpan.FromSeconds(1))
                await Task.Yield();
            world.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        (await disconnecting).Should().Be(RevocationOutcome.Revoked);
        world.Server.IsLive(tokens.RefreshToken!).Should().BeFalse();
    }
}
