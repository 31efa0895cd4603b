using Microsoft.Extensions.Options;
using TokenLifecycle.Options;
using TokenLifecycle.TestKit;
using static TokenLifecycle.Tests.Options.ProviderSettings;

namespace TokenLifecycle.Tests.Options;

public sealed class OAuthProviderOptionsValidatorTests
{
    /// <summary>What is changed in a valid provider, and how the one message about it begins.</summary>
    public static TheoryData<string, Action<OAuthProviderOptions>, string> OneProblem => new()
    {
        { "no id", o => o.ClientId = "", "ClientId is not set" },
        { "null id", o => o.ClientId = null!, "ClientId is not set" },
        { "blank id", o => o.ClientId = "  ", "ClientId is not set" },
        { "line break in id", o => o.ClientId = "a\n", "ClientId holds a line break" },
        { "no secret", o => o.ClientSecret = null, "ClientSecret is not set" },
        { "blank secret", o => o.ClientSecret = " ", "ClientSecret is not set" },
        { "line break in secret", o => o.ClientSecret = Canary.New("secret") + "\r\n", "ClientSecret holds a line break" },
        { "client credentials of a public client", o => (o.GrantType, o.ClientAuthentication) = (OAuthGrantType.ClientCredentials, ClientAuthenticationMethod.None), "ClientAuthentication is None, but the client credentials grant" },
        { "revocation of a public client", PublicClientRevokingWithBasic, "ClientSecret is not set, but RevocationAuthentication is Basic" },
        { "no authorize", o => o.AuthorizationEndpoint = null, "AuthorizationEndpoint is not set" },
        { "no token", o => o.TokenEndpoint = " ".Trim(), "TokenEndpoint is not set" },
        { "relative", o => o.TokenEndpoint = "/token", "TokenEndpoint is not an absolute https:// address" },
        { "no scheme", o => o.TokenEndpoint = "login.example.com/token", "TokenEndpoint is not an absolute https:// address" },
        { "http", o => o.TokenEndpoint = "http://login.example.com/token", "TokenEndpoint is not an absolute https:// address" },
        { "http loopback outside development", o => o.TokenEndpoint = "http://localhost:5000/token", "TokenEndpoint is not an absolute https:// address (http:// is accepted for loopback only, in the Development" },
        { "ftp", o => o.RevocationEndpoint = "ftp://login.example.com/revoke", "RevocationEndpoint is not an absolute https:// address" },
        { "user info", o => o.TokenEndpoint = $"https://user:{Canary.New("pw")}@login.example.com/token", "TokenEndpoint holds a user name, password or fragment" },
        { "fragment", o => o.AuthorizationEndpoint = "https://login.example.com/authorize#top", "AuthorizationEndpoint holds a user name, password or fragment" },
        { "secret in query", o => o.TokenEndpoint = $"https://login.example.com/token?Client_Secret={Canary.New("s")}", "TokenEndpoint carries \"Client_Secret\" in its query" },
        { "reserved in query", o => o.AuthorizationEndpoint = "https://login.example.com/authorize?audience=x&state=1", "AuthorizationEndpoint carries \"state\" in its query" },
        { "placeholder", o => o.TokenEndpoint = "https://login.example.com/{tenant}/token", "TokenEndpoint holds {tenant}, for which no value is set. Add \"tenant\" to Placeholders" },
        { "open brace", o => o.TokenEndpoint = "https://login.example.com/{tenant/token", "TokenEndpoint holds {name}, for which no value is set" },
        { "refresh elsewhere", o => o.RefreshEndpoint = "https://other.example.com/refresh", "RefreshEndpoint has another origin than TokenEndpoint" },
        { "refresh on another port", o => o.RefreshEndpoint = "https://login.example.com:8443/refresh", "RefreshEndpoint has another origin than TokenEndpoint" },
        { "origin with path", o => o.ApiOrigins = ["https://api.example.com", "https://api.example.com/v1"], "ApiOrigins has as entry 1 what is not an https:// origin" },
        { "origin with query", o => o.ApiOrigins = ["https://api.example.com?a"], "ApiOrigins has as entry 0" },
        { "http origin", o => o.ApiOrigins = ["http://api.example.com"], "ApiOrigins has as entry 0" },
        { "any origin", o => o.ApiOrigins = ["https://*.example.com"], "ApiOrigins has as entry 0" },
        { "star", o => o.ApiOrigins = ["*"], "ApiOrigins has as entry 0" },
        { "null origin", o => o.ApiOrigins = [null!], "ApiOrigins has as entry 0" },
        { "former origin with path", o => o.PreviousTokenEndpointOrigins = ["https://old.example.com/token"], "PreviousTokenEndpointOrigins has as entry 0" },
        { "unknown environment", o => (o.Environment, o.Environments) = ("prod", Two()), "Environment is \"prod\", which is not among the provider's Environments. Choose one of production, sandbox" },
        { "environment without any", o => o.Environment = "prod", "Environment is \"prod\", which is not among the provider's Environments. This provider has no Environments" },
        { "reserved parameter", o => o.AdditionalAuthorizationParameters["State"] = "x", "AdditionalAuthorizationParameters holds \"State\"" },
        { "reconnect elsewhere", o => o.ReconnectPath = "//evil.example", "ReconnectPath is not a path of this app" },
        { "reconnect by backslash", o => o.ReconnectPath = "/\\evil.example", "ReconnectPath is not a path of this app" },
        { "reconnect by script", o => o.ReconnectPath = "javascript:alert(1)", "ReconnectPath is not a path of this app" },
        { "long separator", o => o.ScopeSeparator = ", ", "ScopeSeparator is not one space or punctuation mark" },
        { "letter as separator", o => o.ScopeSeparator = "x", "ScopeSeparator is not one space or punctuation mark" },
        { "two scopes in one", o => o.Scopes = ["read write"], "Scopes has as entry 0 what is not one scope" },
        { "two scopes by the separator", o => (o.Scopes, o.ScopeSeparator) = (["a", "read,write"], ","), "Scopes has as entry 1 what is not one scope" },
        { "empty scope", o => o.Scopes = [""], "Scopes has as entry 0 what is not one scope" },
        { "negative buffer", o => o.RefreshBefore = TimeSpan.FromSeconds(-1), "RefreshBefore is -00:00:01" },
        { "negative floor", o => o.MinimumRefreshBefore = TimeSpan.FromSeconds(-1), "MinimumRefreshBefore is -00:00:01" },
        { "endless grace", o => o.RefreshTokenReusePeriod = TimeSpan.MaxValue, "RefreshTokenReusePeriod is 10675199" },
        { "no lifetime", o => o.DefaultLifetime = TimeSpan.Zero, "DefaultLifetime is zero" },
        { "floor above ceiling", o => (o.MinimumRefreshBefore, o.MaximumRefreshBefore) = (TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(5)), "MinimumRefreshBefore is 00:10:00, more than MaximumRefreshBefore (00:05:00)" },
        { "no field", o => o.ExpiresInField = "", "ExpiresInField is empty" },
        { "empty captured field", o => o.CapturedFields = ["a", ""], "CapturedFields has an empty entry" },
        { "no revocation parameter", o => o.RevocationTokenParameter = "", "RevocationTokenParameter is empty" },
        { "no account path", o => o.AccountIdFrom = AccountIdSource.Reply, "AccountIdPath is not set, but AccountIdFrom is Reply" },
        { "no user info", o => (o.AccountIdFrom, o.AccountIdPath) = (AccountIdSource.UserInfo, "id"), "UserInfoEndpoint is not set" },
        { "no openid", o => (o.AccountIdFrom, o.AccountIdPath) = (AccountIdSource.IdToken, "sub"), "Scopes lacks openid" },
        { "rule without condition", o => o.ErrorRules = [new TokenErrorRule { Kind = TokenErrorKind.InvalidGrant }], "ErrorRules[0] has no condition" },
        { "rule for a grant alone", o => o.ErrorRules = [new TokenErrorRule { Grant = OAuthGrantType.RefreshToken }], "ErrorRules[0] has no condition" },
        { "no rule", o => o.ErrorRules = [null!], "ErrorRules[0] has no condition" },
        { "value without path", o => o.ErrorRules = [new TokenErrorRule { Status = 400, Value = "x" }], "ErrorRules[0].Value is set without a Path" },
        { "path in an empty body", o => o.ErrorRules = [new TokenErrorRule { Path = "error", EmptyBody = true }], "ErrorRules[0].EmptyBody contradicts Path" },
        { "impossible status", o => o.ErrorRules = [new TokenErrorRule { Status = 42 }], "ErrorRules[0].Status is 42" },
        { "unknown kind", o => o.ErrorRules = [new TokenErrorRule { Status = 400, Kind = (TokenErrorKind)99 }], "ErrorRules[0].Kind is 99" },
        { "unknown rotation", o => o.Rotation = (RefreshTokenRotation)99, "Rotation is 99, which has no meaning. Choose one of MayRotate, EveryUse, Static, None" },
        { "unknown authentication", o => o.ClientAuthentication = (ClientAuthenticationMethod)99, "ClientAuthentication is 99" },
        { "unknown scopes source", o => o.GrantedScopesFrom = [(GrantedScopesSource)99], "GrantedScopesFrom is 99" },
        { "bad header", o => o.RequestHeaders["X Y"] = "z", "RequestHeaders holds a header" },
        { "line break in header", o => o.RequestHeaders["X"] = $"z\r\nAuthorization: {Canary.New("at")}", "RequestHeaders holds a header" },
        { "authorization header", o => o.RequestHeaders["authorization"] = Canary.New("at"), "RequestHeaders holds Authorization" },
    };

