using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Providers;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>One connection that the provider refuses in the client's name, while it serves all others: it is that connection's affair.</summary>
public sealed class OddRowTests
{
    public static TheoryData<string, int, string> Providers => new()
    {
        { "Atlassian", 403, """{"error":"unauthorized_client","error_description":"refresh_token is invalid"}""" },
        { "Exact", 401, """{"error":"unauthorized_client","error_description":"Old refresh token used."}""" },
        { "Entra", 400, """{"error":"unauthorized_client","error_description":"AADSTS700016: Application was not found in the directory 'Contoso'.","error_codes":[700016]}""" },
        { "a token of another client", 401, """{"error":"invalid_client"}""" },
    };

    [Theory]
    [MemberData(nameof(Providers))]
    [Trait("Rule", "FR-3")]
    [Trait("Rule", "FP-3")]
    public async Task Nobody_else_is_refused(string provider, int status, string body)
    {
        await using World world = await World.StartAsync();
        TokenKey[] keys = await world.ConnectManyAsync(20);
        world.Clock.Advance(TimeSpan.FromHours(2));
        world.Server.TokenEndpoint.FailAlways(Fault.Body(status, body), await world.RequestsOfAsync(keys[0]));

        for (int minute = 0; minute < 90; minute++)
        {
            (await world.RefusalAsync(keys[0])).Should().BeOfType<ProviderConfigurationException>(provider);
            foreach (TokenKey key in keys.Skip(1))
                (await world.Tokens.GetAccessTokenAsync(key)).ExpiresAt.Should().BeAfter(world.Clock.GetUtcNow());
            await world.IdleAsync();
            world.Clock.Advance(TimeSpan.FromMinutes(1));
        }

        (await world.StoredAsync(keys[0])).Tokens.RefreshToken.Should().NotBeNull();
        int asked = (await RequestsOf(world, keys[0]));
        asked.Should().BeLessThanOrEqualTo(91, "and no more than once a minute while somebody waits for it");
    }

    [Theory]
    [MemberData(nameof(Providers))]
    [Trait("Rule", "FR-3")]
    [Trait("Rule", "FP-3")]
    public async Task The_background_refresh_serves_all_others_and_asks_for_the_odd_one_less_and_less(string provider, int status, string body)
    {
        await using World world = await World.StartAsync();
        TokenKey[] keys = await world.ConnectManyAsync(20);
        world.Server.TokenEndpoint.FailAlways(Fault.Body(status, body), await world.RequestsOfAsync(keys[0]));
        for (int minute = 0; minute < 12 * 60; minute += 2)
        {
            world.Clock.Advance(TimeSpan.FromMinutes(2));
            await world.SweepAsync();
            if (minute > 60)
            {
                foreach (TokenKey key in keys.Skip(1))
                    (await world.StoredAsync(key)).Tokens.ExpiresAt.Should().BeAfter(world.Clock.GetUtcNow(), $"{provider}, minute {minute}");
            }
        }

        (await RequestsOf(world, keys[0])).Should().BeInRange(8, 40);
        (await world.StoredAsync(keys[0])).Reauthorization.Should().BeNull();
        world.Services.GetRequiredService<ProviderRegistry>().GateOf(World.Provider).Client.IsRejected.Should().BeFalse();
    }

