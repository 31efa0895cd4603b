using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>RF-10, RF-11, RF-14: what is the provider's or the operator's affair, and no connection's.</summary>
public sealed class ProviderScopeTests
{
    [Fact]
    public async Task RF_14_Changed_settings_send_no_refresh_token_to_another_server()
    {
        await using World world = await World.StartAsync();
        TokenSet tokens = await world.ConnectExpiredAsync();
        await using SimulatedAuthorizationServer stranger = await SimulatedAuthorizationServer.StartAsync(o => o.TimeProvider = world.Clock);
        ITokenManager changed = OtherSettings(world, o =>
        {
            o.TokenEndpoint = stranger.TokenEndpoint.Address.AbsoluteUri;
            o.RevocationEndpoint = stranger.RevocationEndpoint.Address.AbsoluteUri;
        });

        (await FluentActions.Awaiting(() => changed.GetAccessTokenAsync(world.Key).AsTask()).Should().ThrowAsync<ProviderConfigurationException>())
            .Which.Reason.Should().Be(ProviderConfigurationReason.IssuerChanged);

        stranger.Log.Requests.Should().BeEmpty();
        (await world.StoredAsync()).Tokens.RefreshToken.Should().Be(tokens.RefreshToken);
        (await world.StoredAsync()).Intent.Should().BeNull();
        await world.GetAsync(); // With the former settings all is as before, and at once: the lease was given back.
        (await changed.DisconnectAsync(world.Key)).Should().Be(RevocationOutcome.Failed, "a stranger has no business with these tokens");
        stranger.Log.Requests.Should().BeEmpty();
    }

    [Fact]
    public async Task RF_14_A_refresh_token_of_another_client_is_not_sent()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        ITokenManager changed = OtherSettings(world, o => o.ClientId = "another-client");

        (await FluentActions.Awaiting(() => changed.GetAccessTokenAsync(world.Key).AsTask()).Should().ThrowAsync<ProviderConfigurationException>())
            .Which.Reason.Should().Be(ProviderConfigurationReason.IssuerChanged);