    [Theory]
    [MemberData(nameof(OneProblem))]
    public void Each_wrong_setting_is_named_with_what_to_do(string what, Action<OAuthProviderOptions> change, string message)
    {
        IReadOnlyList<string> problems = ProblemsAfter(change);

        problems.Should().ContainSingle(what).Which.Should().StartWith($"OAuth provider \"acme\": {message}");
    }

    [Fact]
    public void A_message_names_the_configuration_key_and_the_property()
    {
        ProblemsAfter(o => o.ClientId = "").Should().Equal(
            "OAuth provider \"acme\": ClientId is not set. Set it to the client id that the provider gave to the app: "
            + "\"ClientId\" in the configuration section given to it, or o.ClientId in code.");
        ProblemsAfter(o => o.ErrorRules = [new TokenErrorRule { Status = 1 }]).Should().ContainSingle()
            .Which.Should().EndWith("\"ErrorRules:0:Status\" in the configuration section given to it, or o.ErrorRules[0].Status in code.");
    }

    [Fact]
    public void A_valid_provider_has_no_problem()
    {
        ProblemsAfter(static _ => { }).Should().BeEmpty();
    }

    [Fact]
    public void Everything_that_is_wrong_is_named_at_once()
    {
        Problems(new OAuthProviderOptions()).Should().HaveCount(4, "client id, client secret and two endpoints are missing");
    }

