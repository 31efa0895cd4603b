using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TokenLifecycle.Options;
using TokenLifecycle.Protocol;
using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.DependencyInjection;

/// <summary>The mistakes of a first hour, made in a real host. Each is met by the line that mends it.</summary>
public sealed class NewcomerTests
{
    private readonly LogRecorder _log = new();

    [Theory]
    [InlineData("Production")]
    [InlineData("Development")]
    public async Task A_forgotten_store_is_said_with_the_lines_to_choose_from(string environment)
    {
        using IHost host = HostOf(services => services.AddTokenLifecycle().AddStrava(Client), environment);

        await host.StartAsync();

        _log.Lines.Should().ContainSingle(line => line.Level == LogLevel.Warning).Which.Text.Should().ContainAll(
            "every user has to connect again",
            ".UseEntityFrameworkStore<AppDbContext>()",
            ".UseFileStore(\"tokens\").ProtectWithKeyFile(\"keys.json\", createIfMissing: true)",
            ".UseStore<InMemoryTokenStore>()");
    }

    public static TheoryData<string, Action<TokenLifecycleBuilder>> Meant => new()
    {
        { "memory, said aloud", tokens => tokens.AddStrava(Client).UseStore<InMemoryTokenStore>() },
        { "no user's grant to lose", tokens => tokens.AddProvider("machine", o => (o.ClientId, o.ClientSecret, o.TokenEndpoint, o.GrantType) = ("app", Canary.New("secret"), "https://id.example.com/token", OAuthGrantType.ClientCredentials)) },
        { "nothing to keep", _ => { } },
    };

    [Theory]
    [MemberData(nameof(Meant))]
    public async Task Who_means_to_keep_connections_in_memory_is_not_warned(string because, Action<TokenLifecycleBuilder> configure)
    {
        using IHost host = HostOf(services => configure(services.AddTokenLifecycle()));

        await host.StartAsync();

        _log.Lines.Should().NotContain(line => line.Level >= LogLevel.Warning, because);
    }

    public static TheoryData<string, Action<OAuthProviderOptions>> Weak => new()
    {
        { "Pkce is Plain", o => o.Pkce = PkceMode.Plain },
        { "a request format is Query", o => o.RefreshFormat = TokenRequestFormat.Query },
        { "TokenEndpoint is an http:// address of a host in AllowHttpHosts", o => (o.AllowHttpHosts, o.TokenEndpoint) = (["keycloak"], "http://keycloak:8080/token") },
    };

    [Theory]
    [MemberData(nameof(Weak))]
    [Trait("Rule", "FP-10")]
    public async Task A_setting_that_protects_less_is_allowed_with_a_warning(string said, Action<OAuthProviderOptions> configure)
    {
        using IHost host = HostOf(services => services.AddTokenLifecycle().AddStrava(Client).AddProvider("acme", o =>
        {
            (o.ClientId, o.ClientSecret, o.AuthorizationEndpoint, o.TokenEndpoint) = ("app", Canary.New("secret"), "https://id.example.com/authorize", "https://id.example.com/token");
            configure(o);
        }).UseStore<InMemoryTokenStore>());

        await host.StartAsync();

        _log.Lines.Should().ContainSingle(line => line.Level == LogLevel.Warning).Which.Text.Should().Contain("\"acme\": " + said).And.NotContain(Canary.Mark);
    }

    [Fact]
    public async Task A_file_store_without_protection_is_refused_with_the_line_to_add()
    {
        using IHost host = HostOf(services => services.AddTokenLifecycle().AddStrava(Client).UseFileStore(Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("N"))));

