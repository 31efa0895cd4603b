using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>Providers that answer a wrong client secret as they answer a dead grant: while none is refreshed nobody is asked to reconnect.</summary>
public sealed class RefusedAlikeTests
{
    /// <summary>Infusionsoft's answer to a wrong secret.</summary>
    private static readonly Fault WrongSecret = Fault.Body(400, """{"error":"invalid_grant","error_description":"Invalid refresh token"}""");

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(30)]
    [Trait("Rule", "FP-21")]
    public async Task Infusionsofts_wrong_secret_ends_nobody_however_few_they_are_and_however_long_it_lasts(int users)
    {
        var events = new EventRecorder();
        await using World world = await World.StartAsync(services: s => s.AddSingleton<ITokenLifecycleObserver>(events));
        TokenKey[] keys = await world.ConnectManyAsync(users);
        world.Clock.Advance(TimeSpan.FromHours(2));
        foreach (TokenKey key in keys)
            await world.Tokens.GetAccessTokenAsync(key); // The client was good until now.
        world.Clock.Advance(TimeSpan.FromHours(2));
        world.Server.TokenEndpoint.FailAlways(WrongSecret);

        for (int hour = 0; hour < 72; hour++)
        {
            foreach (TokenKey key in keys)
                (await world.RefusalAsync(key)).Should().BeOfType<TokenTemporarilyUnavailableException>($"hour {hour}");
            await world.SweepAsync();
            world.Clock.Advance(TimeSpan.FromHours(1));
        }

        await events.WaitForAsync(TokenEventKind.MassRejectionHeld);
        events.Events.Should().NotContain(e => e.Kind == TokenEventKind.ReauthorizationRequired);
        world.Server.TokenEndpoint.Recover();
        world.Clock.Advance(TimeSpan.FromMinutes(10));
        foreach (TokenKey key in keys)
            await world.Tokens.GetAccessTokenAsync(key);
    }

    [Theory]
    [InlineData("""{"error":"invalid_grant"}""")]
    [InlineData("""{"error":"interaction_required"}""")]
    [Trait("Rule", "FP-21")]
    public async Task A_grant_that_is_dead_is_told_once_another_was_refreshed_in_between(string body)
    {
        await using World world = await World.StartAsync();
        TokenKey[] keys = await world.ConnectManyAsync(2);
        world.Clock.Advance(TimeSpan.FromHours(2));
        world.Server.TokenEndpoint.FailAlways(Fault.Body(400, body), await world.RequestsOfAsync(keys[0]));

        (await world.RefusalAsync(keys[0])).Should().BeOfType<TokenTemporarilyUnavailableException>("it may be the client").Which.RetryAfter.Should().BeLessThan(TimeSpan.FromSeconds(25));
        await world.Tokens.GetAccessTokenAsync(keys[1]);
        world.Clock.Advance(TimeSpan.FromSeconds(25));

        (await world.RefusalAsync(keys[0])).Should().BeOfType<ReauthorizationRequiredException>();
        world.Refreshes.Should().Be(3);
    }

    [Fact]
    [Trait("Rule", "FP-21")]
    public async Task A_process_that_has_just_started_or_has_seen_nobody_refreshed_asks_again()
    {
        await using World world = await World.StartAsync();
        TokenKey[] keys = await world.ConnectManyAsync(2);
        world.Clock.Advance(TimeSpan.FromHours(2));
        await world.Tokens.GetAccessTokenAsync(keys[1]);
        world.Server.TokenEndpoint.FailAlways(WrongSecret);
        ITokenManager restarted = world.NewProcess().Tokens();

        await FluentActions.Awaiting(() => restarted.GetAccessTokenAsync(keys[0]).AsTask()).Should().ThrowAsync<TokenTemporarilyUnavailableException>();
        world.Clock.Advance(TimeSpan.FromMinutes(6));
        await FluentActions.Awaiting(() => world.Tokens.GetAccessTokenAsync(keys[0]).AsTask()).Should().ThrowAsync<TokenTemporarilyUnavailableException>(
            "the first process has refreshed another one, but before");

        (await world.StoredAsync(keys[0])).Reauthorization.Should().BeNull();
    }

    [Fact]
    [Trait("Rule", "FP-21")]
    public async Task What_another_process_saw_refused_is_decided_by_one_that_refreshed_others_since()
    {
        await using World world = await World.StartAsync();
        TokenKey[] keys = await world.ConnectManyAsync(2);
        world.Clock.Advance(TimeSpan.FromHours(2));
        world.Server.TokenEndpoint.FailAlways(WrongSecret, await world.RequestsOfAsync(keys[0]));
        ITokenManager other = world.NewProcess().Tokens();
        await FluentActions.Awaiting(() => other.GetAccessTokenAsync(keys[0]).AsTask()).Should().ThrowAsync<TokenTemporarilyUnavailableException>();
        world.Clock.Advance(TimeSpan.FromMinutes(15));
        await world.Tokens.GetAccessTokenAsync(keys[1]);

        (await world.RefusalAsync(keys[0])).Should().BeOfType<ReauthorizationRequiredException>();
    }

    [Fact]
    [Trait("Rule", "FP-21")]
    public async Task The_only_connection_of_a_provider_is_believed_at_once()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        world.Server.RevokeGrant(world.User);

        await world.ReauthorizationAsync(ReauthorizationReason.GrantRejected);
        world.Refreshes.Should().Be(1);
    }

    [Fact]
    [Trait("Rule", "FP-21")]
    public async Task The_only_connection_is_not_believed_while_settings_are_new_and_nobody_was_refreshed_with_them()
    {
        IConfigurationRoot settings = new ConfigurationBuilder().AddInMemoryCollection().Build();
        await using World world = await World.StartAsync(services: services => services.AddTokenLifecycle().AddProvider(World.Provider, configuration: settings.GetSection("Acme")));
        settings["Acme:ClientSecret"] = world.Server.ClientSecret;
        await world.ConnectExpiredAsync();
        await world.GetAsync();
        world.Clock.Advance(TimeSpan.FromHours(2));
        settings["Acme:ClientSecret"] = Canary.New("wrong");
        settings.Reload();
        world.Server.TokenEndpoint.FailAlways(WrongSecret);
        for (int hour = 0; hour < 72; hour++)
        {
            await world.UnavailableAsync(TokenFailureKind.GrantRejected);
            world.Clock.Advance(TimeSpan.FromHours(1));
        }

        settings["Acme:ClientSecret"] = world.Server.ClientSecret;
        settings.Reload();
        world.Server.TokenEndpoint.Recover();
        await world.GetAsync(); // New settings are tried at once.
    }

    [Fact]
    [Trait("Rule", "FP-21")]
    public async Task A_restart_with_another_secret_is_noticed_and_does_not_end_the_only_connection()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        await world.GetAsync();
        world.Clock.Advance(TimeSpan.FromHours(2));
        world.Server.TokenEndpoint.FailAlways(WrongSecret);
        ITokenManager restarted = Deployed(world, Canary.New("wrong"));

        for (int hour = 0; hour < 48; hour++)
        {
            await FluentActions.Awaiting(() => restarted.GetAccessTokenAsync(world.Key).AsTask()).Should().ThrowAsync<TokenTemporarilyUnavailableException>();
            world.Clock.Advance(TimeSpan.FromHours(1));
        }
    }

    [Fact]
    [Trait("Rule", "FP-21")]
    public async Task A_connection_that_was_ended_while_the_client_may_have_been_wrong_is_asked_for_once_more_with_other_settings()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailAlways(WrongSecret); // The provider's console was given a new secret, and the app was not.
        await world.ReauthorizationAsync(ReauthorizationReason.GrantRejected);
        world.Clock.Advance(TimeSpan.FromHours(10));
        ITokenManager same = Deployed(world, world.Server.ClientSecret);
        await FluentActions.Awaiting(() => same.GetAccessTokenAsync(world.Key).AsTask()).Should().ThrowAsync<ReauthorizationRequiredException>();
        world.Refreshes.Should().Be(1, "the same settings change nothing");

        ITokenManager wrong = Deployed(world, Canary.New("wrong"));
        for (int hour = 0; hour < 10; hour++)
        {
            (await FluentActions.Awaiting(() => wrong.GetAccessTokenAsync(world.Key).AsTask()).Should().ThrowAsync<ReauthorizationRequiredException>())
                .Which.Reason.Should().Be(ReauthorizationReason.GrantRejected);
            world.Clock.Advance(TimeSpan.FromHours(1));
        }

        world.Refreshes.Should().Be(2, "each settings once");
        string changed = world.Server.ChangeClientSecret();
        world.Server.TokenEndpoint.Recover();
        await Deployed(world, changed).GetAccessTokenAsync(world.Key);
        (await world.StoredAsync()).Should().Match<StoredToken>(row => row.Reauthorization == null && row.Failure == null);
    }

    [Fact]
    [Trait("Rule", "FP-21")]
    public async Task A_connection_that_was_ended_while_others_were_served_stays_so_whatever_the_settings()
    {
        await using World world = await World.StartAsync();
        TokenKey[] keys = await world.ConnectManyAsync(2);
        world.Clock.Advance(TimeSpan.FromHours(2));
        world.Server.TokenEndpoint.FailAlways(WrongSecret, await world.RequestsOfAsync(keys[0]));
        await world.RefusalAsync(keys[0]);
        await world.Tokens.GetAccessTokenAsync(keys[1]);
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        (await world.RefusalAsync(keys[0])).Should().BeOfType<ReauthorizationRequiredException>();
        world.Clock.Advance(TimeSpan.FromHours(1));
        int asked = world.Refreshes;

        ITokenManager changed = Deployed(world, world.Server.ChangeClientSecret());
        await FluentActions.Awaiting(() => changed.GetAccessTokenAsync(keys[0]).AsTask()).Should().ThrowAsync<ReauthorizationRequiredException>();

        world.Refreshes.Should().Be(asked);
    }

    [Fact]
    [Trait("Rule", "FP-21")]
    public async Task A_user_who_left_while_no_other_is_active_is_told_after_a_day()
    {
        await using World world = await World.StartAsync();
        TokenKey[] keys = await world.ConnectManyAsync(2);
        world.Clock.Advance(TimeSpan.FromHours(2));
        world.Server.TokenEndpoint.FailAlways(WrongSecret, await world.RequestsOfAsync(keys[0]));
        for (int hour = 0; hour < 24; hour++)
        {
            (await world.RefusalAsync(keys[0])).Should().BeOfType<TokenTemporarilyUnavailableException>();
            world.Clock.Advance(TimeSpan.FromHours(1));
        }

        (await world.RefusalAsync(keys[0])).Should().BeOfType<ReauthorizationRequiredException>().Which.Reason.Should().Be(ReauthorizationReason.GrantRejected);
    }

    [Fact]
    [Trait("Rule", "FP-21")]
    public async Task One_connection_asked_again_and_again_makes_no_mass()
    {
        await using World world = await World.StartAsync();
        TokenKey[] keys = await world.ConnectManyAsync(3);
        world.Clock.Advance(TimeSpan.FromHours(2));
        world.Server.TokenEndpoint.FailAlways(WrongSecret, await world.RequestsOfAsync(keys[0]));
        for (int i = 0; i < 20; i++)
        {
            await world.TryGetAsync(keys[0]);
            world.Clock.Advance(TimeSpan.FromMinutes(5));
        }

        await world.Tokens.GetAccessTokenAsync(keys[1]);
        world.Clock.Advance(TimeSpan.FromMinutes(6));
        (await world.RefusalAsync(keys[0])).Should().BeOfType<ReauthorizationRequiredException>();
    }

    /// <summary>Another process on the same store, deployed with a secret.</summary>
    private static ITokenManager Deployed(World world, string secret)
    {
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(world.Clock);
        services.AddSingleton<ITokenStore>(world.Store);
        services.AddTokenLifecycle().WithoutProtection().AddProvider(World.Provider, o =>
        {
            world.Server.Configure(o);
            o.ClientSecret = secret;
        });
        return services.BuildServiceProvider().Tokens();
    }
}
