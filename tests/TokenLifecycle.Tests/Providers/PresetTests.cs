using TokenLifecycle.Options;
using TokenLifecycle.Providers;
using TokenLifecycle.TestKit;
using TokenLifecycle.Tests.Options;

namespace TokenLifecycle.Tests.Providers;

/// <summary>The wire facts of reference/providers.md, pinned: whoever changes one changes it twice, and on purpose.</summary>
public sealed class PresetTests
{
    private static readonly Dictionary<string, string?> _client = new(StringComparer.Ordinal) { ["ClientId"] = "12345", ["ClientSecret"] = Canary.New("secret") };

    public static TheoryData<string, Action<OAuthProviderOptions>> Presets => new()
    {
        { StravaProvider.Name, StravaProvider.Configure },
        { TrainingPeaksProvider.Name, TrainingPeaksProvider.Configure },
        { GoogleProvider.Name, GoogleProvider.Configure },
    };

    [Theory]
    [MemberData(nameof(Presets))]
    public void A_preset_needs_nothing_but_the_client(string name, Action<OAuthProviderOptions> preset)
    {
        OAuthProviderOptions options = ProviderSettings.FromPreset(preset, _client);

        new OAuthProviderOptionsValidator().Validate(name, options).Failures.Should().BeNullOrEmpty();
    }

    [Theory]
    [MemberData(nameof(Presets))]
    public void Everything_in_a_preset_can_be_changed_in_configuration_and_then_in_code(string name, Action<OAuthProviderOptions> preset)
    {
        Dictionary<string, string?> configuration = new(_client, StringComparer.Ordinal)
        {
            ["TokenEndpoint"] = "https://proxy.example.com/token",
            ["Pkce"] = "S256",
            ["RefreshBefore"] = "00:07:00",
            ["AdditionalAuthorizationParameters:prompt"] = "select_account",
        };

        OAuthProviderOptions options = ProviderSettings.FromPreset(preset, configuration, o => o.RefreshBefore = TimeSpan.FromMinutes(8));

        options.TokenEndpoint.Should().Be("https://proxy.example.com/token", name);
        options.Pkce.Should().Be(PkceMode.S256);
        options.AdditionalAuthorizationParameters["prompt"].Should().Be("select_account");
        options.RefreshBefore.Should().Be(TimeSpan.FromMinutes(8));
    }

    [Theory]
    [MemberData(nameof(Presets))]
    public void Two_uses_of_a_preset_share_nothing_that_can_change(string name, Action<OAuthProviderOptions> preset)
    {
        OAuthProviderOptions one = ProviderSettings.FromPreset(preset, _client);
        OAuthProviderOptions two = ProviderSettings.FromPreset(preset, _client);

        one.ErrorRules[0].Kind = TokenErrorKind.Transient;
        one.ApiOrigins.Clear();
        one.Environments.Clear();

        two.ErrorRules[0].Kind.Should().NotBe(TokenErrorKind.Transient, name);
        two.ApiOrigins.Should().NotBeEmpty();
    }

    [Fact]
    public void Strava_is_as_documented()
    {
        OAuthProviderOptions o = ProviderSettings.FromPreset(StravaProvider.Configure, _client);

        o.AuthorizationEndpoint.Should().Be("https://www.strava.com/oauth/authorize");
        o.TokenEndpoint.Should().Be("https://www.strava.com/oauth/token");
        o.RevocationEndpoint.Should().Be("https://www.strava.com/oauth/revoke", "/oauth/deauthorize ends on 2027-06-01");
        o.Revocation.Should().Be(RevocationStyle.Rfc7009);
        o.RevocationAuthentication.Should().Be(RevocationClientAuthentication.Basic);
        o.TokenToRevoke.Should().Be(TokenToRevoke.RefreshToken);
        o.ClientAuthentication.Should().Be(ClientAuthenticationMethod.Body);
        o.ScopeSeparator.Should().Be(",");
        o.Scopes.Should().Equal("read");
        o.AdditionalAuthorizationParameters.Should().Equal(new Dictionary<string, string>(StringComparer.Ordinal) { ["approval_prompt"] = "auto" });
        o.Pkce.Should().Be(PkceMode.Off);
        o.ExpiresAtField.Should().Be("expires_at");
        o.MaximumRefreshBefore.Should().Be(TimeSpan.FromMinutes(60));
        o.Rotation.Should().Be(RefreshTokenRotation.MayRotate);
        o.RefreshTokenReusePeriod.Should().Be(TimeSpan.Zero);
        o.GrantedScopesFrom.Should().Equal(GrantedScopesSource.Callback, GrantedScopesSource.Reply);
        o.AccountIdFrom.Should().Be(AccountIdSource.Reply);
        o.AccountIdPath.Should().Be("athlete.id");
        o.ApiOrigins.Should().Equal("https://www.strava.com", "https://api-v3.strava.com");
        Rules(o).Should().Equal(
            "errors[*].code=exceeded RateLimited",
            "errors[*].resource=RefreshToken InvalidGrant",
            "errors[*].resource=AuthorizationCode InvalidCode",
            "errors[*].resource=Application InvalidClient");
        new Uri(StravaProvider.ApiBase, "athlete").AbsoluteUri.Should().Be("https://www.strava.com/api/v3/athlete");
    }