        (await FailureOfAsync(host)).Should().Contain("Add .ProtectWithKeyFile(\"keys.json\", createIfMissing: true)").And.Contain("after AddTokenLifecycle()");
    }

    [Fact]
    public async Task A_missing_client_secret_is_named_by_its_whole_key_with_the_commands_that_set_it()
    {
        IConfiguration configuration = Configuration(("Providers:Strava:ClientId", "12345"));
        using IHost host = HostOf(services => services.AddTokenLifecycle().AddStrava(configuration.GetSection("Providers:Strava")));

        (await FailureOfAsync(host)).Should().ContainAll(
            "OAuth provider \"strava\": ClientSecret is not set.",
            "dotnet user-secrets set \"Providers:Strava:ClientSecret\" \"...\"",
            "(Providers__Strava__ClientSecret)",
            "\"Providers:Strava:ClientSecret\" in configuration, or o.ClientSecret in code.");
    }

    [Fact]
    public async Task A_client_secret_that_was_forgotten_in_code_is_met_with_the_line_that_reads_it()
    {
        using IHost host = HostOf(services => services.AddTokenLifecycle().AddStrava(o => o.ClientId = "12345"));

        (await FailureOfAsync(host)).Should().ContainAll("dotnet user-secrets set \"strava:ClientSecret\" \"...\"", "o.ClientSecret = builder.Configuration[\"strava:ClientSecret\"]");
    }

    [Theory]
    [InlineData("read activity:read")]
    [InlineData("read,activity:read")]
    public async Task Scopes_in_one_string_are_refused_with_the_way_to_write_them(string scopes)
    {
        IConfiguration configuration = Configuration(("Strava:ClientId", "12345"), ("Strava:ClientSecret", Canary.New("secret")), ("Strava:Scopes:0", scopes));
        using IHost host = HostOf(services => services.AddTokenLifecycle().AddStrava(configuration.GetSection("Strava")));

        (await FailureOfAsync(host)).Should().Contain(
            "Scopes has as entry 0 what is not one scope. Write each scope as a separate entry, without separators, as in [ \"read\", \"write\" ]; the library puts \",\" between them: \"Strava:Scopes\" in configuration");
    }

    [Fact]
    public async Task A_comma_within_a_scope_where_blanks_part_them_is_allowed_but_said()
    {
        using IHost host = HostOf(services => services.AddTokenLifecycle().UseStore<InMemoryTokenStore>().AddProvider("acme", o =>
        {
            Client(o);
            o.AuthorizationEndpoint = o.TokenEndpoint = "https://id.example.com";
            o.Scopes = ["profile", "read,write"];
        }));

        await host.StartAsync();

        _log.Lines.Should().ContainSingle(line => line.Level == LogLevel.Warning).Which.Text.Should().ContainAll(
            "\"acme\": entry 1 of Scopes", "\"Scopes\": [ \"read\", \"write\" ]", "o.ScopeSeparator = \",\"");
    }

    [Fact]
    public async Task A_redirect_address_over_http_is_refused_with_the_one_to_use()
    {
        using IHost host = HostOf(services => services.AddTokenLifecycle().AddStrava(Client));
        await host.StartAsync();
        var flow = host.Services.GetRequiredService<IAuthorizationCodeFlow>();

        flow.Invoking(f => f.CreateRequest("strava", new Uri("http://app.example.com/callback"))).Should().Throw<ArgumentException>()
            .WithMessage("*Use new Uri(\"https://app.example.com/callback\"), and register that with the provider*");
        flow.CreateRequest("strava", new Uri("http://localhost:5000/callback")).RedirectUri.Port.Should().Be(5000);
    }

    [Fact]
    public async Task A_call_without_a_user_is_met_with_the_three_ways_to_name_one()
    {
        using IHost host = HostOf(services =>
        {
            services.AddTokenLifecycle().AddStrava(Client);
            services.AddHttpClient("strava").AddTokenHandler("strava");
        });
        await host.StartAsync();

        (await RefusalOfAsync(host, "strava")).Should().ContainAll(
            "does not say whose", "request.ForUser(userId)", "using (TokenUser.BeginScope(userId)) { ... }", "AddTokenLifecycle().AddConnectionEndpoints() in a web app", "AddTokenLifecycle().UseCurrentUser(services => ...) elsewhere");
    }

    [Fact]
    public async Task A_client_of_a_misspelt_provider_is_said_on_start_not_with_the_first_call()
    {
        using IHost host = HostOf(services =>
        {
            services.AddTokenLifecycle().AddStrava(Client).UseStore<InMemoryTokenStore>();
            services.AddHttpClient("training").AddTokenHandler("Strava");
            services.AddHttpClient("right").AddTokenHandler("strava");
        });

        await host.StartAsync();

        _log.Lines.Should().ContainSingle(line => line.Level >= LogLevel.Warning).Which.Text.Should().ContainAll(
            "HTTP client \"training\"", "Registered: strava", "AddTokenHandler(\"Strava\")", "AddTokenLifecycle().AddProvider(\"Strava\", o => ...)");
    }

    [Fact]
    public void A_token_handler_without_the_library_says_what_to_add()
    {
        using IHost host = HostOf(services => services.AddHttpClient("strava").AddTokenHandler("strava"));

        host.Services.Invoking(services => services.GetRequiredService<IHttpClientFactory>().CreateClient("strava")).Should().Throw<InvalidOperationException>()
            .WithMessage("*add builder.Services.AddTokenLifecycle().AddProvider(\"strava\", o => ...)*before builder.Build()*");
    }

    private static void Client(OAuthProviderOptions o) => (o.ClientId, o.ClientSecret) = ("12345", Canary.New("secret"));

    private static IConfiguration Configuration(params (string Key, string Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value))).Build();

    private IHost HostOf(Action<IServiceCollection> configure, string environment = "Production")
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { EnvironmentName = environment });
        builder.Logging.ClearProviders().AddProvider(_log);
        builder.Services.AddCanaryLogging();
        configure(builder.Services);
        return builder.Build();
    }

    private static async Task<string> FailureOfAsync(IHost host)
    {
        Exception failure = await Assert.ThrowsAnyAsync<Exception>(() => host.StartAsync());
        failure.ToString().Should().NotContain(Canary.Mark);
        return failure.Message;
    }

    private static async Task<string> RefusalOfAsync(IHost host, string client)
    {
        using HttpClient http = host.Services.GetRequiredService<IHttpClientFactory>().CreateClient(client);
        return (await Assert.ThrowsAsync<ProviderConfigurationException>(() => http.GetAsync(new Uri("https://www.strava.com/api/v3/athlete")))).Message;
    }
}
