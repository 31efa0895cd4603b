using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>C8, RF-10: a wrong client is the operator's fault and touches no connection.</summary>
public sealed class ClientFaultTests
{
    [Fact]
    [Trait("Rule", "F35")]
    [Trait("Rule", "Law 6")]
    public async Task C8_RF_10_A_wrong_secret_changes_none_of_a_thousand_connections_and_all_resume_when_the_configuration_is_reloaded()
    {
        IConfigurationRoot settings = new ConfigurationBuilder().AddInMemoryCollection().Build();
        var events = new EventRecorder();
        await using World world = await World.StartAsync(services: services =>
        {
            services.AddSingleton<ITokenLifecycleObserver>(events);
            services.AddTokenLifecycle().AddProvider(World.Provider, configuration: settings.GetSection("Acme"));
        });
        settings["Acme:ClientSecret"] = world.Server.ClientSecret;
        TokenKey[] keys = await world.ConnectManyAsync(1000);
        await world.Tokens.GetAccessTokenAsync(keys[0]);
        StoredToken[] before = await RowsOf(world, keys);
        world.Clock.Advance(TimeSpan.FromHours(2));
        string changed = world.Server.ChangeClientSecret();

        await world.RefusalAsync(keys[0]);
        await Parallel.ForEachAsync(keys, async (key, _) => (await world.RefusalAsync(key)).Should().BeOfType<ProviderConfigurationException>()
            .Which.Reason.Should().Be(ProviderConfigurationReason.ClientRejected));

        world.Server.Log.TokenRequests.Count.Should().BeInRange(2, 2 + Environment.ProcessorCount, "nobody begins to ask once two were rejected");
        StoredToken[] after = await RowsOf(world, keys);
        after.Should().OnlyContain(row => row.Reauthorization == null && row.Intent == null);
        after.Count(row => row.Failure != null).Should().Be(world.Server.Log.TokenRequests.Count, "only those that were asked for have a pause of their own");
        after.Select(row => (row.Version, row.Tokens.RefreshToken, row.Tokens.AccessToken))
            .Should().Equal(before.Select(row => (row.Version, row.Tokens.RefreshToken, row.Tokens.AccessToken)));
        int asked = world.Server.Log.TokenRequests.Count;
        await events.WaitForAsync(TokenEventKind.ClientRejected);

        settings["Acme:ClientSecret"] = changed;
        settings.Reload();
        await Parallel.ForEachAsync(keys, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (key, _) => await world.Tokens.GetAccessTokenAsync(key));

        world.Server.Log.TokenRequests.Should().HaveCount(1000 + asked);
        events.Events.Count(e => e.Kind == TokenEventKind.ClientRejected).Should().Be(1);
        events.Events.Should().NotContain(e => e.Kind == TokenEventKind.ReauthorizationRequired);
    }

    [Theory]
    [InlineData(401, "invalid_client")]
    [InlineData(400, "unauthorized_client")]
    [InlineData(400, "unsupported_grant_type")]
    [InlineData(400, "invalid_scope")]
    public async Task C8_RF_10_Whatever_names_the_client_leaves_the_connection_as_it_was(int status, string code)
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        StoredToken before = await world.StoredAsync();
        world.Server.TokenEndpoint.FailAlways(Fault.Body(status, $$"""{"error":"{{code}}"}"""));

        (await world.RefusalAsync()).Should().BeOfType<ProviderConfigurationException>().Which.Message.Should().Contain(code);

        StoredToken after = await world.StoredAsync();
        after.Should().BeEquivalentTo(before);
        (await world.StatusAsync()).State.Should().Be(TokenState.Expired);
    }

    [Fact]
    public async Task C8_One_caller_a_minute_finds_out_whether_the_provider_has_changed_its_mind()
    {
        await using World world = await World.StartAsync();
        TokenKey[] keys = await world.ConnectManyAsync(5);
        world.Clock.Advance(TimeSpan.FromHours(2));
        world.Server.TokenEndpoint.FailAlways(Fault.Body(401, """{"error":"invalid_client"}"""));
        await world.RefusalAsync(keys[0]);
        await world.RefusalAsync(keys[1]);

        for (int second = 0; second < 600; second += 10)
        {
            world.Clock.Advance(TimeSpan.FromSeconds(10));
            foreach (TokenKey key in keys)
                await world.RefusalAsync(key);
        }

        world.Refreshes.Should().Be(12, "the first two, and one for each of ten minutes");
        world.Server.TokenEndpoint.Recover();
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        foreach (TokenKey key in keys)
            await world.Tokens.GetAccessTokenAsync(key);
    }

    [Fact]
    public async Task C8_A_rejected_client_takes_no_working_token_from_anybody()
    {
        await using World world = await World.StartAsync();
        TokenSet tokens = await world.ConnectAsync();
        world.Server.TokenEndpoint.FailAlways(Fault.Body(401, """{"error":"invalid_client"}"""));
        world.Clock.Advance(TimeSpan.FromMinutes(59) + TimeSpan.FromSeconds(45));

        (await world.Tokens.GetAccessTokenAsync(world.Key)).Value.Should().Be(tokens.AccessToken);
        (await world.Tokens.GetAccessTokenAsync(world.Key, TimeSpan.FromMinutes(10))).Value.Should().Be(tokens.AccessToken);
    }

    [Fact]
    public async Task C8_A_dead_grant_proves_that_the_client_is_accepted_again()
    {
        await using World world = await World.StartAsync();
        TokenKey[] keys = await world.ConnectManyAsync(2);
        world.Clock.Advance(TimeSpan.FromHours(2));
        world.Server.TokenEndpoint.FailNext(Fault.Body(401, """{"error":"invalid_client"}"""), times: 2);
        world.Server.TokenEndpoint.FailNext(Fault.Body(400, WorldExtensions.InvalidGrant));
        await world.RefusalAsync(keys[0]);
        await world.RefusalAsync(keys[1]);
        world.Clock.Advance(TimeSpan.FromMinutes(2));

        (await world.RefusalAsync(keys[0])).Should().BeOfType<TokenTemporarilyUnavailableException>().Which.Kind.Should().Be(TokenFailureKind.GrantRejected);

        await world.Tokens.GetAccessTokenAsync(keys[1]);
    }

    private static async Task<StoredToken[]> RowsOf(World world, TokenKey[] keys)
    {
        var rows = new List<StoredToken>();
        foreach (TokenKey key in keys)
            rows.Add(await world.StoredAsync(key));
        return [.. rows];
    }
}
