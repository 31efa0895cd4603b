using System.Text;
using TokenLifecycle.Protocol;
using TokenLifecycle.TestKit;
using static TokenLifecycle.Tests.Protocol.Answers;

namespace TokenLifecycle.Tests.Protocol;

public sealed class SalvageTests
{
    public static TheoryData<string, int, string> Broken => new()
    {
        { """{"access_token":5,"token_type":"Bearer","refresh_token":"{0}"}""", 200, "application/json" },
        { """{"access_token":"a,b","token_type":"Bearer","refresh_token":"{0}"}""", 200, "application/json" },
        { """{"refresh_token":"{0}"}""", 200, "application/json" },
        { """{"refresh_token":"{0}","access_token":"x","access_token":"y","token_type":"Bearer"}""", 200, "application/json" },
        { """{"refresh_token":"{0}","access_token":"x","token_type":"mac"}""", 200, "application/json" },
        { """{"refresh_token":"{0}","access_token":"x","token_type":"Bearer"}""", 202, "application/json" },
        { """{"refresh_token":"{0}","access_token":"x,","token_type":"Bearer"}""", 200, "text/html" },
        { "access_token=x%2C&token_type=bearer&refresh_token={0}", 200, "application/x-www-form-urlencoded" },
        { """{"refresh_token":"{0}","access_token":"x","token_type":"Bearer"} garbage""", 200, "application/json" },
        { """{"refresh_token":"{0}","access_token":"x","token_type":"Bearer","expires_in":01}""", 200, "application/json" },
        { """{"refresh_token":"{0}","access_token":"x","token_type":"Bea""", 200, "application/json" },
        { """{"refresh_token":"{0}" """, 200, "application/json" },
        { "\uFEFF" + """{"refresh_token":"{0}","access_token":"x,","token_type":"Bearer"}""", 200, "application/json" },
        { """{"\ud800":1,"refresh_token":"{0}","access_token":"x","token_type":"Bearer"}""", 200, "application/json" },
        { """{"x":{"refresh_token":"other"},"refresh\u005ftoken":"{0}","access_token":""}""", 200, "application/json" },
        { """{"error":"invalid_grant","refresh_token":"{0}"}""", 200, "application/json" },
        { """{"error":{},"access_token":"x","token_type":"Bearer","refresh_token":"{0}"}""", 200, "application/json" },
        { """{"scope":{},"access_token":"x","token_type":"Bearer","refresh_token":"{0}"}""", 200, "application/json" },
    };

    [Fact]
    [Trait("Rule", "B6")]
    public void A_refresh_token_that_a_truncated_form_holds_whole_is_salvaged()
    {
        string whole = Canary.New("rt");
        byte[] Body(string end) => Encoding.UTF8.GetBytes($"access_token={Canary.New("at")}&refresh_token={whole}{end}");

        Read(Body("&token_ty"), fault: BackChannelFault.NoAnswer).SalvagedRefreshToken.Should().Be(whole);
        Read(Body(""), fault: BackChannelFault.NoAnswer).SalvagedRefreshToken.Should().BeNull("more of it may have been on its way");
    }

    [Fact]
    public void An_error_beside_an_empty_root_of_the_tokens_is_read()
    {
        TokenLifecycle.Options.OAuthProviderOptions options = Provider();
        options.TokenRoot = "data";

        Read("""{"data":{},"error":"invalid_grant"}""", options: options).Error.Should().Be(TokenLifecycle.Options.TokenErrorKind.InvalidGrant);
    }

    [Theory]
    [MemberData(nameof(Broken))]
    public void B6_A_refresh_token_in_a_refused_2xx_is_salvaged(string body, int status, string type)
    {
        string refreshToken = Canary.New("rt");

        TokenReply reply = Read(body.Replace("{0}", refreshToken, StringComparison.Ordinal), status, type);

        reply.SalvagedRefreshToken.Should().Be(refreshToken);
        reply.ShouldBeProtocolError();
    }

    [Theory]
    [InlineData("""{"refresh_token":"{rt}""")]
    [InlineData("""{"x":{"refresh_token":"{rt}"}}""")]
    [InlineData("""[{"refresh_token":"{rt}"}]""")]
    [InlineData("""{"refresh_token":"{rt}\ud800"}""")]
    [InlineData("""{"refresh_token":"{rt}\n"}""")]
    [InlineData("""{"refresh_token":["{rt}"]}""")]
    [InlineData("""{"REFRESH_TOKEN":"{rt}"}""")]
    [InlineData("""refresh_token={rt}""")]
    public void B6_What_is_not_one_complete_usable_refresh_token_is_not_salvaged(string body)
    {
        TokenReply reply = Read(body);

        reply.SalvagedRefreshToken.Should().BeNull();
        reply.ShouldBeProtocolError();
    }

    [Theory]
    [InlineData(400)]
    [InlineData(500)]
    [InlineData(302)]
    public void B6_Only_a_2xx_can_have_issued_a_refresh_token(int status) =>
        Read("""{"refresh_token":"{rt}"}""", status).SalvagedRefreshToken.Should().BeNull();

    [Theory]
    [InlineData((int)BackChannelFault.NoAnswer)]
    [InlineData((int)BackChannelFault.Unreadable)]
    public void B6_A_torn_2xx_is_salvaged_too_although_what_came_is_valid(int fault)
    {
        string refreshToken = Canary.New("rt");
        byte[] body = Encoding.UTF8.GetBytes($$"""{"access_token":"x","token_type":"Bearer","refresh_token":"{{refreshToken}}"}""");

        TokenReply reply = Read(body, fault: (BackChannelFault)fault);

        reply.SalvagedRefreshToken.Should().Be(refreshToken);
        reply.ShouldBeProtocolError();
    }

    [Fact]
    public void B6_At_every_cut_the_refresh_token_is_found_whole_or_not_at_all()
    {
        string refreshToken = Canary.New("rt");
        byte[] body = Encoding.UTF8.GetBytes($$"""{"access_token":"x","refresh_token":"{{refreshToken}}","token_type":"Bearer"}""");
        int end = Encoding.UTF8.GetString(body).IndexOf(refreshToken, StringComparison.Ordinal) + refreshToken.Length + 1;

        for (int cut = 0; cut < body.Length; cut++)
            Read(body[..cut]).SalvagedRefreshToken.Should().Be(cut >= end ? refreshToken : null, "cut after {0} bytes", cut);
    }
}
