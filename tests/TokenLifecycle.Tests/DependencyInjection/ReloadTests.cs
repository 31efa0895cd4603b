using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using TokenLifecycle.Options;
using TokenLifecycle.TestKit;
using TokenLifecycle.Tests.Http;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.DependencyInjection;

public sealed class ReloadTests
{
    [Fact]
    public async Task C8_A_corrected_secret_is_used_at_once_without_a_restart_and_no_user_does_anything()
    {
        IConfigurationRoot settings = Settings(("ClientSecret", Canary.New("wrong")));
        await using World world = await StartAsync(settings);
        await world.ConnectExpiredAsync();
        Func<Task> getting = async () => await world.Tokens.GetAccessTokenAsync(world.Key);
        (await getting.Should().ThrowAsync<ProviderConfigurationException>()).Which.Reason.Should().Be(ProviderConfigurationReason.ClientRejected);

        settings["ClientSecret"] = world.Server.ClientSecret;
        settings.Reload();

        AccessToken token = await world.Tokens.GetAccessTokenAsync(world.Key);
        world.Server.IsLive(token.Value).Should().BeTrue();
        world.Refreshes.Should().Be(2);
    }

    [Fact]
    public async Task An_origin_that_is_taken_away_is_refused_by_handlers_that_exist_already()
    {
        IConfigurationRoot settings = Settings();
        await using World world = await StartAsync(settings);
        settings["ClientSecret"] = world.Server.ClientSecret;
        settings["ApiOrigins:0"] = world.Server.Address.GetLeftPart(UriPartial.Authority);
        settings.Reload();
        await world.ConnectAsync();
        ApiClient api = world.Api();
        (await (await api.SendAsync(world.Request())).UserAsync()).Should().Be(world.User.Name);

        settings["ApiOrigins:0"] = "https://api.example.com";
        settings.Reload();

        Func<Task> sending = () => api.SendAsync(world.Request());
        await sending.RefusedAsync(ProviderConfigurationReason.OriginNotAllowed);
        world.ApiRequests().Should().ContainSingle();
    }

    /// <summary>An app may put a cache of its own in the place of ours, or a monitor: then nothing tells whether its options were touched.</summary>
    [Theory]
    [InlineData("ours")]
    [InlineData("its own cache")]
    [InlineData("its own monitor")]
    public async Task AT_2_An_origin_that_is_taken_away_is_refused_though_nobody_was_told_of_the_change(string cache)
    {
        IConfigurationRoot settings = Settings();
        await using World world = await StartAsync(settings, all =>
        {
            if (cache == "its own cache")
                all.AddSingleton<IOptionsMonitorCache<OAuthProviderOptions>, OptionsCache<OAuthProviderOptions>>();
            if (cache == "its own monitor")
                all.AddSingleton<IOptionsMonitor<OAuthProviderOptions>, OptionsMonitor<OAuthProviderOptions>>();
        });
        settings["ClientSecret"] = world.Server.ClientSecret;
        settings["ApiOrigins:0"] = world.Server.Address.GetLeftPart(UriPartial.Authority);
        settings.Reload();
        await world.ConnectAsync();
        ApiClient api = world.Api();
        await api.SendAsync(world.Request());

        // As an app does whose settings come from elsewhere than a configuration: no reload, no change token.
        settings["ApiOrigins:0"] = "https://api.example.com";
        IOptionsMonitorCache<OAuthProviderOptions> options = world.Services.GetRequiredService<IOptionsMonitorCache<OAuthProviderOptions>>();
        options.TryRemove(World.Provider);

        Func<Task> sending = () => api.SendAsync(world.Request());
        await sending.RefusedAsync(ProviderConfigurationReason.OriginNotAllowed);
        settings["ApiOrigins:0"] = world.Server.Address.GetLeftPart(UriPartial.Authority);
        options.Clear();
        await api.SendAsync(world.Request());
        settings["ApiOrigins:0"] = "https://api.example.com";
        OAuthProviderOptions narrowed = world.Services.GetRequiredService<IOptionsFactory<OAuthProviderOptions>>().Create(World.Provider);
        options.TryRemove(World.Provider);
        options.TryAdd(World.Provider, narrowed);
        await sending.RefusedAsync(ProviderConfigurationReason.OriginNotAllowed);
        world.ApiRequests().Should().HaveCount(2);
    }

    [Fact]
    public async Task The_expiry_buffer_follows_the_configuration()
    {
        IConfigurationRoot settings = Settings();
        await using World world = await StartAsync(settings);
        settings["ClientSecret"] = world.Server.ClientSecret;
        settings.Reload();
        await world.ConnectAsync();

        // With a buffer of at most half an hour nothing is due after ten minutes; a second user connects under one of a minute.
        settings["RefreshBefore"] = "00:01:00";
        settings.Reload();
        TokenKey bob = new(World.Provider, "bob");
        await world.ConnectAsync(bob, world.Server.AddUser("bob"));

        DateTimeOffset? early = (await world.Tokens.GetStatusAsync(world.Key)).NextAttemptAt;
        DateTimeOffset? late = (await world.Tokens.GetStatusAsync(bob)).NextAttemptAt;
        DateTimeOffset end = world.Clock.GetUtcNow() + TimeSpan.FromHours(1);
        (end - early).Should().BeGreaterThanOrEqualTo(TimeSpan.FromMinutes(2.5));
        (end - late).Should().BeLessThanOrEqualTo(TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task Law7_A_reload_with_a_mistake_takes_a_token_from_nobody_and_a_second_reload_mends_it()
    {
        IConfigurationRoot settings = Settings();
        await using World world = await StartAsync(settings);
        settings["ClientSecret"] = world.Server.ClientSecret;
        settings.Reload();
        await world.ConnectAsync();
        await world.Tokens.GetAccessTokenAsync(world.Key);

        settings["TokenEndpoint"] = "not an address";
        settings.Reload();

        world.Clock.Advance(TimeSpan.FromHours(2));
        AccessToken token = await world.Tokens.GetAccessTokenAsync(world.Key);
        world.Server.IsLive(token.Value).Should().BeTrue("the last valid settings stay in force");
        settings["TokenEndpoint"] = world.Server.TokenEndpoint.Address.AbsoluteUri;
        settings.Reload();
        world.Clock.Advance(TimeSpan.FromHours(2));
        world.Server.IsLive((await world.Tokens.GetAccessTokenAsync(world.Key)).Value).Should().BeTrue();
    }

    private static IConfigurationRoot Settings(params (string Key, string Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value))).Build();

    private static Task<World> StartAsync(IConfiguration settings, Action<IServiceCollection>? services = null) => HttpWorld.StartAsync(
        provider: o =>
        {
            o.ClientSecret = settings["ClientSecret"] ?? "not set yet";
            if (settings["ApiOrigins:0"] is not null)
                o.ApiOrigins = [];
        },
        services: all =>
        {
            all.AddTokenLifecycle().AddProvider(World.Provider, configuration: settings);
            services?.Invoke(all);
        });
}