    [Fact]
    public void A_public_client_needs_no_secret()
    {
        ProblemsAfter(o => (o.ClientAuthentication, o.ClientSecret) = (ClientAuthenticationMethod.None, null)).Should().BeEmpty();
    }

    [Fact]
    public void Client_credentials_need_no_authorization_endpoint()
    {
        ProblemsAfter(o => (o.GrantType, o.AuthorizationEndpoint) = (OAuthGrantType.ClientCredentials, null)).Should().BeEmpty();
    }

    [Theory]
    [InlineData("http://localhost:5000/token", true)]
    [InlineData("http://127.0.0.1:5000/token", true)]
    [InlineData("http://[::1]:5000/token", true)]
    [InlineData("http://127.0.0.1.example.com/token", false)]
    [InlineData("http://login.example.com/token", false)]
    public void Http_is_accepted_for_loopback_in_development_only(string endpoint, bool isAccepted)
    {
        ProblemsAfter(o => o.TokenEndpoint = endpoint, "Development").Should().HaveCount(isAccepted ? 0 : 1);
        ProblemsAfter(o => o.TokenEndpoint = endpoint, "Production").Should().ContainSingle();
        ProblemsAfter(o => o.TokenEndpoint = endpoint).Should().ContainSingle();
        ProblemsAfter(o => (o.TokenEndpoint, o.AllowHttpOnLoopback) = (endpoint, false), "Development").Should().ContainSingle();
        ProblemsAfter(o => (o.TokenEndpoint, o.AllowHttpOnLoopback) = (endpoint, true)).Should().HaveCount(isAccepted ? 0 : 1);
    }

    [Theory]
    [InlineData("strava", true)]
    [InlineData("Acme-2_x.y", true)]
    [InlineData("", false)]
    [InlineData(null, false)]
    [InlineData("a b", false)]
    [InlineData("a/b", false)]
    [InlineData("ä", false)]
    [InlineData("a\n", false)]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345", false)]
    public void A_provider_name_fits_into_addresses_cookies_and_log_lines(string? name, bool isValid)
    {
        ValidateOptionsResult result = new OAuthProviderOptionsValidator().Validate(name, Resolved(Valid()));

        result.Succeeded.Should().Be(isValid);
        if (!isValid)
            result.FailureMessage.Should().Contain("The name of an OAuth provider has 1 to 64 characters").And.Contain("AddProvider");
    }

    private static void PublicClientRevokingWithBasic(OAuthProviderOptions o)
    {
        o.ClientAuthentication = ClientAuthenticationMethod.None;
        o.ClientSecret = null;
        o.RevocationEndpoint = "https://login.example.com/revoke";
        o.RevocationAuthentication = RevocationClientAuthentication.Basic;
    }

    private static Dictionary<string, ProviderEnvironment> Two() => new(StringComparer.OrdinalIgnoreCase)
    {
        ["sandbox"] = new ProviderEnvironment(),
        ["production"] = new ProviderEnvironment(),
    };
}