    [Theory]
    [InlineData(null, "")]
    [InlineData("production", "")]
    [InlineData("Sandbox", "sandbox.")]
    public void TrainingPeaks_is_as_documented_in_both_environments(string? environment, string host)
    {
        Dictionary<string, string?> configuration = new(_client, StringComparer.Ordinal);
        if (environment is not null)
            configuration["Environment"] = environment;
        OAuthProviderOptions o = ProviderSettings.FromPreset(TrainingPeaksProvider.Configure, configuration);

        o.AuthorizationEndpoint.Should().Be($"https://oauth.{host}trainingpeaks.com/OAuth/Authorize");
        o.TokenEndpoint.Should().Be($"https://oauth.{host}trainingpeaks.com/oauth/token");
        o.RevocationEndpoint.Should().Be($"https://oauth.{host}trainingpeaks.com/oauth/deauthorize");
        o.UserInfoEndpoint.Should().Be($"https://api.{host}trainingpeaks.com/v1/athlete/profile");
        o.ApiOrigins.Should().Equal($"https://api.{host}trainingpeaks.com");
        o.Revocation.Should().Be(RevocationStyle.BearerToken);
        o.ClientAuthentication.Should().Be(ClientAuthenticationMethod.Body);
        o.ScopeSeparator.Should().Be(" ");
        o.Scopes.Should().Equal("athlete:profile");
        o.AdditionalAuthorizationParameters.Should().BeEmpty();
        o.RequestHeaders["User-Agent"].Should().Be("12345/1.0");
        o.RequestHeaders["Accept"].Should().Be("application/json");
        o.Pkce.Should().Be(PkceMode.Off);
        o.RefreshBefore.Should().BeGreaterThanOrEqualTo(TimeSpan.FromSeconds(60)).And.BeLessThanOrEqualTo(TimeSpan.FromSeconds(120));
        o.Rotation.Should().Be(RefreshTokenRotation.MayRotate);
        o.GrantedScopesFrom.Should().BeEmpty("the reply tells");
        o.AccountIdFrom.Should().Be(AccountIdSource.UserInfo);
        o.AccountIdPath.Should().Be("Id");
        Rules(o).Should().Equal(
            "401 InvalidClient",
            "RefreshToken error=invalid_request PossiblyInvalidGrant",
            "RefreshToken 400 empty PossiblyInvalidGrant",
            "AuthorizationCode error=invalid_request InvalidCode");
    }

    [Fact]
    public void Google_is_as_documented()
    {
        OAuthProviderOptions o = ProviderSettings.FromPreset(GoogleProvider.Configure, _client);

        o.AuthorizationEndpoint.Should().Be("https://accounts.google.com/o/oauth2/v2/auth");
        o.TokenEndpoint.Should().Be("https://oauth2.googleapis.com/token");
        o.RevocationEndpoint.Should().Be("https://oauth2.googleapis.com/revoke");
        o.Issuer.Should().Be("https://accounts.google.com");
        o.Revocation.Should().Be(RevocationStyle.Rfc7009);
        o.RevocationAuthentication.Should().Be(RevocationClientAuthentication.Omit);
        o.ClientAuthentication.Should().Be(ClientAuthenticationMethod.Body);
        o.ScopeSeparator.Should().Be(" ");
        o.Scopes.Should().Equal("openid");
        o.AdditionalAuthorizationParameters.Should().BeEquivalentTo(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["access_type"] = "offline",
            ["prompt"] = "consent",
            ["include_granted_scopes"] = "true",
        });
        o.Pkce.Should().Be(PkceMode.S256);
        o.Rotation.Should().Be(RefreshTokenRotation.Static);
        o.KeepRefreshTokenOnReconnect.Should().BeTrue();
        o.RefreshTokenExpiresInField.Should().Be("refresh_token_expires_in");
        o.AccountIdFrom.Should().Be(AccountIdSource.IdToken);
        o.AccountIdPath.Should().Be("sub");
        o.ApiOrigins.Should().Contain("https://www.googleapis.com").And.OnlyContain(origin => origin.EndsWith(".googleapis.com", StringComparison.Ordinal));
        Rules(o).Should().Equal(
            "error_subtype=invalid_rapt InteractionRequired",
            "error_subtype=rapt_required InteractionRequired",
            "error=unauthorized_client InvalidClient",
            "error=deleted_client InvalidClient");
    }

    private static IEnumerable<string> Rules(OAuthProviderOptions options) => options.ErrorRules.Select(rule => string.Join(
        ' ',
        new[] { rule.Grant?.ToString(), rule.Status?.ToString(System.Globalization.CultureInfo.InvariantCulture), rule.Path is null ? null : $"{rule.Path}={rule.Value}", rule.EmptyBody ? "empty" : null, rule.Kind.ToString() }
            .Where(part => part is not null)));
}
