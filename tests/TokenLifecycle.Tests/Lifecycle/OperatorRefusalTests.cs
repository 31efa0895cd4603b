using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>Refusals that no reconnect resolves, because they are about the app's own request: the operator's, however long they last.</summary>
public sealed class OperatorRefusalTests
{
    [Theory]
    [InlineData("""{"error":"invalid_request","error_description":"AADSTS90009: Application is requesting a token for itself.","error_codes":[90009]}""", "invalid_request")]
    [InlineData("""{"error":"invalid_grant","error_description":"AADSTS7000222: The provided client secret keys are expired.","error_codes":[7000222]}""", "ClientSecret")]
    [InlineData("""{"error":"invalid_scope"}""", "Scopes")]
    [InlineData("""{"error":"unsupported_grant_type"}""", "RequestFormat")]
    [InlineData("""{"error":"invalid_target"}""", "resource")]
    [InlineData("""{"error":"invalid_resource"}""", "resource")]
    [Trait("Rule", "FP-12")]
    public async Task Nobody_is_asked_to_reconnect_and_the_operator_is_told_what_to_change(string body, string advice)
    {
        await using World world = await World.StartAsync();
        TokenKey[] keys = await world.ConnectManyAsync(6);
        world.Clock.Advance(TimeSpan.FromHours(2));
        world.Server.TokenEndpoint.FailAlways(Fault.Body(400, body));
        for (int hour = 0; hour < 50; hour++)
        {
            foreach (TokenKey key in keys)
            {
                (await world.RefusalAsync(key)).Should().BeOfType<ProviderConfigurationException>($"hour {hour}")
                    .Which.Message.Should().Contain(advice);
            }

            await world.SweepAsync();
            world.Clock.Advance(TimeSpan.FromHours(1));
        }

        foreach (TokenKey key in keys)
            (await world.StoredAsync(key)).Reauthorization.Should().BeNull();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(6)]
    [Trait("Rule", "FP-12")]
    public async Task A_request_that_the_provider_calls_malformed_ends_nobody_while_none_is_refreshed(int users)
    {
        await using World world = await World.StartAsync();
        TokenKey[] keys = await world.ConnectManyAsync(users);
        world.Clock.Advance(TimeSpan.FromHours(2));
        world.Server.TokenEndpoint.FailAlways(Fault.Body(400, """{"error":"invalid_request","error_description":"redirect_uri is required"}"""));
        for (int hour = 0; hour < 50; hour++)
        {
            foreach (TokenKey key in keys)
                (await world.RefusalAsync(key)).Should().NotBeOfType<ReauthorizationRequiredException>($"hour {hour}");
            world.Clock.Advance(TimeSpan.FromHours(1));
        }

        (await world.RefusalAsync(keys[0])).Should().BeOfType<ProviderConfigurationException>().Which.Message.Should().Contain("RequestFormat");
    }

    [Fact]
    [Trait("Rule", "FP-12")]
    public async Task A_scope_that_one_connection_is_refused_for_is_the_operators_too_and_stops_no_other()
    {
        await using World world = await World.StartAsync();
        TokenKey[] keys = await world.ConnectManyAsync(2);
        world.Clock.Advance(TimeSpan.FromHours(2));
        world.Server.TokenEndpoint.FailAlways(Fault.Body(400, """{"error":"invalid_scope"}"""), await world.RequestsOfAsync(keys[0]));
        for (int hour = 0; hour < 50; hour++)
        {
            (await world.RefusalAsync(keys[0])).Should().BeOfType<ProviderConfigurationException>();
            await world.Tokens.GetAccessTokenAsync(keys[1]);
            world.Clock.Advance(TimeSpan.FromHours(1));
        }
    }

    [Fact]
    [Trait("Rule", "FP-20")]
    public async Task Trakts_empty_answer_is_read_by_its_header()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailAlways(Fault.Status(400).WithHeader(
            "WWW-Authenticate", "Bearer realm=\"trakt\", error=\"invalid_grant\", error_description=\"The provided authorization grant is invalid, error=none\""));

        await world.ReauthorizationAsync(ReauthorizationReason.GrantRejected);
    }

    [Theory]
    [InlineData(400, "")]
    [InlineData(403, "<html>blocked</html>")]
    [InlineData(404, "")]
    [InlineData(409, "")]
    [InlineData(422, "{}")]
    [Trait("Rule", "FP-20")]
    public async Task A_4xx_of_one_connection_for_days_while_others_are_refreshed_ends_it(int status, string body)
    {
        await using World world = await World.StartAsync();
        TokenKey[] keys = await world.ConnectManyAsync(2);
        TokenSet kept = (await world.StoredAsync(keys[0])).Tokens;
        world.Clock.Advance(TimeSpan.FromHours(2));
        world.Server.TokenEndpoint.FailAlways(Fault.Body(status, body, body.StartsWith('<') ? "text/html" : "application/json"), await world.RequestsOfAsync(keys[0]));
        for (int hour = 0; hour < 24; hour++)
        {
            (await world.RefusalAsync(keys[0])).Should().BeOfType<TokenTemporarilyUnavailableException>($"hour {hour}");
            await world.Tokens.GetAccessTokenAsync(keys[1]);
            world.Clock.Advance(TimeSpan.FromHours(1));
        }

        (await world.RefusalAsync(keys[0])).Should().BeOfType<ReauthorizationRequiredException>().Which.Reason.Should().Be(ReauthorizationReason.RepeatedUnknownRejection);
        (await world.StoredAsync(keys[0])).Tokens.RefreshToken.Should().Be(kept.RefreshToken);
    }

    [Theory]
    [InlineData(400, "")]
    [InlineData(403, "<html>blocked</html>")]
    [Trait("Rule", "FP-20")]
    public async Task The_same_of_all_or_of_the_only_one_is_weather(int status, string body)
    {
        foreach (int users in (int[])[1, 3])
        {
            await using World world = await World.StartAsync();
            TokenKey[] keys = await world.ConnectManyAsync(users);
            world.Clock.Advance(TimeSpan.FromHours(2));
            world.Server.TokenEndpoint.FailAlways(Fault.Body(status, body, "text/html"));
            for (int hour = 0; hour < 50; hour++)
            {
                foreach (TokenKey key in keys)
                    (await world.RefusalAsync(key)).Should().BeOfType<TokenTemporarilyUnavailableException>();
                world.Clock.Advance(TimeSpan.FromHours(1));
            }
        }
    }
}
