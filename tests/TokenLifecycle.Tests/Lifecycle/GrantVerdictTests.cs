using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Options;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>C1, C3, C9, C12, C13: which answers end a connection, and what an ended one costs.</summary>
public sealed class GrantVerdictTests
{
    [Fact]
    [Trait("Rule", "F34")]
    public async Task C1_RF_9_A_dead_grant_is_not_asked_for_again_in_thirty_days_of_calls()
    {
        await using World world = await World.StartAsync();
        TokenSet kept = await world.ConnectExpiredAsync();
        world.Server.RevokeGrant(world.User);

        for (int hour = 0; hour <= 30 * 24; hour++)
        {
            (await world.RefusalAsync()).Should().BeOfType<ReauthorizationRequiredException>().Which.Reason.Should().Be(ReauthorizationReason.GrantRejected);
            await FluentActions.Awaiting(() => world.Tokens.RefreshAsync(world.Key)).Should().ThrowAsync<ReauthorizationRequiredException>();
            await FluentActions.Awaiting(() => world.Tokens.GetAccessTokenAsync(world.Key, TimeSpan.FromHours(2)).AsTask()).Should().ThrowAsync<ReauthorizationRequiredException>();
            ConnectionStatus status = await world.StatusAsync();
            status.State.Should().Be(TokenState.ReauthorizationRequired);
            status.NextAttemptAt.Should().BeNull();
            world.Clock.Advance(TimeSpan.FromHours(1));
        }

        world.Server.Log.TokenRequests.Should().ContainSingle("the one that told");
        StoredToken row = await world.StoredAsync();
        row.Tokens.RefreshToken.Should().Be(kept.RefreshToken);
        row.Tokens.AccessToken.Should().Be(kept.AccessToken);
    }

    [Fact]
    public async Task C1_Another_process_and_a_restart_keep_to_the_verdict()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        world.Server.RevokeGrant(world.User);
        await world.RefusalAsync();

        ITokenManager restarted = world.NewProcess().GetRequiredService<ITokenManager>();

