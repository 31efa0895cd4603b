using System.Text;
using TokenLifecycle.Options;
using TokenLifecycle.Protocol;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.Protocol;

/// <summary>Gives bytes to the reader as if a provider had sent them. In bodies, <c>{at}</c> and <c>{rt}</c> stand for fresh canaries.</summary>
internal static class Answers
{
    public static readonly DateTimeOffset Start = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    public static OAuthProviderOptions Provider() => new()
    {
        ClientId = "app",
        ClientSecret = Canary.New("secret"),
        TokenEndpoint = "https://idp.example/token",
        AuthorizationEndpoint = "https://idp.example/authorize",
    };

    public static string Fill(string body) =>
        body.Replace("{at}", Canary.New("at"), StringComparison.Ordinal).Replace("{rt}", Canary.New("rt"), StringComparison.Ordinal);

    public static TokenReply Read(string body, int status = 200, string? type = "application/json", OAuthProviderOptions? options = null,
        OAuthGrantType grant = OAuthGrantType.RefreshToken, DateTimeOffset? date = null, string? sent = null) =>
        Read(Encoding.UTF8.GetBytes(Fill(body)), status, type, options, grant, date, sent);

    public static TokenReply Read(byte[] body, int status = 200, string? type = "application/json", OAuthProviderOptions? options = null,
        OAuthGrantType grant = OAuthGrantType.RefreshToken, DateTimeOffset? date = null, string? sent = null, BackChannelFault fault = BackChannelFault.None)
    {
        var request = new TokenRequest
        {
            Options = options ?? Provider(),
            Grant = grant,
            RequestedAt = Start,
            Issuer = "https://idp.example",
            Secrets = [sent ?? Canary.New("sent")],
        };
        var answer = new BackChannelReply
        {
            Fault = fault,
            Status = status,
            MediaType = type,
            Body = body,
            Date = date,
            Detail = fault == BackChannelFault.None ? null : "broken",
        };
        return TokenResponseReader.Read(request, answer);
    }

    public static void ShouldBeProtocolError(this TokenReply reply)
    {
        reply.Tokens.Should().BeNull();
        reply.Outcome.Should().Be(TokenOutcome.Unknown);
        reply.Failure.Should().Be(TokenFailureKind.ProtocolError);
        reply.Error.Should().BeNull();
        reply.Detail.Should().NotBeNullOrEmpty();
        reply.ShouldHoldNoSecret();
    }

    /// <summary>LG-3: what may be logged of a reply holds no canary.</summary>
    public static void ShouldHoldNoSecret(this TokenReply reply) =>
        $"{reply.Detail} {reply.ErrorCode} {reply.Tokens}".Should().NotContain(Canary.Mark);
}
