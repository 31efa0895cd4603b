using TokenLifecycle.Options;
using static TokenLifecycle.Tests.Options.ProviderSettings;

namespace TokenLifecycle.Tests.Options;

public sealed class OAuthProviderOptionsResolverTests
{
    [Fact]
    public void An_environment_fills_what_is_not_set()
    {
        OAuthProviderOptions options = Resolved(WithSandbox());

        options.TokenEndpoint.Should().Be("https://own.example.com/token", "it is set");
        options.AuthorizationEndpoint.Should().Be("https://sandbox.example.com/authorize");
        options.RevocationEndpoint.Should().Be("https://sandbox.example.com/revoke");
        options.UserInfoEndpoint.Should().Be("https://sandbox.example.com/me");
        options.ApiOrigins.Should().Equal("https://api.sandbox.example.com");
    }

    [Fact]
    public void Origins_of_the_app_replace_those_of_the_environment()
    {
        OAuthProviderOptions options = WithSandbox();
        options.ApiOrigins = ["https://proxy.example.com"];

        Resolved(options).ApiOrigins.Should().Equal("https://proxy.example.com");
        options.Environments["sandbox"].ApiOrigins.Should().Equal("https://api.sandbox.example.com");
    }

    [Fact]
    public void I4_Placeholders_are_replaced_and_cannot_bring_new_parts_of_an_address()
    {
        OAuthProviderOptions options = new()
        {
            ClientId = "my app",
            TokenEndpoint = "https://login.example.com/{tenant}/token?client={ClientId}",
            AuthorizationEndpoint = "https://{shop}.example.com/authorize",
            ApiOrigins = ["https://{shop}.example.com"],
            RequestHeaders = { ["User-Agent"] = "{ClientId}/1.0" },
            Placeholders = { ["tenant"] = "common", ["shop"] = "evil.test/?a=" },
        };

        Resolved(options);

        options.TokenEndpoint.Should().Be("https://login.example.com/common/token?client=my%20app");
        options.AuthorizationEndpoint.Should().Be("https://evil.test%2F%3Fa%3D.example.com/authorize");
        options.RequestHeaders["user-agent"].Should().Be("my app/1.0");
        Problems(options).Should().Contain(problem => problem.Contains("ApiOrigins has as entry 0", StringComparison.Ordinal));
    }

    [Fact]
    public void A_placeholder_with_an_empty_value_is_not_replaced()
    {
        ProblemsAfter(o => (o.TokenEndpoint, o.Placeholders) = ("https://login.example.com/{tenant}/token", new Dictionary<string, string>(StringComparer.Ordinal) { ["tenant"] = "" }))
            .Should().ContainSingle().Which.Should().Contain("holds {tenant}, for which no value is set");
    }

    [Fact]
    public void Nulls_from_a_configuration_file_are_taken_as_empty()
    {
        ProblemsAfter(o =>
        {
            (o.Scopes, o.ApiOrigins, o.ErrorRules, o.GrantedScopesFrom, o.CapturedFields, o.PreviousTokenEndpointOrigins) = (null!, null!, null!, null!, null!, null!);
            (o.Environments, o.Placeholders, o.AdditionalAuthorizationParameters, o.RequestHeaders) = (null!, null!, null!, null!);
            o.ScopeSeparator = null!;
        }).Should().BeEmpty();
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("Production", false)]
    [InlineData("Development", true)]
    public void Http_on_loopback_follows_the_host_unless_set(string? environment, bool expected)
    {
        Resolved(Valid(), environment).AllowHttpOnLoopback.Should().Be(expected);
        OAuthProviderOptions set = Valid();
        set.AllowHttpOnLoopback = !expected;
        Resolved(set, environment).AllowHttpOnLoopback.Should().Be(!expected);
    }

    [Fact]
    public void Rules_of_the_app_come_before_those_of_the_preset_and_lists_it_names_replace_the_presets()
    {
        OAuthProviderOptions options = FromPreset(
            Preset,
            new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["Scopes:0"] = "mine",
                ["ApiOrigins:0"] = "https://mine.example.com",
                ["GrantedScopesFrom:0"] = "Reply",
                ["ErrorRules:0:Status"] = "418",
                ["ErrorRules:0:Kind"] = "Transient",
            },
            o => o.ErrorRules.Add(new TokenErrorRule { Status = 419 }));

        options.Scopes.Should().Equal("mine");
        options.ApiOrigins.Should().Equal("https://mine.example.com");
        options.GrantedScopesFrom.Should().Equal(GrantedScopesSource.Reply);
        options.ErrorRules.Select(rule => rule.Status).Should().Equal(418, 419, 420);
        options.ErrorRules[0].Kind.Should().Be(TokenErrorKind.Transient);
    }

    [Fact]
    public void Lists_that_the_app_does_not_name_are_the_presets()
    {
        OAuthProviderOptions options = FromPreset(Preset);

        options.Scopes.Should().Equal("theirs");
        options.ApiOrigins.Should().Equal("https://theirs.example.com");
        options.GrantedScopesFrom.Should().Equal(GrantedScopesSource.Callback);
        options.ErrorRules.Should().ContainSingle();
    }

    private static void Preset(OAuthProviderOptions o) => o.Preset = new PresetLists
    {
        Scopes = ["theirs"],
        ApiOrigins = ["https://theirs.example.com"],
        GrantedScopesFrom = [GrantedScopesSource.Callback],
        ErrorRules = [new TokenErrorRule { Status = 420 }],
    };

    private static OAuthProviderOptions WithSandbox() => new()
    {
        Environment = "SANDBOX",
        TokenEndpoint = "https://own.example.com/token",
        AuthorizationEndpoint = "",
        Environments =
        {
            ["sandbox"] = new ProviderEnvironment
            {
                AuthorizationEndpoint = "https://sandbox.example.com/authorize",
                TokenEndpoint = "https://sandbox.example.com/token",
                RevocationEndpoint = "https://sandbox.example.com/revoke",
                UserInfoEndpoint = "https://sandbox.example.com/me",
                ApiOrigins = ["https://api.sandbox.example.com"],
            },
        },
    };
}