        await FluentActions.Awaiting(() => restarted.GetAccessTokenAsync(world.Key).AsTask()).Should().ThrowAsync<ReauthorizationRequiredException>();
        world.Refreshes.Should().Be(1);
    }

    [Theory]
    [InlineData("invalid_grant")]
    [InlineData("interaction_required")]
    [InlineData("invalid_client")]
    [InlineData("temporarily_unavailable")]
    [InlineData("slow_down")]
    [InlineData("something_new")]
    public async Task C3_An_error_that_comes_with_200_means_what_it_means_with_400(string code)
    {
        string with400 = await OutcomeAsync(400);
        string with200 = await OutcomeAsync(200);

        with200.Should().Be(with400);

        async Task<string> OutcomeAsync(int status)
        {
            await using World world = await World.StartAsync();
            await world.ConnectExpiredAsync();
            world.Server.TokenEndpoint.FailAlways(Fault.Body(status, $$"""{"error":"{{code}}"}"""));
            TokenException refusal = await world.RefusalAsync();
            StoredToken row = await world.StoredAsync();
            return $"{refusal.GetType().Name} {row.Reauthorization} {row.Failure?.Kind} {row.Intent is not null} after {world.Refreshes}";
        }
    }

    [Theory]
    [InlineData("consent_required")]
    [InlineData("interaction_required")]
    [InlineData("login_required")]
    [InlineData("account_selection_required")]
    public async Task C9_What_only_the_user_can_do_is_asked_of_the_user(string code)
    {
        await using World world = await World.StartAsync(provider: o => o.ReconnectPath = "/connections/acme");
        await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailAlways(Fault.Body(400, $$"""{"error":"{{code}}"}"""));

        ReauthorizationRequiredException refusal = (await world.RefusalAsync()).Should().BeOfType<ReauthorizationRequiredException>().Subject;

        refusal.Reason.Should().Be(ReauthorizationReason.InteractionRequired);
        refusal.ReconnectPath.Should().Be("/connections/acme");
        (await world.StoredAsync()).Failure!.ErrorCode.Should().Be(code);
    }

    [Fact]
    public async Task C9_invalid_scope_is_the_operators_unless_the_provider_is_known_to_mean_the_user()
    {
        await using World plain = await World.StartAsync();
        await using World ruled = await World.StartAsync(provider: o =>
            o.ErrorRules.Add(new TokenErrorRule { Path = "error", Value = "invalid_scope", Kind = TokenErrorKind.InteractionRequired }));
        foreach (World world in (World[])[plain, ruled])
        {
            await world.ConnectExpiredAsync();
            world.Server.TokenEndpoint.FailAlways(Fault.Body(400, """{"error":"invalid_scope"}"""));
        }

        (await plain.RefusalAsync()).Should().BeOfType<ProviderConfigurationException>();
        (await plain.StoredAsync()).Reauthorization.Should().BeNull();
        (await ruled.RefusalAsync()).Should().BeOfType<ReauthorizationRequiredException>().Which.Reason.Should().Be(ReauthorizationReason.InteractionRequired);
    }

    [Fact]
    public async Task C12_A_provider_that_says_everything_with_500_is_read_by_its_body()
    {
        await using World world = await World.StartAsync(provider: o =>
            o.ErrorRules.Add(new TokenErrorRule { Status = 500, Path = "fault.code", Value = "token_dead", Kind = TokenErrorKind.InvalidGrant }));
        await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailNext(Fault.Body(500, """{"fault":{"code":"busy"}}"""));
        world.Server.TokenEndpoint.FailAlways(Fault.Body(500, """{"fault":{"code":"token_dead"}}"""));

        var first = (await world.RefusalAsync()).Should().BeOfType<TokenTemporarilyUnavailableException>().Subject;
        world.Clock.Advance(first.RetryAfter);

        (await world.RefusalAsync()).Should().BeOfType<ReauthorizationRequiredException>();
        (await world.StoredAsync()).Reauthorization.Should().NotBeNull();
    }

    [Theory]
    [InlineData(400, """{"error":"invalid_grant"}""")]
    [InlineData(400, """{"error":"interaction_required"}""")]
    [InlineData(400, """{"error":"invalid_request"}""")]
    public async Task C13_RF_9_A_rejection_of_what_is_no_longer_stored_ends_nothing(int status, string body)
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        ITokenManager elsewhere = world.NewProcess().GetRequiredService<ITokenManager>();
        FaultHold hold = Fault.Hold();
        world.Server.TokenEndpoint.FailNext(hold);

        Task<AccessToken> asked = world.Tokens.GetAccessTokenAsync(world.Key).AsTask();
        await hold.Reached;
        TokenSet reconnected = world.Server.IssueTokens(world.User, "read");
        await elsewhere.SaveAsync(world.Key, reconnected);
        hold.Release(Fault.Body(status, body));

        (await asked).Value.Should().Be(reconnected.AccessToken);
        StoredToken row = await world.StoredAsync();
        row.Reauthorization.Should().BeNull();
        row.Failure.Should().BeNull();
        world.Refreshes.Should().Be(1);
    }

    [Fact]
    public async Task C13_A_failure_that_comes_after_a_reconnect_is_not_recorded()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        ITokenManager elsewhere = world.NewProcess().GetRequiredService<ITokenManager>();
        FaultHold hold = Fault.Hold();
        world.Server.TokenEndpoint.FailNext(hold);

        Task<AccessToken> asked = world.Tokens.GetAccessTokenAsync(world.Key).AsTask();
        await hold.Reached;
        TokenSet reconnected = world.Server.IssueTokens(world.User, "read");
        await elsewhere.SaveAsync(world.Key, reconnected);
        hold.Release(Fault.Status(502));

        (await asked).Value.Should().Be(reconnected.AccessToken);
        (await world.StoredAsync()).Failure.Should().BeNull();
    }

    [Fact]
    public async Task RF_9_A_grant_that_was_disconnected_while_it_was_rejected_is_not_connected()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        FaultHold hold = Fault.Hold();
        world.Server.TokenEndpoint.FailNext(hold);

        Task<AccessToken> asked = world.Tokens.GetAccessTokenAsync(world.Key).AsTask();
        await hold.Reached;
        await world.Store.Inner.DeleteAsync(world.Key, CancellationToken.None);
        hold.Release(Fault.Body(400, WorldExtensions.InvalidGrant));

        (await FluentActions.Awaiting(() => asked).Should().ThrowAsync<ReauthorizationRequiredException>()).Which.Reason.Should().Be(ReauthorizationReason.NotConnected);
    }
}
