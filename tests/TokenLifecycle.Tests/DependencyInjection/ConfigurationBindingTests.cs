using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using TokenLifecycle.Options;
using TokenLifecycle.Providers;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.DependencyInjection;

/// <summary>Settings come through the binder that is generated into the library, so a property it cannot bind would be silently ignored.</summary>
public sealed class ConfigurationBindingTests
{
    private static readonly string _secret = Canary.New("secret");

    private static readonly Dictionary<string, string?> _everyProviderSetting = new(StringComparer.Ordinal)
    {
        ["ClientId"] = "client-1",
        ["ClientSecret"] = _secret,
        ["GrantType"] = "ClientCredentials",
        ["Scopes:0"] = "a",
        ["Scopes:1"] = "b",
        ["ScopeSeparator"] = ",",
        ["Environment"] = "test",
        ["Environments:test:AuthorizationEndpoint"] = "https://test.example.com/authorize",
        ["Environments:test:TokenEndpoint"] = "https://test.example.com/token",
        ["Environments:test:RevocationEndpoint"] = "https://test.example.com/revoke",
        ["Environments:test:UserInfoEndpoint"] = "https://test.example.com/me",
        ["Environments:test:ApiOrigins:0"] = "https://test-api.example.com",
        ["Placeholders:tenant"] = "blue",
        ["AuthorizationEndpoint"] = "https://{tenant}.example.com/authorize",
        ["TokenEndpoint"] = "https://{tenant}.example.com/token",
        ["RefreshEndpoint"] = "https://{tenant}.example.com/refresh",
        ["RevocationEndpoint"] = "https://{tenant}.example.com/revoke",
        ["UserInfoEndpoint"] = "https://{tenant}.example.com/me",
        ["Issuer"] = "https://{tenant}.example.com",
        ["ApiOrigins:0"] = "https://api.example.com",
        ["AllowHttpOnLoopback"] = "true",
        ["AdditionalAuthorizationParameters:prompt"] = "consent",
        ["Pkce"] = "Off",
        ["ClientAuthentication"] = "basic",
        ["RequestFormat"] = "Json",
        ["RequestHeaders:User-Agent"] = "{ClientId}/2",
        ["ExpiresInField"] = "ttl",
        ["ExpiresAtField"] = "until",
        ["RefreshTokenExpiresInField"] = "refresh_ttl",
        ["DefaultLifetime"] = "01:30:00",
        ["RefreshBefore"] = "00:02:00",
        ["MinimumRefreshBefore"] = "00:01:00",
        ["MaximumRefreshBefore"] = "00:03:00",
        ["Rotation"] = "EveryUse",
        ["RefreshTokenReusePeriod"] = "00:00:30",
        ["KeepRefreshTokenOnReconnect"] = "true",
        ["DisplayName"] = "Acme",
        ["IssuerInCallback"] = "true",
        ["RefreshTokenRequired"] = "false",
        ["RefreshTokenIdleLimit"] = "60.00:00:00",
        ["RefreshTokenAbsoluteLimit"] = "",
        ["MaxConcurrentRefreshes"] = "7",
        ["MaxRefreshesPerSecond"] = "2.5",
        ["ErrorRules:0:Grant"] = "RefreshToken",
        ["ErrorRules:0:Status"] = "418",
        ["ErrorRules:0:Path"] = "errors[*].code",
        ["ErrorRules:0:Value"] = "gone",
        ["ErrorRules:0:Kind"] = "RateLimited",
        ["ErrorRules:1:Status"] = "400",
        ["ErrorRules:1:EmptyBody"] = "true",
        ["ErrorRules:1:Kind"] = "PossiblyInvalidGrant",
        ["GrantedScopesFrom:0"] = "Callback",
        ["AccountIdFrom"] = "Reply",
        ["AccountIdPath"] = "user.id",
        ["CapturedFields:0"] = "instance_url",
        ["Revocation"] = "BearerToken",
        ["RevocationAuthentication"] = "Omit",
        ["TokenToRevoke"] = "AccessToken",
        ["RevocationTokenParameter"] = "t",
        ["PreviousTokenEndpointOrigins:0"] = "https://old.example.com",
        ["ReconnectPath"] = "/connections/acme",
        ["TokenParameters:audience"] = "{tenant}",
        ["RefreshParameters:redirect_uri"] = "https://{tenant}.example.com",
        ["RevocationParameters:account"] = "{AccountId}",
        ["UserInfoParameters:query"] = "{me{id}}",
        ["ParameterNames:client_id"] = "client_key",
        ["ParameterNames:token.redirect_uri"] = "",
        ["ResponseType"] = "auth_code",
        ["CallbackCodeParameter"] = "spapi_oauth_code",
        ["RedirectUriName"] = "",
        ["RefreshGrantType"] = "renew",
        ["RefreshCredential"] = "AccessToken",
        ["RefreshAuthentication"] = "BasicUnencoded",
        ["RefreshFormat"] = "Query",
        ["RevocationMethod"] = "Delete",
        ["RevocationFormat"] = "Json",
        ["UserInfoFormat"] = "Json",
        ["TokenRoot"] = "data",
        ["SuccessPath"] = "ok",
        ["SuccessValue"] = "yes",
        ["AcceptedTokenTypes:0"] = "user",
        ["TokenTypeRequired"] = "false",
        ["ExpiresInUnit"] = "Milliseconds",
        ["RefreshTokenExpiresAtField"] = "refresh_until",
        ["IdTokenCheck"] = "Optional",
        ["ScopeAliases:a"] = "https://a",
        ["UnreportedScopes:0"] = "b",
        ["AllowHttpHosts:0"] = "keycloak",
        ["UserInfoCapturedFields:0"] = "dc",
    };

