using System.Text;
using TokenLifecycle.Options;
using TokenLifecycle.Protocol;
using TokenLifecycle.TestKit;
using static TokenLifecycle.Tests.Protocol.Answers;

namespace TokenLifecycle.Tests.Protocol;

public sealed class ErrorClassifierTests
{
    [Theory]
    [InlineData("invalid_grant", TokenErrorKind.InvalidGrant, TokenFailureKind.GrantRejected)]
    [InlineData("invalid_client", TokenErrorKind.InvalidClient, TokenFailureKind.ClientRejected)]
    [InlineData("unauthorized_client", TokenErrorKind.InvalidClient, TokenFailureKind.ClientRejected)]
    [InlineData("unsupported_grant_type", TokenErrorKind.InvalidClient, TokenFailureKind.ClientRejected)]
    [InlineData("invalid_scope", TokenErrorKind.InvalidClient, TokenFailureKind.ClientRejected)]
    [InlineData("consent_required", TokenErrorKind.InteractionRequired, TokenFailureKind.InteractionRequired)]
    [InlineData("interaction_required", TokenErrorKind.InteractionRequired, TokenFailureKind.InteractionRequired)]
    [InlineData("login_required", TokenErrorKind.InteractionRequired, TokenFailureKind.InteractionRequired)]
    [InlineData("account_selection_required", TokenErrorKind.InteractionRequired, TokenFailureKind.InteractionRequired)]
    [InlineData("temporarily_unavailable", TokenErrorKind.Transient, TokenFailureKind.ProviderUnavailable)]
    [InlineData("server_error", TokenErrorKind.Transient, TokenFailureKind.ProviderUnavailable)]
    [InlineData("slow_down", TokenErrorKind.RateLimited, TokenFailureKind.RateLimited)]
    [InlineData("invalid_request", TokenErrorKind.ConcurrentUse, TokenFailureKind.UnknownRejection)]
    [InlineData("bad_refresh_token", TokenErrorKind.Unknown, TokenFailureKind.UnknownRejection)]
    [InlineData("Invalid_Grant", TokenErrorKind.Unknown, TokenFailureKind.UnknownRejection)]
    public void RF_10_C6_C7_C8_C9_Every_code_of_a_refresh_has_its_meaning(string code, TokenErrorKind kind, TokenFailureKind failure)
    {
        foreach (int status in (int[])[400, 401, 403, 404])
        {
            TokenReply reply = Read($$"""{"error":"{{code}}","error_description":"{rt}"}""", status);

            reply.Error.Should().Be(kind);
            reply.Failure.Should().Be(failure);
            reply.Outcome.Should().Be(TokenOutcome.Refused);
            reply.ErrorCode.Should().Be(code);
            reply.HttpStatus.Should().Be(status);
            reply.ShouldHoldNoSecret();
        }
    }

    [Theory]
    [InlineData("invalid_grant", OAuthGrantType.AuthorizationCode, TokenErrorKind.InvalidCode)]
    [InlineData("invalid_grant", OAuthGrantType.ClientCredentials, TokenErrorKind.InvalidClient)]
    [InlineData("invalid_request", OAuthGrantType.AuthorizationCode, TokenErrorKind.InvalidClient)]
    [InlineData("invalid_request", OAuthGrantType.ClientCredentials, TokenErrorKind.InvalidClient)]
    public void C7_The_grant_decides_what_a_code_means(string code, OAuthGrantType grant, TokenErrorKind kind) =>
        Read($$"""{"error":"{{code}}"}""", 400, grant: grant).Error.Should().Be(kind);

    [Theory]
    [InlineData("invalid_grant")]
    [InlineData("invalid_client")]
    [InlineData("invalid_request")]
    [InlineData("temporarily_unavailable")]
    [InlineData("bad_refresh_token")]
    public void C3_A_200_with_an_error_is_classified_like_a_400(string code)
    {
        foreach (int status in (int[])[200, 201])
        {
            TokenReply expected = Read($$"""{"error":"{{code}}"}""", 400);
            TokenReply reply = Read($$"""{"error":"{{code}}","access_token":"{at}","token_type":"Bearer"}""", status);

            reply.Tokens.Should().BeNull();
            (reply.Error, reply.Failure, reply.Outcome, reply.ErrorCode).Should().Be((expected.Error, expected.Failure, expected.Outcome, expected.ErrorCode));
        }
    }

