using System.Buffers.Text;
using System.Text;
using TokenLifecycle.Options;
using TokenLifecycle.Protocol;

namespace TokenLifecycle.Tests.Protocol;

/// <summary>An account is issuer and subject.</summary>
[Trait("Rule", "FS-3")]
public sealed class IssuerTemplateTests
{
    private const string Template = "https://login.example/{tid}/v2.0";

    [Theory]
    [InlineData("https://login.example/tenant-1/v2.0", "tenant-1", "tenant-1.me")]
    [InlineData("https://login.example/tenant-1/v2.0", "tenant-2", null)]
    [InlineData("https://login.example/tenant-1/v2.0/", "tenant-1", null)]
    [InlineData("https://LOGIN.example/tenant-1/v2.0", "tenant-1", null)]
    [InlineData("https://login.example/a/../tenant-1/v2.0", "a/../tenant-1", null)]
    [InlineData("https://login.example//v2.0", "", null)]
    [InlineData("https://login.example/{tid}/v2.0", "{tid}", null)]
    [InlineData("https://login.example/tenant-1/v2.0", null, null)]
    public void An_issuer_of_many_tenants_is_the_template_with_the_tokens_own_tenant(string issuer, string? tenant, string? account)
    {
        string? read = IdTokenClaims.Read(Token(issuer, tenant), Options(Template), "oid", out string? problem);

        read.Should().Be(account);
        (problem is null).Should().Be(account is not null);
    }

    [Fact]
    public void Two_tenants_that_have_the_same_object_id_are_two_accounts()
    {
        string? one = IdTokenClaims.Read(Token("https://login.example/one/v2.0", "one"), Options(Template), "oid", out _);
        string? two = IdTokenClaims.Read(Token("https://login.example/two/v2.0", "two"), Options(Template), "oid", out _);

        (one, two).Should().Be(("one.me", "two.me"));
    }

    [Theory]
    [InlineData("https://login.example/one/v2.0", true)]
    [InlineData("https://login.example/one/two/v2.0", false)]
    [InlineData("https://login.example.evil/one/v2.0", false)]
    [InlineData("https://login.example/one/v2.0\n", false)]
    [InlineData("https://login.example/{tid}/v2.0", false)]
    public void A_callback_names_an_issuer_of_the_templates_form(string issuer, bool matches) => IssuerTemplate.Matches(Template, issuer).Should().Be(matches);

    [Fact]
    public void A_row_signs_in_only_while_the_same_issuer_proves_its_account()
    {
        OAuthProviderOptions now = Options("https://new.example");
        TokenSet row = new() { AccessToken = "at", AccountId = "1", SignInIssuer = "https://old.example" };

        SignInRules.IsVouchedFor(now, row).Should().BeFalse("subject 1 of another issuer is another person");
        SignInRules.IsVouchedFor(now, row with { SignInIssuer = "https://new.example" }).Should().BeTrue();
        SignInRules.IsVouchedFor(now, row with { SignInIssuer = null }).Should().BeFalse();
    }

    private static OAuthProviderOptions Options(string issuer) => new() { ClientId = "client", Issuer = issuer, AccountIdFrom = AccountIdSource.IdToken, AccountIdPath = "oid" };

    private static string Token(string issuer, string? tenant) =>
        $"{Part("""{"alg":"RS256"}""")}.{Part($$"""{"iss":"{{issuer}}","aud":"client","sub":"pairwise","oid":"me"{{(tenant is null ? "" : $",\"tid\":\"{tenant}\"")}}}""")}.c2ln";

    private static string Part(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
}
