using TokenLifecycle.Options;

namespace TokenLifecycle.Tests.Options;

/// <summary>One list for each kind of request: what settings may not add is refused, and what they add is sent.</summary>
[Trait("Rule", "FS-16")]
public sealed class ReservedParameterTests
{
    public static TheoryData<string, string> Reserved
    {
        get
        {
            var all = new TheoryData<string, string>();
            foreach (string name in ReservedParameters.OfAuthorization)
                all.Add(nameof(OAuthProviderOptions.AdditionalAuthorizationParameters), name);
            foreach (string name in ReservedParameters.OfToken)
                all.Add(nameof(OAuthProviderOptions.TokenParameters), name);
            foreach (string name in ReservedParameters.OfRefresh)
                all.Add(nameof(OAuthProviderOptions.RefreshParameters), name);
            foreach (string name in ReservedParameters.OfRevocation)
                all.Add(nameof(OAuthProviderOptions.RevocationParameters), name);
            foreach (string name in ReservedParameters.OfUserInfo)
                all.Add(nameof(OAuthProviderOptions.UserInfoParameters), name);
            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Reserved))]
    public void A_parameter_that_the_library_sends_is_refused_by_name(string setting, string name)
    {
        foreach (string written in (string[])[name, name.ToUpperInvariant()])
        {
            var options = new OAuthProviderOptions { ClientId = "app", ClientSecret = "x", AuthorizationEndpoint = "https://idp.example/authorize", TokenEndpoint = "https://idp.example/token" };
            var parameters = (IDictionary<string, string>)typeof(OAuthProviderOptions).GetProperty(setting)!.GetValue(options)!;
            parameters[written] = "evil";

            new OAuthProviderOptionsValidator().Validate("acme", options).Failures.Should().ContainSingle(failure => failure.Contains($"{setting} holds \"{written}\"", StringComparison.Ordinal));
        }
    }
}