    [Fact]
    public void C3_A_rule_for_400_holds_for_the_same_body_with_200()
    {
        OAuthProviderOptions options = With(new TokenErrorRule { Status = 400, Path = "error", Value = "bad_refresh_token", Kind = TokenErrorKind.InvalidGrant });

        Read("""{"error":"bad_refresh_token"}""", 200, options: options).Error.Should().Be(TokenErrorKind.InvalidGrant);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("\"\"")]
    public void C3_An_empty_error_beside_tokens_is_none(string error) =>
        Read($$"""{"error":{{error}},"access_token":"{at}","token_type":"Bearer"}""").IsSuccess.Should().BeTrue();

    [Theory]
    [InlineData(408, nameof(TokenOutcome.Refused))]
    [InlineData(409, nameof(TokenOutcome.Refused))]
    [InlineData(423, nameof(TokenOutcome.Refused))]
    [InlineData(425, nameof(TokenOutcome.Refused))]
    [InlineData(500, nameof(TokenOutcome.Unknown))]
    [InlineData(501, nameof(TokenOutcome.Unknown))]
    [InlineData(502, nameof(TokenOutcome.Unknown))]
    [InlineData(503, nameof(TokenOutcome.Refused))]
    [InlineData(504, nameof(TokenOutcome.Unknown))]
    [InlineData(522, nameof(TokenOutcome.Unknown))]
    public void C2_RF_7_F32_A_status_of_the_servers_own_trouble_is_transient_whatever_the_body_says(int status, string outcome)
    {
        foreach (string body in (string[])["", "<html>", """{"error":"invalid_grant"}"""])
        {
            TokenReply reply = Read(body, status);

            reply.Error.Should().Be(TokenErrorKind.Transient);
            reply.Outcome.ToString().Should().Be(outcome);
        }
    }

    [Fact]
    public void C2_RF_7_A_429_is_a_rate_limit_whatever_the_body_says()
    {
        foreach (string body in (string[])["", "<html>", """{"error":"invalid_grant"}"""])
        {
            TokenReply reply = Read(body, 429);

            reply.Error.Should().Be(TokenErrorKind.RateLimited);
            reply.Failure.Should().Be(TokenFailureKind.RateLimited);
            reply.Outcome.Should().Be(TokenOutcome.Refused);
        }
    }

    [Theory]
    [InlineData("", "application/json")]
    [InlineData("<html>blocked {rt}</html>", "text/html")]
    [InlineData("<html>blocked {rt}</html>", "application/json")]
    [InlineData("""{"error":"invalid_grant"}""", "text/html")]
    [InlineData("""{"error":"invalid_grant""", "application/json")]
    [InlineData("""{"error":"invalid_grant"} x""", "application/json")]
    public void C5_A_body_that_is_no_oauth_error_is_transient_and_its_text_is_not_kept(string body, string type)
    {
        foreach (int status in (int[])[400, 401, 403, 404, 410])
        {
            TokenReply reply = Read(body, status, type);

            reply.Error.Should().Be(TokenErrorKind.Transient);
            reply.Failure.Should().Be(TokenFailureKind.ProtocolError);
            reply.Outcome.Should().Be(TokenOutcome.Refused);
            reply.ErrorCode.Should().BeNull();
            reply.ShouldHoldNoSecret();
        }
    }

    [Fact]
    public void TE_7_An_error_that_is_there_twice_does_not_end_a_grant() =>
        Read("""{"error":"invalid_grant","error":"server_error"}""", 400).Error.Should().Be(TokenErrorKind.Unknown);