    [Fact]
    public void Every_setting_of_a_provider_binds()
    {
        OAuthProviderOptions o = Bound(services => services.AddTokenLifecycle().AddProvider("acme", configuration: Section(_everyProviderSetting)), "acme");

        o.ClientId.Should().Be("client-1");
        (o.ClientSecret == _secret).Should().BeTrue();
        o.GrantType.Should().Be(OAuthGrantType.ClientCredentials);
        o.Scopes.Should().Equal("a", "b");
        o.ScopeSeparator.Should().Be(",");
        o.Environment.Should().Be("test");
        o.Environments["TEST"].Should().BeEquivalentTo(new ProviderEnvironment
        {
            AuthorizationEndpoint = "https://test.example.com/authorize",
            TokenEndpoint = "https://test.example.com/token",
            RevocationEndpoint = "https://test.example.com/revoke",
            UserInfoEndpoint = "https://test.example.com/me",
            ApiOrigins = { "https://test-api.example.com" },
        });
        o.Placeholders.Should().BeEquivalentTo(new Dictionary<string, string>(StringComparer.Ordinal) { ["tenant"] = "blue" });
        new[] { o.AuthorizationEndpoint, o.TokenEndpoint, o.RefreshEndpoint, o.RevocationEndpoint, o.UserInfoEndpoint, o.Issuer }.Should().Equal(
            "https://blue.example.com/authorize", "https://blue.example.com/token", "https://blue.example.com/refresh",
            "https://blue.example.com/revoke", "https://blue.example.com/me", "https://blue.example.com");
        o.ApiOrigins.Should().Equal("https://api.example.com");
        o.AllowHttpOnLoopback.Should().BeTrue();
        o.AdditionalAuthorizationParameters.Should().BeEquivalentTo(new Dictionary<string, string>(StringComparer.Ordinal) { ["prompt"] = "consent" });
        o.RequestHeaders.Should().BeEquivalentTo(new Dictionary<string, string>(StringComparer.Ordinal) { ["User-Agent"] = "client-1/2" });
        (o.Pkce, o.ClientAuthentication, o.RequestFormat).Should().Be((PkceMode.Off, ClientAuthenticationMethod.Basic, TokenRequestFormat.Json));
        (o.ExpiresInField, o.ExpiresAtField, o.RefreshTokenExpiresInField).Should().Be(("ttl", "until", "refresh_ttl"));
        new[] { o.DefaultLifetime, o.RefreshBefore, o.MinimumRefreshBefore, o.MaximumRefreshBefore, o.RefreshTokenReusePeriod }.Should().Equal(
            TimeSpan.FromMinutes(90), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(3), TimeSpan.FromSeconds(30));
        o.Rotation.Should().Be(RefreshTokenRotation.EveryUse);
        o.KeepRefreshTokenOnReconnect.Should().BeTrue();
        (o.DisplayName, o.IssuerInCallback, o.RefreshTokenRequired).Should().Be(("Acme", true, false));
        (o.RefreshTokenIdleLimit, o.RefreshTokenAbsoluteLimit, o.MaxConcurrentRefreshes, o.MaxRefreshesPerSecond).Should().Be((TimeSpan.FromDays(60), null, 7, 2.5));
        o.ErrorRules.Should().BeEquivalentTo(
            [
                new TokenErrorRule { Grant = OAuthGrantType.RefreshToken, Status = 418, Path = "errors[*].code", Value = "gone", Kind = TokenErrorKind.RateLimited },
                new TokenErrorRule { Status = 400, EmptyBody = true, Kind = TokenErrorKind.PossiblyInvalidGrant },
            ], compared => compared.WithStrictOrdering());
        o.GrantedScopesFrom.Should().Equal(GrantedScopesSource.Callback);
        (o.AccountIdFrom, o.AccountIdPath).Should().Be((AccountIdSource.Reply, "user.id"));
        o.CapturedFields.Should().Equal("instance_url");
        (o.Revocation, o.RevocationAuthentication, o.TokenToRevoke).Should().Be((RevocationStyle.BearerToken, RevocationClientAuthentication.Omit, TokenToRevoke.AccessToken));
        o.RevocationTokenParameter.Should().Be("t");
        o.PreviousTokenEndpointOrigins.Should().Equal("https://old.example.com");
        o.ReconnectPath.Should().Be("/connections/acme");
    }

