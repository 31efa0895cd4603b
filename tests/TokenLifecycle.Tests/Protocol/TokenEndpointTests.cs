using System.Text;
using System.Text.Json;
using TokenLifecycle.Options;
using TokenLifecycle.Protocol;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.Protocol;

public sealed class TokenEndpointTests : IDisposable
{
    private readonly Wire _wire = new();

    public void Dispose() => _wire.Dispose();

    [Fact]
    public async Task TE_1_RF_13_A_refresh_is_one_form_post_without_scope_and_with_nothing_secret_in_its_address()
    {
        await using var server = new RawServer(RawServer.Response(Wire.Success()));
        OAuthProviderOptions options = Wire.Provider(server.Origin);
        options.Scopes.Add("admin");
        string refreshToken = Canary.New("rt") + "!/+%&= x";

        TokenReply reply = await _wire.Tokens.RefreshAsync(options, refreshToken, Wire.Patience);

        reply.IsSuccess.Should().BeTrue(reply.Detail);
        reply.Tokens!.Issuer.Should().Be(server.Origin);
        RawRequest request = server.Requests.Should().ContainSingle().Which;
        request.Line.Should().Be("POST /token HTTP/1.1");
        request["Content-Type"].Should().Be("application/x-www-form-urlencoded");
        request["Accept"].Should().Be("application/json");
        request.Form.Should().BeEquivalentTo(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["grant_type"] = "refresh_token", ["refresh_token"] = refreshToken, ["client_id"] = "app", ["client_secret"] = options.ClientSecret!,
        });
        request.Headers.Select(h => h.Key).Should().BeEquivalentTo("Host", "Accept", "Accept-Encoding", "Content-Type", "Content-Length");
    }

    [Theory]
    [InlineData("http://idp.example/token")]
    [InlineData("http://localhost./token")]
    [InlineData("http://10.0.0.1/token")]
    [InlineData("ftp://127.0.0.1/token")]
    [InlineData("https://user:pw@idp.example/token")]
    [InlineData("/token")]
    [InlineData("")]
    [InlineData(null)]
    public async Task TE_1_Nothing_is_sent_to_an_address_without_tls(string? address)
    {
        OAuthProviderOptions options = Answers.Provider();
        options.TokenEndpoint = address;
        options.AllowHttpOnLoopback = true;

        TokenReply reply = await _wire.Tokens.RefreshAsync(options, Canary.New("rt"), Wire.Patience);

        reply.Outcome.Should().Be(TokenOutcome.NotSent);
        reply.Error.Should().Be(TokenErrorKind.InvalidClient);
    }

    [Fact]
    public async Task TE_1_Http_on_loopback_is_refused_where_it_is_not_allowed()
    {
        await using var server = new RawServer(RawServer.Response(Wire.Success()));
        OAuthProviderOptions options = Wire.Provider(server.Origin);
        options.AllowHttpOnLoopback = false;

        (await _wire.Tokens.RefreshAsync(options, Canary.New("rt"), Wire.Patience)).Outcome.Should().Be(TokenOutcome.NotSent);

        server.Connections.Should().Be(0);
    }

    [Theory]
    [InlineData("app", "s")]
    [InlineData("a:+% é", ":+% é&=")]
    [InlineData("https://client.example/?a=b", "~'()*!")]
    public async Task TE_2_Basic_encodes_id_and_secret_first_and_is_the_only_authentication(string id, string secret)
    {
        await using var server = new RawServer(RawServer.Response(Wire.Success()));
        OAuthProviderOptions options = Wire.Provider(server.Origin);
        (options.ClientId, options.ClientSecret, options.ClientAuthentication) = (id, secret, ClientAuthenticationMethod.Basic);
        options.RequestHeaders["Authorization"] = "Basic eDp5";

        await _wire.Tokens.RefreshAsync(options, Canary.New("rt"), Wire.Patience);

        RawRequest request = server.Requests.Single();
        string[] pair = Encoding.ASCII.GetString(Convert.FromBase64String(request["Authorization"]!["Basic ".Length..])).Split(':');
        pair.Select(System.Net.WebUtility.UrlDecode).Should().Equal(id, secret);
        pair.Should().NotContain(p => p.Contains(' '));
        request.Form.Keys.Should().NotContain(["client_id", "client_secret"]);
    }

    [Fact]
    public async Task TE_2_A_public_client_sends_its_id_only()
    {
        await using var server = new RawServer(RawServer.Response(Wire.Success()));
        OAuthProviderOptions options = Wire.Provider(server.Origin);
        options.ClientAuthentication = ClientAuthenticationMethod.None;

        await _wire.Tokens.RefreshAsync(options, Canary.New("rt"), Wire.Patience);

        server.Requests.Single()["Authorization"].Should().BeNull();
        server.Requests.Single().Form.Should().ContainKey("client_id").And.NotContainKey("client_secret");
    }

    [Fact]
    public async Task B13_A_rejected_client_authentication_is_not_tried_in_another_way()
    {
        await using var server = new RawServer(RawServer.Response("""{"error":"invalid_client"}""", "401 Unauthorized", headers: "WWW-Authenticate: Basic realm=x\r\n"));

        TokenReply reply = await _wire.RefreshAsync(server.Origin);

        reply.Error.Should().Be(TokenErrorKind.InvalidClient);
        server.Requests.Should().ContainSingle();
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(303)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task TE_3_A_redirect_is_an_error_and_the_second_host_sees_nothing(int status)
    {
        await using var second = new RawServer(RawServer.Response(Wire.Success()));
        await using var first = new RawServer(RawServer.Response("", $"{status} Moved", headers: $"Location: {second.Origin}/x?code={Canary.New("code")}\r\n"));

        TokenReply reply = await _wire.RefreshAsync(first.Origin);

        reply.Outcome.Should().Be(TokenOutcome.Refused);
        reply.Error.Should().Be(TokenErrorKind.Transient);
        reply.Failure.Should().Be(TokenFailureKind.ProtocolError);
        reply.HttpStatus.Should().Be(status);
        reply.Detail.Should().Contain(second.Origin);
        reply.ShouldHoldNoSecret();
        first.Requests.Should().ContainSingle();
        second.Connections.Should().Be(0);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(429)]
    [InlineData(408)]
    public async Task TE_5_B13_An_error_answer_is_not_repeated(int status)
    {
        await using var server = new RawServer(RawServer.Response("", $"{status} Trouble", headers: "Retry-After: 7\r\n"));

        TokenReply reply = await _wire.RefreshAsync(server.Origin);

        reply.RetryAfter.Should().Be(TimeSpan.FromSeconds(7));
        server.Requests.Should().ContainSingle();
    }

    [Fact]
    [Trait("Rule", "TE-11")]
    public async Task TE_5_F23_A_connection_closed_after_the_request_is_unknown_and_the_post_was_made_once()
    {
        int seen = 0;
        await using var server = new RawServer(async (_, wire, stop) =>
        {
            if (Interlocked.Increment(ref seen) > 1)
                return false;
            await wire.WriteAsync(Encoding.UTF8.GetBytes(RawServer.Response(Wire.Success())), stop);
            return true;
        });
        (await _wire.RefreshAsync(server.Origin)).IsSuccess.Should().BeTrue();

        // On a reused connection the framework itself re-sends what it thinks is safe: a request without a body.
        TokenReply reply = await _wire.RefreshAsync(server.Origin);

        reply.Outcome.Should().Be(TokenOutcome.Unknown);
        reply.Failure.Should().Be(TokenFailureKind.NoAnswer);
        server.Requests.Should().HaveCount(2);
    }

    [Fact]
    public async Task TE_5_A_code_is_sent_at_most_once_even_through_a_handler_that_retries()
    {
        await using var server = new RawServer(RawServer.Response("", "503 Trouble"));
        using var wire = new Wire(new RetryingHandler(BackChannel.CreateHandler()));

        TokenReply reply = await wire.RefreshAsync(server.Origin);

        reply.IsSuccess.Should().BeFalse();
        server.Requests.Should().ContainSingle();
    }

    [Fact]
    public async Task D6_The_lifetime_counts_from_before_the_request()
    {
        DateTimeOffset received = default;
        await using var server = new RawServer(async (_, wire, stop) =>
        {
            received = TimeProvider.System.GetUtcNow();
            await wire.WriteAsync(Encoding.UTF8.GetBytes(RawServer.Response(Wire.Success())), stop);
            return true;
        });

        TokenReply reply = await _wire.RefreshAsync(server.Origin);

        reply.Tokens!.IssuedAt.Should().Be(reply.RequestedAt).And.BeOnOrBefore(received);
        reply.Tokens.ExpiresAt.Should().Be(reply.RequestedAt.AddHours(1));
    }

    [Fact]
    public async Task A_json_body_has_the_same_fields()
    {
        await using var server = new RawServer(RawServer.Response(Wire.Success()));
        OAuthProviderOptions options = Wire.Provider(server.Origin);
        options.RequestFormat = TokenRequestFormat.Json;
        string refreshToken = Canary.New("rt");

        await _wire.Tokens.RefreshAsync(options, refreshToken, Wire.Patience);

        RawRequest request = server.Requests.Single();
        request["Content-Type"].Should().Be("application/json");
        using JsonDocument body = JsonDocument.Parse(request.Body);
        body.RootElement.EnumerateObject().Select(m => m.Name).Should().Equal("grant_type", "refresh_token", "client_id", "client_secret");
        body.RootElement.GetProperty("refresh_token").GetString().Should().Be(refreshToken);
    }

    [Fact]
    public async Task Extra_headers_and_the_refresh_endpoint_are_used()
    {
        await using var server = new RawServer(RawServer.Response(Wire.Success()));
        OAuthProviderOptions options = Wire.Provider(server.Origin);
        options.RefreshEndpoint = server.Origin + "/refresh";
        options.RequestHeaders["User-Agent"] = "my app/1.0 (odd";
        options.RequestHeaders["Notion-Version"] = "2022-06-28";

        await _wire.Tokens.RefreshAsync(options, Canary.New("rt"), Wire.Patience);

        server.Requests.Single().Line.Should().Be("POST /refresh HTTP/1.1");
        server.Requests.Single()["User-Agent"].Should().Be("my app/1.0 (odd");
        server.Requests.Single()["Notion-Version"].Should().Be("2022-06-28");
    }

    [Fact]
    public async Task Client_credentials_ask_for_the_configured_scopes()
    {
        await using var server = new RawServer(RawServer.Response(Wire.Success()));
        OAuthProviderOptions options = Wire.Provider(server.Origin);

        await _wire.Tokens.GetClientCredentialsAsync(options, Wire.Patience);
        options.Scopes.Add("a");
        options.Scopes.Add("b");
        await _wire.Tokens.GetClientCredentialsAsync(options, Wire.Patience);

        server.Requests[0].Form.Keys.Should().BeEquivalentTo("grant_type", "client_id", "client_secret");
        server.Requests[1].Form.Should().Contain("grant_type", "client_credentials").And.Contain("scope", "a b");
    }

    [Fact]
    public async Task MT_5_No_cookie_trace_header_or_default_header_goes_from_one_call_to_the_next()
    {
        await using var server = new RawServer(RawServer.Response(Wire.Success(), headers: $"Set-Cookie: sid={Canary.New("cookie")}; Path=/\r\n"));
        using System.Diagnostics.Activity activity = new("app");
        activity.AddBaggage("user", "42").Start();

        await _wire.RefreshAsync(server.Origin);
        await _wire.RefreshAsync(server.Origin);

        server.Requests.Should().HaveCount(2);
        server.Requests.SelectMany(r => r.Headers.Select(h => h.Key)).Distinct(StringComparer.OrdinalIgnoreCase)
            .Should().BeEquivalentTo("Host", "Accept", "Accept-Encoding", "Content-Type", "Content-Length");
    }

    private sealed class RetryingHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
            for (int i = 0; i < 3 && !response.IsSuccessStatusCode; i++)
                response = await base.SendAsync(request, cancellationToken);
            return response;
        }
    }
}