    [Theory]
    [InlineData("""{"error":{"code":"invalid_grant"}}""")]
    [InlineData("""{"type":"not_found_error"}""")]
    [InlineData("""["invalid_grant"]""")]
    [InlineData("{}")]
    public void C6_Json_without_a_known_code_is_unknown(string body) => Read(body, 404).Error.Should().Be(TokenErrorKind.Unknown);

    [Fact]
    public void RF_7_A_torn_error_answer_is_unknown_and_no_code_is_read_from_it()
    {
        byte[] body = """{"error":"invalid_grant"}"""u8.ToArray();

        TokenReply reply = Read(body, 400, options: With(new TokenErrorRule { Status = 400, Kind = TokenErrorKind.InvalidGrant }), fault: BackChannelFault.NoAnswer);

        reply.Outcome.Should().Be(TokenOutcome.Unknown);
        reply.Error.Should().Be(TokenErrorKind.Transient);
        reply.ErrorCode.Should().BeNull();
    }

    [Fact]
    public void RF_7_A_torn_429_still_is_a_429()
    {
        TokenReply reply = Read([], 429, fault: BackChannelFault.NoAnswer);

        reply.Outcome.Should().Be(TokenOutcome.Refused);
        reply.Error.Should().Be(TokenErrorKind.RateLimited);
    }

    [Fact]
    public void C12_A_rule_can_classify_a_500_by_its_body()
    {
        OAuthProviderOptions options = With(new TokenErrorRule { Path = "response.code", Value = "7", Kind = TokenErrorKind.InvalidGrant });

        TokenReply reply = Read("""{"response":{"code":7}}""", 500, options: options);

        reply.Error.Should().Be(TokenErrorKind.InvalidGrant);
        reply.Outcome.Should().Be(TokenOutcome.Refused);
        Read("""{"response":{"code":8}}""", 500, options: options).Error.Should().Be(TokenErrorKind.Transient);
    }

    [Fact]
    public void C12_A_rule_can_recognize_an_error_in_a_200_that_has_no_error_member()
    {
        OAuthProviderOptions options = With(new TokenErrorRule { Path = "status", Value = "401", Kind = TokenErrorKind.InvalidGrant });

        TokenReply reply = Read("""{"status":401,"body":{}}""", 200, options: options);

        reply.Error.Should().Be(TokenErrorKind.InvalidGrant);
        reply.ErrorCode.Should().Be("401");
        Read("""{"status":401,"access_token":"{at}","token_type":"Bearer"}""", 200, options: options).IsSuccess.Should().BeTrue();
    }

    [Fact]
    public void C12_The_first_rule_that_fits_decides_and_every_condition_must_hold()
    {
        OAuthProviderOptions options = With(
            new TokenErrorRule { Grant = OAuthGrantType.AuthorizationCode, Path = "error", Value = "x", Kind = TokenErrorKind.InvalidCode },
            new TokenErrorRule { Status = 403, Path = "error", Value = "x", Kind = TokenErrorKind.InteractionRequired },
            new TokenErrorRule { EmptyBody = true, Status = 400, Kind = TokenErrorKind.PossiblyInvalidGrant },
            new TokenErrorRule { Path = "error_subtype", Kind = TokenErrorKind.InteractionRequired },
            new TokenErrorRule { Path = "error", Value = "x", Kind = TokenErrorKind.InvalidGrant });

        Read("""{"error":"x"}""", 400, options: options, grant: OAuthGrantType.AuthorizationCode).Error.Should().Be(TokenErrorKind.InvalidCode);
        Read("""{"error":"x"}""", 403, options: options).Error.Should().Be(TokenErrorKind.InteractionRequired);
        Read("""{"error":"x"}""", 400, options: options).Error.Should().Be(TokenErrorKind.InvalidGrant);
        Read("", 400, options: options).Error.Should().Be(TokenErrorKind.PossiblyInvalidGrant);
        Read("", 401, options: options).Error.Should().Be(TokenErrorKind.Transient);
        Read("""{"error":"invalid_grant","error_subtype":"invalid_rapt"}""", 400, options: options).Error.Should().Be(TokenErrorKind.InteractionRequired);
        Read("""{"error":"invalid_grant"}""", 400, options: options).Error.Should().Be(TokenErrorKind.InvalidGrant);
    }