    [Fact]
    [Trait("Rule", "XP-3")]
    public void Every_variant_of_requests_and_responses_binds()
    {
        OAuthProviderOptions o = Bound(services => services.AddTokenLifecycle().AddProvider("acme", configuration: Section(_everyProviderSetting)), "acme");

        (o.TokenParameters["audience"], o.RefreshParameters["redirect_uri"], o.RevocationParameters["account"], o.UserInfoParameters["query"])
            .Should().Be(("blue", "https://blue.example.com", "{AccountId}", "{me{id}}"));
        o.ParameterNames.Should().BeEquivalentTo(new Dictionary<string, string>(StringComparer.Ordinal) { ["client_id"] = "client_key", ["token.redirect_uri"] = "" });
        (o.ResponseType, o.CallbackCodeParameter, o.RedirectUriName, o.RefreshGrantType).Should().Be(("auth_code", "spapi_oauth_code", null, "renew"));
        (o.RefreshCredential, o.RefreshAuthentication, o.RefreshFormat).Should().Be((RefreshCredential.AccessToken, ClientAuthenticationMethod.BasicUnencoded, TokenRequestFormat.Query));
        (o.RevocationMethod, o.RevocationFormat, o.UserInfoFormat).Should().Be((RevocationMethod.Delete, TokenRequestFormat.Json, UserInfoRequestFormat.Json));
        (o.TokenRoot, o.SuccessPath, o.SuccessValue, o.TokenTypeRequired, o.ExpiresInUnit).Should().Be(("data", "ok", "yes", false, LifetimeUnit.Milliseconds));
        (o.RefreshTokenExpiresAtField, o.IdTokenCheck, o.ScopeAliases["a"]).Should().Be(("refresh_until", IdTokenCheck.Optional, "https://a"));
        o.AcceptedTokenTypes.Should().Equal("user");
        o.UnreportedScopes.Should().Equal("b");
        o.AllowHttpHosts.Should().Equal("keycloak");
        o.UserInfoCapturedFields.Should().Equal("dc");
    }

    [Theory]
    [InlineData(typeof(OAuthProviderOptions), "")]
    [InlineData(typeof(ProviderEnvironment), "Environments:test:")]
    [InlineData(typeof(TokenErrorRule), "ErrorRules:0:", "ErrorRules:1:")]
    public void No_setting_is_left_out_of_the_test_above(Type type, params string[] prefixes)
    {
        string[] properties = [.. type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite).Select(property => property.Name)];

