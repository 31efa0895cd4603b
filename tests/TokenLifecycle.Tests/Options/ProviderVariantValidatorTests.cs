using TokenLifecycle.Options;
using TokenLifecycle.TestKit;
using static TokenLifecycle.Tests.Options.ProviderSettings;

namespace TokenLifecycle.Tests.Options;

/// <summary>Settings for requests and responses that differ from the standards. What is wrong is said at start, with the remedy and without a value.</summary>
public sealed class ProviderVariantValidatorTests
{
    public static TheoryData<string, string> Reserved => new()
    {
        { nameof(OAuthProviderOptions.TokenParameters), "grant_type code code_verifier redirect_uri client_id client_secret client_assertion client_assertion_type Client_Id" },
        { nameof(OAuthProviderOptions.RefreshParameters), "grant_type refresh_token client_id client_secret client_assertion client_assertion_type" },
        { nameof(OAuthProviderOptions.RevocationParameters), "token token_type_hint client_id client_secret client_assertion client_assertion_type" },
        { nameof(OAuthProviderOptions.UserInfoParameters), "access_token" },
    };

    public static TheoryData<string, Action<OAuthProviderOptions>, string> OneProblem => new()
    {
        { "placeholder", o => o.TokenParameters["audience"] = "{tenant}", "TokenParameters holds {tenant} in \"audience\", for which no value is set. Add \"tenant\" to Placeholders" },
        { "account id elsewhere", o => o.RefreshParameters["x"] = "{AccountId}", "RefreshParameters holds {AccountId} in \"x\", for which no value is set" },
        { "null value", o => o.RefreshParameters["x"] = null!, "RefreshParameters holds no value for \"x\"" },
        { "no name", o => o.RevocationParameters[" "] = "x", "RevocationParameters holds a parameter without a name" },
        { "new name is sent too", NewNameTwice, "TokenParameters holds \"client_key\". Leave it out" },
        { "scope of client credentials", ScopeOfClientCredentials, "TokenParameters holds \"scope\"" },
        { "unknown parameter", o => o.ParameterNames["state"] = "s", "ParameterNames has the key \"state\", which is not a parameter of the library. Use one of client_id," },
        { "unknown request", o => o.ParameterNames["refreshing.scope"] = "s", "ParameterNames has the key \"refreshing.scope\"" },
        { "omitted code", o => o.ParameterNames["token.code"] = "", "ParameterNames omits \"token.code\", without which the provider can't answer" },
        { "token in callback", o => o.ResponseType = "code token", "ResponseType is empty or asks for a token in the callback" },
        { "no code parameter", o => o.CallbackCodeParameter = "", "CallbackCodeParameter is empty" },
        { "no refresh grant type", o => o.RefreshGrantType = " ", "RefreshGrantType is empty" },
        { "redirect name", o => o.RedirectUriName = "a\nb", "RedirectUriName holds a line break" },
        { "empty JSON", o => o.UserInfoFormat = UserInfoRequestFormat.Json, "UserInfoParameters is empty, but UserInfoFormat is Json" },
        { "root in an array", o => o.TokenRoot = "data[*]", "TokenRoot holds a bracket" },
        { "bound token", o => o.AcceptedTokenTypes = ["DPoP"], "AcceptedTokenTypes holds \"DPoP\", but such a token must be sent with a proof of possession" },
        { "empty type", o => o.AcceptedTokenTypes = [""], "AcceptedTokenTypes holds an empty type. Set TokenTypeRequired to false" },
        { "empty alias", o => o.ScopeAliases["read"] = "", "ScopeAliases holds an empty name" },
        { "no expiry member", o => o.RefreshTokenExpiresAtField = "", "RefreshTokenExpiresAtField is empty" },
        { "host with port", o => o.AllowHttpHosts = ["keycloak:8080"], "AllowHttpHosts has as entry 0 what is not the name of one host" },
        { "any host", o => o.AllowHttpHosts = ["keycloak", "*"], "AllowHttpHosts has as entry 1 what is not the name of one host" },
        { "another host", o => (o.AllowHttpHosts, o.TokenEndpoint) = (["keycloak"], "http://keycloak.example.com/token"), "TokenEndpoint is not an absolute https:// address" },
        { "API", o => (o.AllowHttpHosts, o.ApiOrigins) = (["api"], ["http://api"]), "ApiOrigins has as entry 0 what is not an https:// origin" },
        { "colon", o => (o.ClientAuthentication, o.ClientId) = (ClientAuthenticationMethod.BasicUnencoded, "a:b"), "ClientAuthentication is BasicUnencoded, but ClientId holds a colon" },
        { "secret for refresh", o => (o.ClientAuthentication, o.RefreshAuthentication, o.ClientSecret) = (ClientAuthenticationMethod.None, ClientAuthenticationMethod.Basic, null), "ClientSecret is not set" },
        { "undefined unit", o => o.ExpiresInUnit = (LifetimeUnit)7, "ExpiresInUnit is 7, which has no meaning. Choose one of Seconds, Milliseconds" },
        { "undefined method", o => o.RevocationMethod = (RevocationMethod)7, "RevocationMethod is 7" },
        { "undefined refresh format", o => o.RefreshFormat = (TokenRequestFormat)7, "RefreshFormat is 7" },
    };