    [Theory]
    [InlineData("""{"message":"Bad Request","errors":[{"resource":"RefreshToken","field":"refresh_token","code":"invalid"}]}""", 400, TokenErrorKind.InvalidGrant)]
    [InlineData("""{"message":"Bad Request","errors":[{"resource":"AuthorizationCode","field":"code","code":"invalid"}]}""", 400, TokenErrorKind.InvalidCode)]
    [InlineData("""{"message":"Bad Request","errors":[{"resource":"Application","field":"client_id","code":"invalid"}]}""", 400, TokenErrorKind.InvalidClient)]
    [InlineData("""{"message":"Authorization Error","errors":[{"resource":"Application","field":"","code":"invalid"}]}""", 401, TokenErrorKind.InvalidClient)]
    [InlineData("""{"message":"Rate Limit Exceeded","errors":[{"resource":"Application","field":"rate limit","code":"exceeded"}]}""", 403, TokenErrorKind.RateLimited)]
    [InlineData("<html>cloudfront</html>", 400, TokenErrorKind.Transient)]
    public void C6_Stravas_faults_can_be_told_by_data_alone(string body, int status, TokenErrorKind kind)
    {
        OAuthProviderOptions options = With(
            new TokenErrorRule { Path = "errors[*].code", Value = "exceeded", Kind = TokenErrorKind.RateLimited },
            new TokenErrorRule { Path = "errors[*].resource", Value = "RefreshToken", Kind = TokenErrorKind.InvalidGrant },
            new TokenErrorRule { Path = "errors[*].resource", Value = "AuthorizationCode", Kind = TokenErrorKind.InvalidCode },
            new TokenErrorRule { Path = "errors[*].resource", Value = "Application", Kind = TokenErrorKind.InvalidClient });

        Read(body, status, options: options).Error.Should().Be(kind);
    }

    [Fact]
    public void LG_4_An_error_code_is_stripped_and_capped()
    {
        Read("""{"error":"bad\r\n\u001b[31mcode <b>"}""", 400).ErrorCode.Should().Be("bad31mcodeb");
        Read($$"""{"error":"{{new string('x', 60_000)}}"}""", 400).ErrorCode.Should().HaveLength(64);
        Read("""{"error":"\r\n"}""", 400).ErrorCode.Should().BeNull();
    }

    [Theory]
    [InlineData("{0}")]
    [InlineData("token {0} is dead")]
    [InlineData("x{0}")]
    public void LG_3_An_error_that_echoes_what_was_sent_is_not_kept(string pattern)
    {
        string sent = Canary.New("rt");
        string padded = new string('x', 60) + sent;
        string split = sent.Insert(5, "\\u0000");

        Read($$"""{"error":"{{pattern.Replace("{0}", sent, StringComparison.Ordinal)}}"}""", 400, sent: sent).ErrorCode.Should().BeNull();
        Read($$"""{"error":"{{padded}}"}""", 400, sent: sent).ErrorCode.Should().BeNull();
        Read($$"""{"error":"{{split}}"}""", 400, sent: sent).ErrorCode.Should().BeNull();
    }

    [Fact]
    public void LG_3_Nothing_but_the_code_is_kept_of_an_error_answer()
    {
        TokenReply reply = Read(Encoding.UTF8.GetBytes(Fill("""{"error":"invalid_grant","error_description":"Refresh token invalid: {rt}","error_uri":"https://x/?t={at}"}""")), 400);

        reply.ErrorCode.Should().Be("invalid_grant");
        reply.ShouldHoldNoSecret();
    }

    private static OAuthProviderOptions With(params TokenErrorRule[] rules)
    {
        OAuthProviderOptions options = Provider();
        foreach (TokenErrorRule rule in rules)
            options.ErrorRules.Add(rule);
        return options;
    }
}
