using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TokenLifecycle.Options;
using TokenLifecycle.Testing;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.DependencyInjection;

/// <summary>Through a real host, as an app starts.</summary>
public sealed class StartTests
{
    [Fact]
    public async Task An_app_with_good_settings_starts_and_stops()
    {
        using IHost host = HostOf(services => services.AddTokenLifecycle().AddProvider("acme", Valid));

        await host.StartAsync();
        host.Services.GetRequiredService<ITokenManager>().Should().NotBeNull();
        await host.StopAsync();
    }

    public static TheoryData<string, string, string> Mistakes => new()
    {
        { "ClientId", "", "client id" },
        { "ClientSecret", "", "Keep it in user secrets" },
        { "TokenEndpoint", "", "provider's documentation" },
        { "TokenEndpoint", "http://login.example.com/token", "whole address" },
        { "TokenEndpoint", "https://{tenant}.example.com/token", "Placeholders" },
        { "AuthorizationEndpoint", "/authorize", "whole address" },
        { "RefreshEndpoint", "https://elsewhere.example.com/token", "same scheme, host and port" },
        { "ApiOrigins:0", "https://api.example.com/v1", "without a path" },
        { "Environment", "moon", "leave it empty" },
        { "ReconnectPath", "//evil.example", "/connections/strava" },
        { "AdditionalAuthorizationParameters:state", "x", "Leave it out" },
        { "Rotation", "17", "Choose one of" },
        { "DefaultLifetime", "-00:01:00", "zero or more" },
        { "AccountIdFrom", "UserInfo", "provider's documentation" },
        { "ErrorRules:0:Kind", "InvalidGrant", "Set Status, Path or EmptyBody" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public async Task A_wrong_setting_of_a_provider_stops_the_start_and_the_message_says_what_to_set_and_where(string key, string value, string remedy)
    {
        Dictionary<string, string?> settings = Settings();
        settings[key] = value;
        using IHost host = HostOf(services => services.AddTokenLifecycle().AddProvider("acme", configuration: Section(settings)));

        string message = await FailureOfAsync(host);

        string setting = key.Split(':')[0];
        message.Should().Contain("OAuth provider \"acme\"").And.Contain(setting == "AccountIdFrom" ? "UserInfoEndpoint" : setting).And.Contain(remedy).And.Contain("in code.");
    }

    [Theory]
    [InlineData("LeaseDuration", "00:00:30", "at least 00:01:00")]
    [InlineData("MinimumValidity", "00:10:00", "at most 00:05:00")]
    [InlineData("TokenEndpointTimeout", "00:00:00", "more than zero")]
    [InlineData("CacheDuration", "30.00:00:00", "at most 24 hours")]
    [InlineData("WhenReauthorizationRequired", "9", "ServeUntilExpiry, FailFast")]
    public async Task A_wrong_setting_for_all_stops_the_start_and_the_message_says_what_to_set_and_where(string key, string value, string remedy)
    {
        using IHost host = HostOf(services => services.AddTokenLifecycle(configuration: Section(new(StringComparer.Ordinal) { [key] = value })));

        string message = await FailureOfAsync(host);

        message.Should().Contain("TokenLifecycle: " + key).And.Contain(remedy).And.Contain($"o.{key} in code.");
    }

    [Fact]
    public async Task One_failed_start_names_every_mistake_of_every_provider()
    {
        using IHost host = HostOf(services => services.AddTokenLifecycle(o => o.LeaseDuration = TimeSpan.FromSeconds(1))
            .AddProvider("one", o => o.ClientSecret = Canary.New("secret"))
            .AddProvider("two", o =>
            {
                Valid(o);
                o.TokenEndpoint = "nowhere";
                o.ApiOrigins = ["nowhere"];
            }));

        string message = await FailureOfAsync(host);

        message.Should().ContainAll("\"one\": ClientId", "\"one\": TokenEndpoint", "\"two\": TokenEndpoint", "\"two\": ApiOrigins", "TokenLifecycle: LeaseDuration");
    }

    [Fact]
    public async Task A_secret_in_the_wrong_line_is_not_repeated()
    {
        string secret = Canary.New("secret");
        using IHost host = HostOf(services => services.AddTokenLifecycle().AddProvider("acme", o =>
        {
            Valid(o);
            o.TokenEndpoint = o.RevocationEndpoint = o.Issuer = secret;
            o.ApiOrigins = [$"https://{secret}@api.example.com"];
            o.Scopes = [secret + " x"];
            o.ReconnectPath = secret;
            o.ClientSecret = secret + "\n";
        }));

        (await FailureOfAsync(host)).Should().ContainAll("TokenEndpoint", "ApiOrigins", "Scopes", "ReconnectPath", "ClientSecret");
    }

    [Fact]
    public async Task A_preset_without_a_section_says_what_is_missing()
    {
        IConfiguration empty = new ConfigurationBuilder().Build();
        using IHost host = HostOf(services => services.AddTokenLifecycle().AddStrava(empty.GetSection("Strava")).AddTrainingPeaks(empty.GetSection("TP")).AddGoogle(empty.GetSection("Google")));

        (await FailureOfAsync(host)).Should().ContainAll("\"strava\": ClientId is not set", "\"trainingpeaks\": ClientSecret is not set", "\"google\": ClientId is not set");
    }

    [Theory]
    [InlineData("Development", true)]
    [InlineData("Production", false)]
    public async Task Plain_http_on_loopback_is_for_development(string environment, bool starts)
    {
        await using SimulatedAuthorizationServer server = await SimulatedAuthorizationServer.StartAsync(o => o.SecretMark = Canary.Mark);
        using IHost host = HostOf(
            services => services.AddTokenLifecycle().AddProvider("acme", o =>
            {
                server.Configure(o);
                o.AllowHttpOnLoopback = null;
            }), environment);
        Func<Task> starting = () => host.StartAsync();

        if (starts)
            await starting.Should().NotThrowAsync();
        else
            (await FailureOfAsync(host)).Should().Contain("http:// is accepted for loopback only, in the Development environment or with AllowHttpOnLoopback");
    }

    [Fact]
    public async Task At_run_time_an_unknown_provider_is_named_with_those_that_are_known()
    {
        using IHost host = HostOf(services => services.AddTokenLifecycle().AddProvider("beta", Valid).AddProvider("acme", Valid));
        var tokens = host.Services.GetRequiredService<ITokenManager>();
        Func<Task> getting = async () => await tokens.GetAccessTokenAsync(new TokenKey("ACME", "ada"));

        ProviderConfigurationException unknown = (await getting.Should().ThrowAsync<ProviderConfigurationException>()).Which;

        unknown.Reason.Should().Be(ProviderConfigurationReason.UnknownProvider);
        unknown.Message.Should().Contain("\"ACME\"").And.Contain("case-sensitive").And.Contain("Registered: acme, beta.").And.Contain("AddProvider(\"ACME\"");
    }

    private static Dictionary<string, string?> Settings() => new(StringComparer.Ordinal)
    {
        ["ClientId"] = "client-1",
        ["ClientSecret"] = Canary.New("secret"),
        ["AuthorizationEndpoint"] = "https://login.example.com/authorize",
        ["TokenEndpoint"] = "https://login.example.com/token",
    };

    private static void Valid(OAuthProviderOptions o) => Section(Settings()).Bind(o);

    private static IConfigurationSection Section(Dictionary<string, string?> settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create("Here:" + setting.Key, setting.Value)))
        .Build()
        .GetSection("Here");

    private static IHost HostOf(Action<IServiceCollection> configure, string environment = "Production")
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { EnvironmentName = environment });
        builder.ConfigureContainer(new DefaultServiceProviderFactory(new ServiceProviderOptions { ValidateScopes = true, ValidateOnBuild = true }));
        builder.Logging.ClearProviders();
        builder.Services.AddCanaryLogging();
        configure(builder.Services);
        return builder.Build();
    }

    private static async Task<string> FailureOfAsync(IHost host)
    {
        Exception failure = await Assert.ThrowsAnyAsync<Exception>(() => host.StartAsync());
        failure.ToString().Should().NotContain(Canary.Mark);
        return failure.ToString();
    }
}