    [Theory]
    [MemberData(nameof(Reserved))]
    [Trait("Rule", "XP-2")]
    public void A_parameter_that_the_library_sends_itself_is_refused_by_its_key(string setting, string names)
    {
        foreach (string name in names.Split(' '))
        {
            ProblemsAfter(o => ParametersOf(o, setting)[name] = Canary.New("value"))
                .Should().ContainSingle(name).Which.Should().Contain($"{setting} holds \"{name}\". Leave it out: the ");
        }
    }

    [Theory]
    [MemberData(nameof(OneProblem))]
    [Trait("Rule", "XP-3")]
    public void Each_wrong_variant_is_named_with_what_to_do(string what, Action<OAuthProviderOptions> change, string message) =>
        ProblemsAfter(change).Should().ContainSingle(what).Which.Should().StartWith("OAuth provider \"acme\": " + message);

    [Fact]
    public void What_is_unusual_but_right_passes()
    {
        ProblemsAfter(o =>
        {
            o.AuthorizationEndpoint = "https://app.example.com/#/oauth/authorize";
            o.RefreshEndpoint = "https://graph.example.com/refresh";
            o.PreviousTokenEndpointOrigins = ["https://login.example.com"];
            o.RevocationEndpoint = "https://login.example.com/{AccountId}/permissions";
            o.TokenParameters["scope"] = "read";
            o.TokenParameters["claims"] = """{"id_token":{"acr":null}}""";
            o.RevocationParameters["user"] = "{AccountId}";
            o.UserInfoParameters["query"] = "{me{id}}";
            o.ParameterNames["grant_type"] = "";
            o.TokenParameters["grant_type"] = "custom";
            o.AcceptedTokenTypes = ["User Access Token"];
            o.AllowHttpHosts = ["keycloak", "10.1.2.3"];
            o.UserInfoEndpoint = "http://Keycloak:8080/realms/acme/userinfo";
        }).Should().BeEmpty();
        ProblemsAfter(o => (o.ClientAuthentication, o.ClientSecret) = (ClientAuthenticationMethod.BasicWithoutSecret, null)).Should().BeEmpty();
    }

    [Fact]
    [Trait("Rule", "XP-4")]
    public void Values_of_parameters_are_not_printed()
    {
        OAuthProviderOptions o = Valid();
        o.TokenParameters["k"] = o.RefreshParameters["k"] = o.RevocationParameters["k"] = o.UserInfoParameters["k"] = Canary.New("value");

        Resolved(o).ToString().Should().NotContain(Canary.Mark);
    }

    private static IDictionary<string, string> ParametersOf(OAuthProviderOptions o, string setting) => setting switch
    {
        nameof(o.TokenParameters) => o.TokenParameters,
        nameof(o.RefreshParameters) => o.RefreshParameters,
        nameof(o.RevocationParameters) => o.RevocationParameters,
        _ => o.UserInfoParameters,
    };

    private static void NewNameTwice(OAuthProviderOptions o)
    {
        o.ParameterNames["client_id"] = "client_key";
        o.TokenParameters["client_key"] = "x";
    }

    private static void ScopeOfClientCredentials(OAuthProviderOptions o)
    {
        o.GrantType = OAuthGrantType.ClientCredentials;
        o.TokenParameters["scope"] = "x";
    }
}