    [Theory]
    [MemberData(nameof(Providers))]
    [Trait("Rule", "FP-3")]
    public async Task Its_user_is_asked_to_reconnect_after_a_day_of_refusals_with_others_served_in_between(string provider, int status, string body)
    {
        await using World world = await World.StartAsync();
        TokenKey[] keys = await world.ConnectManyAsync(3);
        TokenSet kept = (await world.StoredAsync(keys[0])).Tokens;
        world.Clock.Advance(TimeSpan.FromHours(2));
        world.Server.TokenEndpoint.FailAlways(Fault.Body(status, body), await world.RequestsOfAsync(keys[0]));
        for (int hour = 0; hour < 24; hour++)
        {
            (await world.RefusalAsync(keys[0])).Should().BeOfType<ProviderConfigurationException>($"{provider}, hour {hour}");
            await world.Tokens.GetAccessTokenAsync(keys[1]);
            world.Clock.Advance(TimeSpan.FromHours(1));
        }

        bool isOfRequest = body.Contains("700016", StringComparison.Ordinal);
        TokenException last = await world.RefusalAsync(keys[0]);

        last.Should().BeOfType<ReauthorizationRequiredException>(isOfRequest ? "others are served in the same tenant" : provider).Which.Reason.Should().Be(ReauthorizationReason.RepeatedUnknownRejection);
        (await world.StoredAsync(keys[0])).Tokens.RefreshToken.Should().Be(kept.RefreshToken);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    [Trait("Rule", "FP-3")]
    public async Task No_connection_is_ended_while_none_is_served(string provider, int status, string body)
    {
        await using World world = await World.StartAsync();
        TokenKey[] keys = await world.ConnectManyAsync(2);
        world.Clock.Advance(TimeSpan.FromHours(2));
        world.Server.TokenEndpoint.FailAlways(Fault.Body(status, body));
        for (int hour = 0; hour < 100; hour++)
        {
            foreach (TokenKey key in keys)
                (await world.RefusalAsync(key)).Should().BeOfType<ProviderConfigurationException>(provider);
            world.Clock.Advance(TimeSpan.FromHours(1));
        }

        world.Server.TokenEndpoint.Recover();
        world.Clock.Advance(TimeSpan.FromMinutes(2));
        foreach (TokenKey key in keys)
            await world.Tokens.GetAccessTokenAsync(key);
    }

    [Fact]
    [Trait("Rule", "FR-3")]
    public async Task Background_probes_take_other_rows_in_turn_until_one_is_served()
    {
        await using World world = await World.StartAsync();
        TokenKey[] keys = await world.ConnectManyAsync(10);
        foreach (TokenKey odd in keys.Take(3))
            world.Server.TokenEndpoint.FailAlways(Fault.Body(401, """{"error":"invalid_client"}"""), await world.RequestsOfAsync(odd));
        world.Clock.Advance(TimeSpan.FromHours(2));
        foreach (TokenKey odd in keys.Take(2))
            await world.RefusalAsync(odd);
        world.Services.GetRequiredService<ProviderRegistry>().GateOf(World.Provider).Client.IsRejected.Should().BeTrue("two different ones met it");

        for (int minute = 0; minute < 10; minute++)
        {
            world.Clock.Advance(TimeSpan.FromMinutes(1));
            await world.SweepAsync();
        }

        foreach (TokenKey key in keys.Skip(3))
            (await world.StoredAsync(key)).Tokens.ExpiresAt.Should().BeAfter(world.Clock.GetUtcNow());
        foreach (TokenKey odd in keys.Take(3))
            (await world.StoredAsync(odd)).Should().Match<StoredToken>(row => row.Failure!.Kind == TokenFailureKind.ClientRejected && row.Reauthorization == null);
    }

    [Fact]
    [Trait("Rule", "FR-3")]
    public async Task A_connection_that_has_to_wait_itself_takes_no_other_connections_probe()
    {
        await using World world = await World.StartAsync();
        TokenKey[] keys = await world.ConnectManyAsync(4);
        world.Clock.Advance(TimeSpan.FromHours(2));
        world.Server.TokenEndpoint.FailNext(Fault.Status(429, "3600"));
        await world.RefusalAsync(keys[0]);
        world.Server.TokenEndpoint.FailNext(Fault.Body(401, """{"error":"invalid_client"}"""), times: 2);
        await world.RefusalAsync(keys[1]);
        await world.RefusalAsync(keys[2]);
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        for (int i = 0; i < 5; i++)
            await FluentActions.Awaiting(() => world.Tokens.RefreshAsync(keys[0])).Should().ThrowAsync<TokenTemporarilyUnavailableException>();

        await world.Tokens.GetAccessTokenAsync(keys[3]);
    }

    [Fact]
    [Trait("Rule", "FR-3")]
    public async Task One_connection_whose_requests_all_fail_opens_no_circuit_for_others()
    {
        await using World world = await World.StartAsync(server: o => o.AccessTokenLifetime = TimeSpan.FromMinutes(1));
        TokenKey[] keys = await world.ConnectManyAsync(5);
        world.Server.TokenEndpoint.FailAlways(Fault.Status(500), await world.RequestsOfAsync(keys[0]));
        for (int second = 0; second < 1800; second++)
        {
            world.Clock.Advance(TimeSpan.FromSeconds(1));
            await world.TryGetAsync(keys[0]);
            if (second % 60 == 59)
            {
                foreach (TokenKey key in keys.Skip(1))
                    await world.Tokens.GetAccessTokenAsync(key);
            }
        }

        await world.IdleAsync();
    }

    private static async Task<int> RequestsOf(World world, TokenKey key)
    {
        Func<RecordedRequest, bool> isOf = await world.RequestsOfAsync(key);
        return world.Server.Log.Requests.Count(isOf);
    }
}
