using FsCheck;
using FsCheck.Fluent;
using TokenLifecycle.Protocol;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.Protocol;

public sealed class AuthorizationResponseTests
{
    [Theory]
    [InlineData("https://app.example/callback?")]
    [InlineData("/callback?")]
    [InlineData("?")]
    [InlineData("")]
    public void A_callback_is_read_from_its_address_its_query_or_its_form(string before)
    {
        string code = Canary.New("code");

        AuthorizationResponse response = AuthorizationResponse.Parse($"{before}state=s%20t&code={code}&scope=read%2Cactivity%3Aread&iss=https%3A%2F%2Fidp.example&realmId=7#_=_");

        response.Code.Should().Be(code);
        response.State.Should().Be("s t");
        response.Scope.Should().Be("read,activity:read");
        response.Issuer.Should().Be("https://idp.example");
        response.Error.Should().BeNull();
        response.Parameters.Should().ContainSingle().Which.Should().Be(KeyValuePair.Create("realmId", "7"));
        response.ToString().Should().NotContain(Canary.Mark);
    }

    [Theory]
    [InlineData("a%2Fb", "a/b")]
    [InlineData("a%252Fb", "a%2Fb")]
    [InlineData("a+b", "a b")]
    [InlineData("a%2Bb", "a+b")]
    [InlineData("a%", "a%")]
    [InlineData("a=b?c", "a=b?c")]
    public void CB_8_A_code_is_decoded_exactly_once(string written, string code) =>
        AuthorizationResponse.Parse($"state=s&code={written}").Code.Should().Be(code);

    [Theory]
    [InlineData("code=a&code=b&state=s")]
    [InlineData("code=a&c%6Fde=b&state=s")]
    [InlineData("code=a&state=s&state=t")]
    [InlineData("code=a&state=s&iss=x&iss=x")]
    [InlineData("error=x&error=y&state=s")]
    [InlineData("scope=x&scope=y&state=s")]
    [InlineData("code=a&error=access_denied&state=s")]
    [InlineData("access_token=a&state=s")]
    [InlineData("code=a&id_token=a&state=s")]
    [InlineData("code=a&refresh_token=a&state=s")]
    public void CB_8_Repeated_contradicting_and_front_channel_parameters_are_refused(string query)
    {
        AuthorizationFailedException e = FluentActions.Invoking(() => AuthorizationResponse.Parse(query)).Should().Throw<AuthorizationFailedException>().Which;

        e.Kind.Should().Be(AuthorizationFailureKind.InvalidResponse);
        e.Provider.Should().BeNull();
    }

    [Fact]
    public void CB_8_Unknown_parameters_are_kept_aside_and_a_repeated_one_is_dropped()
    {
        AuthorizationResponse response = AuthorizationResponse.Parse("code=a&state=s&x=1&y=1&y=2&y=3&z");

        response.Parameters.Should().BeEquivalentTo(new Dictionary<string, string>(StringComparer.Ordinal) { ["x"] = "1", ["z"] = "" });
    }

    [Fact]
    public void DL_3_What_anyone_can_send_is_bounded()
    {
        FluentActions.Invoking(() => AuthorizationResponse.Parse("code=" + new string('a', 1_000_000))).Should().Throw<AuthorizationFailedException>();
        AuthorizationResponse.Parse("code=a&" + string.Join('&', Enumerable.Range(0, 1000).Select(i => $"k{i}=1"))).Parameters.Should().HaveCount(64);
    }

    [Theory]
    [InlineData("access_denied", "access_denied")]
    [InlineData("%0D%0ASet-Cookie%3A+x%1B%5B31m", "Set-Cookie:x31m")]
    [InlineData("%3Cscript%3Ealert(1)%3C%2Fscript%3E", "scriptalert1script")]
    [InlineData("%0D%0A", "error")]
    [InlineData("", "error")]
    public void CB_7_LG_4_An_error_is_cleaned_and_never_lost(string written, string error) =>
        AuthorizationResponse.Parse($"state=s&error={written}&error_description=%3Cb%3E&error_uri=javascript%3A1").Error.Should().Be(error);

    [Fact]
    public void CB_7_LG_4_An_error_is_capped() => AuthorizationResponse.Parse("state=s&error=" + new string('x', 10_000)).Error.Should().HaveLength(64);

    [Fact]
    public void DL_3_No_text_makes_it_throw_anything_but_its_own_exception() =>
        Prop.ForAll(ArbMap.Default.ArbFor<string>(), text =>
        {
            try
            {
                AuthorizationResponse.Parse("code=a&state=" + text);
                return true;
            }
            catch (AuthorizationFailedException)
            {
                return true;
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
}