        properties.Should().AllSatisfy(property => _everyProviderSetting.Keys.Should().Contain(
            key => prefixes.Any(prefix => key == prefix + property || key.StartsWith($"{prefix}{property}:", StringComparison.Ordinal))));
    }

    [Fact]
    public void Every_setting_for_all_providers_binds()
    {
        var settings = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["RefreshBefore"] = "00:06:00",
            ["MinimumValidity"] = "00:00:40",
            ["CheckStoreOnStart"] = "Warn",
            ["CacheDuration"] = "00:00:50",
            ["MaxCachedConnections"] = "5000",
            ["TokenEndpointTimeout"] = "00:00:07",
            ["SaveTimeout"] = "00:00:08",
            ["LeaseDuration"] = "00:01:30",
            ["TakeoverWatch"] = "00:00:12",
            ["ObserverTimeout"] = "00:00:13",
            ["WhenReauthorizationRequired"] = "FailFast",
            ["LogUserIds"] = "true",
            ["ReconnectRatioThreshold"] = "0.25",
        };
        typeof(TokenLifecycleOptions).GetProperties().Select(property => property.Name).Should().BeEquivalentTo(settings.Keys);

        using ServiceProvider services = Build(all => all.AddTokenLifecycle(configuration: Section(settings)));

        services.GetRequiredService<IOptions<TokenLifecycleOptions>>().Value.Should().BeEquivalentTo(new TokenLifecycleOptions
        {
            RefreshBefore = TimeSpan.FromMinutes(6),
            MinimumValidity = TimeSpan.FromSeconds(40),
            CacheDuration = TimeSpan.FromSeconds(50),
            MaxCachedConnections = 5000,
            TokenEndpointTimeout = TimeSpan.FromSeconds(7),
            SaveTimeout = TimeSpan.FromSeconds(8),
            LeaseDuration = TimeSpan.FromSeconds(90),
            TakeoverWatch = TimeSpan.FromSeconds(12),
            ObserverTimeout = TimeSpan.FromSeconds(13),
            WhenReauthorizationRequired = ReauthorizationPolicy.FailFast,
            CheckStoreOnStart = StoreCheckMode.Warn,
            LogUserIds = true,
            ReconnectRatioThreshold = 0.25,
        });
    }

    [Fact]
    public void Configuration_is_stronger_than_the_preset_and_code_stronger_than_configuration()
    {
        IConfiguration section = Section(new(StringComparer.Ordinal)
        {
            ["ClientId"] = "from-configuration",
            ["ClientSecret"] = _secret,
            ["AdditionalAuthorizationParameters:approval_prompt"] = "force",
            ["MaximumRefreshBefore"] = "00:20:00",
            ["ReconnectPath"] = "/from-configuration",
            ["Scopes:0"] = "activity:read",
            ["ErrorRules:0:Status"] = "418",
            ["ErrorRules:0:Kind"] = "Transient",
        });

        OAuthProviderOptions o = Bound(services => services.AddTokenLifecycle().AddStrava(section, code => code.ReconnectPath = "/from-code"), StravaProvider.Name);

        o.ClientId.Should().Be("from-configuration");
        o.AdditionalAuthorizationParameters.Should().BeEquivalentTo(new Dictionary<string, string>(StringComparer.Ordinal) { ["approval_prompt"] = "force" });
        o.MaximumRefreshBefore.Should().Be(TimeSpan.FromMinutes(20));
        o.ReconnectPath.Should().Be("/from-code");
        o.Scopes.Should().Equal(["activity:read"], "naming any replaces those of the preset");
        o.ErrorRules[0].Status.Should().Be(418, "the app's own rules come first");
        o.ErrorRules.Should().HaveCount(5);
        o.TokenEndpoint.Should().Be("https://www.strava.com/oauth/token", "what nobody changes is the preset's");
        o.ApiOrigins.Should().Equal("https://www.strava.com", "https://api-v3.strava.com");
    }

    [Fact]
    public void One_address_of_a_presets_environment_can_be_changed_alone()
    {
        IConfiguration section = Section(new(StringComparer.Ordinal)
        {
            ["ClientId"] = "client-1",
            ["ClientSecret"] = _secret,
            ["Environment"] = "Sandbox",
            ["Environments:sandbox:TokenEndpoint"] = "https://proxy.example.com/token",
        });

        OAuthProviderOptions o = Bound(services => services.AddTokenLifecycle().AddTrainingPeaks(section), TrainingPeaksProvider.Name);

        o.TokenEndpoint.Should().Be("https://proxy.example.com/token");
        o.AuthorizationEndpoint.Should().Be("https://oauth.sandbox.trainingpeaks.com/OAuth/Authorize");
        o.ApiOrigins.Should().Equal("https://api.sandbox.trainingpeaks.com");
    }

    [Fact]
    public void Two_providers_of_one_preset_share_nothing()
    {
        using ServiceProvider services = Build(all => all.AddTokenLifecycle()
            .AddStrava(o => (o.ClientId, o.ClientSecret) = ("one", _secret))
            .AddStrava(o => (o.ClientId, o.ClientSecret, o.Scopes) = ("two", _secret, ["read_all"]), "strava-two"));
        var monitor = services.GetRequiredService<IOptionsMonitor<OAuthProviderOptions>>();

        monitor.Get("strava").Scopes.Should().Equal("read");
        monitor.Get("strava-two").Scopes.Should().Equal("read_all");
        monitor.Get("strava").ErrorRules.Should().NotBeSameAs(monitor.Get("strava-two").ErrorRules).And.HaveCount(4);
    }

    private static IConfigurationSection Section(Dictionary<string, string?> settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create("Here:" + setting.Key, setting.Value)))
        .Build()
        .GetSection("Here");

    private static ServiceProvider Build(Action<IServiceCollection> configure)
    {
        var services = new ServiceCollection();
        services.AddCanaryLogging();
        configure(services);
        return services.BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true, ValidateOnBuild = true });
    }

    private static OAuthProviderOptions Bound(Action<IServiceCollection> configure, string provider)
    {
        using ServiceProvider services = Build(configure);
        return services.GetRequiredService<IOptionsMonitor<OAuthProviderOptions>>().Get(provider);
    }
}
