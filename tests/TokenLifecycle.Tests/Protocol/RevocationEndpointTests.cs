using System.Text;
using TokenLifecycle.Options;
using TokenLifecycle.Protocol;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.Protocol;

public sealed class RevocationEndpointTests : IDisposable
{
    private readonly Wire _wire = new();
    private readonly TokenSet _tokens = new() { AccessToken = Canary.New("at"), RefreshToken = Canary.New("rt") };

    public void Dispose() => _wire.Dispose();

    [Fact]
    public async Task RV_2_The_refresh_token_is_revoked_with_hint_and_client_authentication()
    {
        await using var server = new RawServer(RawServer.Response(""));
        OAuthProviderOptions options = Wire.Provider(server.Origin);

        RevocationReply reply = await _wire.Revocation.RevokeAsync(options, _tokens, Wire.Patience);

        reply.Outcome.Should().Be(RevocationOutcome.Revoked);
        RawRequest request = server.Requests.Single();
        request.Line.Should().Be("POST /revoke HTTP/1.1");
        request.Form.Should().BeEquivalentTo(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["token"] = _tokens.RefreshToken!, ["token_type_hint"] = "refresh_token", ["client_id"] = "app", ["client_secret"] = options.ClientSecret!,
        });
    }

    [Theory]
    [InlineData(RevocationClientAuthentication.SameAsToken, ClientAuthenticationMethod.Basic, true, false)]
    [InlineData(RevocationClientAuthentication.Basic, ClientAuthenticationMethod.Body, true, false)]
    [InlineData(RevocationClientAuthentication.Body, ClientAuthenticationMethod.Basic, false, true)]
    [InlineData(RevocationClientAuthentication.Omit, ClientAuthenticationMethod.Basic, false, false)]
    public async Task RV_2_The_client_authenticates_at_revocation_in_its_own_way(RevocationClientAuthentication own, ClientAuthenticationMethod token, bool basic, bool body)
    {
        await using var server = new RawServer(RawServer.Response(""));
        OAuthProviderOptions options = Wire.Provider(server.Origin);
        (options.RevocationAuthentication, options.ClientAuthentication) = (own, token);

        await _wire.Revocation.RevokeAsync(options, _tokens, Wire.Patience);

        (server.Requests.Single()["Authorization"] is not null).Should().Be(basic);
        server.Requests.Single().Form.ContainsKey("client_secret").Should().Be(body);
    }

    [Fact]
    public async Task RV_2_The_access_token_is_presented_where_it_is_wanted_or_all_there_is()
    {
        await using var server = new RawServer(RawServer.Response(""));
        OAuthProviderOptions options = Wire.Provider(server.Origin);
        options.RevocationTokenParameter = "access";
        await _wire.Revocation.RevokeAsync(options, new TokenSet { AccessToken = _tokens.AccessToken }, Wire.Patience);
        options.TokenToRevoke = TokenToRevoke.AccessToken;
        await _wire.Revocation.RevokeAsync(options, _tokens, Wire.Patience);

        foreach (RawRequest request in server.Requests)
            request.Form.Should().Contain("access", _tokens.AccessToken).And.Contain("token_type_hint", "access_token");
        server.Requests.Should().HaveCount(2);
    }

    [Theory]
    [InlineData(200, "", RevocationOutcome.Revoked, false)]
    [InlineData(204, "", RevocationOutcome.Revoked, false)]
    [InlineData(400, """{"error":"invalid_token"}""", RevocationOutcome.Revoked, false)]
    [InlineData(400, """{"error":"unsupported_token_type"}""", RevocationOutcome.Failed, false)]
    [InlineData(401, """{"error":"invalid_client"}""", RevocationOutcome.Failed, false)]
    [InlineData(404, "<html>", RevocationOutcome.Failed, false)]
    [InlineData(302, "", RevocationOutcome.Failed, false)]
    [InlineData(429, "", RevocationOutcome.Failed, true)]
    [InlineData(500, "", RevocationOutcome.Failed, true)]
    [InlineData(503, "", RevocationOutcome.Failed, true)]
    public async Task RV_2_Every_answer_says_whether_the_grant_is_gone_and_whether_to_ask_again(int status, string body, RevocationOutcome outcome, bool retryable)
    {
        string answer = status == 204 ? "HTTP/1.1 204 No\r\nRetry-After: 9\r\n\r\n" : RawServer.Response(body, $"{status} X", headers: "Retry-After: 9\r\n");
        await using var server = new RawServer(answer);

        RevocationReply reply = await _wire.Revocation.RevokeAsync(Wire.Provider(server.Origin), _tokens, Wire.Patience);

        reply.Outcome.Should().Be(outcome);
        reply.Retryable.Should().Be(retryable);
        reply.HttpStatus.Should().Be(status);
        reply.RetryAfter.Should().Be(TimeSpan.FromSeconds(9));
        server.Requests.Should().ContainSingle();
    }

    [Fact]
    public async Task RV_2_An_unreachable_endpoint_is_a_failure_to_be_tried_again()
    {
        await using var server = new RawServer((_, _, _) => Task.FromResult(false));

        RevocationReply reply = await _wire.Revocation.RevokeAsync(Wire.Provider(server.Origin), _tokens, Wire.Patience);

        (reply.Outcome, reply.Retryable, reply.HttpStatus).Should().Be((RevocationOutcome.Failed, true, null));
    }

    [Fact]
    public async Task RV_2_No_revocation_endpoint_is_reported_and_not_hidden()
    {
        OAuthProviderOptions none = Answers.Provider();
        OAuthProviderOptions style = Wire.Provider("https://idp.example");
        style.Revocation = RevocationStyle.None;

        (await _wire.Revocation.RevokeAsync(none, _tokens, Wire.Patience)).Outcome.Should().Be(RevocationOutcome.NotSupported);
        (await _wire.Revocation.RevokeAsync(style, _tokens, Wire.Patience)).Outcome.Should().Be(RevocationOutcome.NotSupported);
    }

    [Fact]
    public async Task TE_1_A_revocation_without_tls_is_not_sent()
    {
        OAuthProviderOptions options = Wire.Provider("http://idp.example");

        (await _wire.Revocation.RevokeAsync(options, _tokens, Wire.Patience)).Outcome.Should().Be(RevocationOutcome.Failed);
    }

    [Theory]
    [InlineData(200, RevocationOutcome.Revoked)]
    [InlineData(204, RevocationOutcome.Revoked)]
    [InlineData(401, RevocationOutcome.Failed)]
    [InlineData(400, RevocationOutcome.Failed)]
    public async Task RV_2_A_bearer_post_presents_the_access_token_and_nothing_else(int status, RevocationOutcome outcome)
    {
        await using var server = new RawServer(status == 204 ? "HTTP/1.1 204 No\r\n\r\n" : RawServer.Response("""{"error":"invalid_token"}""", $"{status} X"));
        OAuthProviderOptions options = Wire.Provider(server.Origin);
        options.Revocation = RevocationStyle.BearerToken;
        options.ClientAuthentication = ClientAuthenticationMethod.Basic;

        RevocationReply reply = await _wire.Revocation.RevokeAsync(options, _tokens, Wire.Patience);

        reply.Outcome.Should().Be(outcome);
        RawRequest request = server.Requests.Single();
        request["Authorization"].Should().Be("Bearer " + _tokens.AccessToken);
        request.Body.Should().BeEmpty();
        request["Content-Length"].Should().Be("0");
    }

    [Fact]
    public async Task TE_5_A_bearer_post_on_a_closed_pooled_connection_is_made_once()
    {
        int seen = 0;
        await using var server = new RawServer(async (_, wire, stop) =>
        {
            if (Interlocked.Increment(ref seen) > 1)
                return false;
            await wire.WriteAsync(Encoding.UTF8.GetBytes(RawServer.Response("")), stop);
            return true;
        });
        OAuthProviderOptions options = Wire.Provider(server.Origin);
        options.Revocation = RevocationStyle.BearerToken;
        await _wire.Revocation.RevokeAsync(options, _tokens, Wire.Patience);

        RevocationReply reply = await _wire.Revocation.RevokeAsync(options, _tokens, Wire.Patience);

        reply.Outcome.Should().Be(RevocationOutcome.Failed);
        server.Requests.Should().HaveCount(2);
    }

    [Fact]
    public async Task LG_3_A_failed_revocation_tells_no_secret()
    {
        await using var server = new RawServer(RawServer.Response($$"""{"error":"{{_tokens.RefreshToken}}"}""", "400 X"));

        RevocationReply reply = await _wire.Revocation.RevokeAsync(Wire.Provider(server.Origin), _tokens, Wire.Patience);

        $"{reply.ErrorCode} {reply.Detail}".Should().NotContain(Canary.Mark);
    }
}