        world.Posts().Should().BeEmpty();
    }

    [Fact]
    public async Task RF_14_A_provider_that_has_moved_is_named_by_its_former_origin()
    {
        await using World world = await World.StartAsync();
        TokenSet tokens = world.Server.IssueTokens(world.User, "read");
        await world.Tokens.SaveAsync(world.Key, new TokenSet
        {
            AccessToken = tokens.AccessToken,
            RefreshToken = tokens.RefreshToken,
            ExpiresAt = world.Clock.GetUtcNow(),
            Issuer = "https://former.example",
        });
        await FluentActions.Awaiting(() => world.GetAsync()).Should().ThrowAsync<ProviderConfigurationException>();

        await OtherSettings(world, o => o.PreviousTokenEndpointOrigins.Add("https://former.example")).GetAccessTokenAsync(world.Key);

        world.Posts().Should().ContainSingle();
        (await world.StoredAsync()).Tokens.Issuer.Should().NotBe("https://former.example");
    }

    [Fact]
    public async Task RF_10_A_wrong_secret_changes_none_of_a_thousand_connections_and_costs_one_request_a_minute_after_the_second()
    {
        await using World world = await World.StartAsync();
        TokenKey[] keys = [.. Enumerable.Range(0, 1000).Select(i => new TokenKey(World.Provider, $"user-{i}"))];
        foreach (TokenKey key in keys)
            await world.ConnectAsync(key);
        world.Clock.Advance(TimeSpan.FromMinutes(61));
        string secret = world.Server.ClientSecret;
        world.Server.ChangeClientSecret();
        StoredToken[] before = await RowsAsync();

        foreach (TokenKey key in keys)
        {
            (await FluentActions.Awaiting(() => world.GetAsync(key)).Should().ThrowAsync<ProviderConfigurationException>())
                .Which.Reason.Should().Be(ProviderConfigurationReason.ClientRejected);
        }

        world.Posts().Should().HaveCount(2, "the second shows that it is not the first one's own");
        (await RowsAsync()).Skip(2).Should().BeEquivalentTo(before.Skip(2), "no connection is touched that was not asked for");
        world.Clock.Advance(TimeSpan.FromSeconds(60));
        await FluentActions.Awaiting(() => world.GetAsync(keys[5])).Should().ThrowAsync<ProviderConfigurationException>();
        await FluentActions.Awaiting(() => world.GetAsync(keys[6])).Should().ThrowAsync<ProviderConfigurationException>();
        world.Posts().Should().HaveCount(3);
        world.Server.ChangeClientSecret(secret);
        world.Clock.Advance(TimeSpan.FromSeconds(60));
        foreach (TokenKey key in keys)
            (await world.GetAsync(key)).ExpiresAt.Should().BeAfter(world.Clock.GetUtcNow());

        async Task<StoredToken[]> RowsAsync() => await Task.WhenAll(keys.Select(key => world.StoredAsync(key)));
    }

    [Theory]
    [InlineData("invalid_client", 401)]
    [InlineData("unauthorized_client", 400)]
    [InlineData("invalid_scope", 400)]
    [InlineData("unsupported_grant_type", 400)]
    public async Task RF_10_B13_A_client_error_is_the_operators_and_is_not_probed_with_another_way_to_authenticate(string error, int status)
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailNext(Fault.Body(status, $$"""{"error":"{{error}}"}"""));

        await FluentActions.Awaiting(() => world.GetAsync()).Should().ThrowAsync<ProviderConfigurationException>();

        world.Posts().Should().ContainSingle();
        StoredToken row = await world.StoredAsync();
        row.Reauthorization.Should().BeNull();
        row.Failure.Should().BeNull();
        row.Intent.Should().BeNull();
        (await world.StatusAsync()).State.Should().Be(TokenState.Expired);
    }

    [Theory]
    [InlineData(429, "120", 120, 132)]
    [InlineData(503, "120", 120, 132)]
    [InlineData(429, "date", 120, 132)]
    [InlineData(429, null, 60, 66)]
    [InlineData(429, "-5", 60, 66)]
    [InlineData(429, "1.5", 2, 2.2)]
    [InlineData(429, "soon", 60, 66)]
    [InlineData(429, "2147483647", 86400, 95040)]
    public async Task RF_11_Retry_After_that_two_connections_got_holds_off_every_connection_of_the_provider(int status, string? retryAfter, int least, double most)
    {
        await using World world = await World.StartAsync();
        TokenKey[] others = [new(World.Provider, "bob"), new(World.Provider, "cy")];
        foreach (TokenKey other in others)
            await world.ConnectAsync(other, world.Server.AddUser(other.UserId));
        await world.ConnectExpiredAsync();
        string? header = retryAfter == "date" ? (world.Clock.GetUtcNow() + TimeSpan.FromSeconds(120)).ToString("R", CultureInfo.InvariantCulture) : retryAfter;
        world.Server.TokenEndpoint.FailNext(Fault.Status(status, header), times: 2);

        await world.RefusalAsync(others[0]);
        TokenTemporarilyUnavailableException first = await world.UnavailableAsync(status == 429 ? TokenFailureKind.RateLimited : TokenFailureKind.ProviderUnavailable);

        first.RetryAfter.Should().BeGreaterThanOrEqualTo(TimeSpan.FromSeconds(least)).And.BeLessThanOrEqualTo(TimeSpan.FromSeconds(most));
        (await FluentActions.Awaiting(() => world.GetAsync(others[1])).Should().ThrowAsync<TokenTemporarilyUnavailableException>())
            .Which.Kind.Should().Be(TokenFailureKind.RateLimited);
        world.Clock.Advance(TimeSpan.FromSeconds(least - 1));
        await FluentActions.Awaiting(() => world.GetAsync()).Should().ThrowAsync<TokenTemporarilyUnavailableException>();
        await FluentActions.Awaiting(() => world.GetAsync(others[1])).Should().ThrowAsync<TokenTemporarilyUnavailableException>();
        world.Posts().Should().HaveCount(2);
        world.Clock.Advance(TimeSpan.FromSeconds(most - least + 1));
        await world.GetAsync();
        await world.GetAsync(others[0]);
        await world.GetAsync(others[1]);
        world.Posts().Should().HaveCount(5);
    }

    [Theory]
    [InlineData("-5")]
    [InlineData("later")]
    public async Task RF_11_A_503_with_a_useless_Retry_After_falls_back_to_the_pause(string retryAfter)
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailNext(Fault.Status(503, retryAfter));

        (await world.UnavailableAsync(TokenFailureKind.ProviderUnavailable)).RetryAfter.Should().BeLessThanOrEqualTo(TimeSpan.FromSeconds(1));
    }

    /// <summary>Another process on the same store, whose operator has changed something.</summary>
    private static ITokenManager OtherSettings(World world, Action<TokenLifecycle.Options.OAuthProviderOptions> change)
    {
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(world.Clock);
        services.AddSingleton<ITokenStore>(world.Store);
        services.AddTokenLifecycle().WithoutProtection().AddProvider(World.Provider, o =>
        {
            world.Server.Configure(o);
            change(o);
        });
        return services.BuildServiceProvider().Tokens();
    }
}
