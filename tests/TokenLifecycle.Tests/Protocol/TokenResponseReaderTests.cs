using System.Text;
using TokenLifecycle.Options;
using TokenLifecycle.Protocol;
using TokenLifecycle.TestKit;
using static TokenLifecycle.Tests.Protocol.Answers;

namespace TokenLifecycle.Tests.Protocol;

public sealed class TokenResponseReaderTests
{
    private const string Good = """{"access_token":"{at}","token_type":"Bearer","expires_in":3600,"refresh_token":"{rt}"}""";

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/vnd.provider.v2+json")]
    [InlineData("text/json")]
    [InlineData("text/plain")]
    [InlineData("text/javascript")]
    [InlineData("text/html")]
    [InlineData("application/octet-stream")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData(null)]
    [Trait("Rule", "FP-15")]
    [Trait("Rule", "TE-6")]
    public void A_complete_response_is_a_success_whatever_its_content_type_says(string? type)
    {
        TokenReply reply = Read(Good, type: type);

        reply.IsSuccess.Should().BeTrue();
        reply.Tokens!.AccessToken.Should().Contain(Canary.Mark);
        reply.Tokens.RefreshToken.Should().Contain(Canary.Mark);
        reply.Tokens.TokenType.Should().Be("Bearer");
        reply.Tokens.Issuer.Should().Be("https://idp.example");
        reply.Tokens.ClientId.Should().Be("app");
        reply.ShouldHoldNoSecret();
    }

    [Theory]
    [InlineData("bearer")]
    [InlineData("BEARER")]
    [InlineData("bEaReR")]
    public void TE_6_The_token_type_is_case_insensitive(string type) =>
        Read($$"""{"access_token":"{at}","token_type":"{{type}}"}""").IsSuccess.Should().BeTrue();

    [Theory]
    [InlineData("""{"access_token":"{at}","token_type":""}""")]
    [InlineData("""{"access_token":"{at}","token_type":"mac"}""")]
    [InlineData("""{"access_token":"{at}","token_type":"DPoP"}""")]
    [InlineData("""{"access_token":"{at}","token_type":1}""")]
    [InlineData("""{"access_token":"{at}","token_type":["Bearer"]}""")]
    [Trait("Rule", "TE-6")]
    public void An_unknown_token_type_is_refused(string body) => Read(body).ShouldBeProtocolError();

    [Theory]
    [InlineData("""{"access_token":"{at}"}""")]
    [InlineData("""{"access_token":"{at}","token_type":null}""")]
    [Trait("Rule", "FP-8")]
    [Trait("Rule", "TE-6")]
    public void A_missing_token_type_is_refused_but_on_a_refresh_which_keeps_the_type(string body)
    {
        Read(body, grant: OAuthGrantType.AuthorizationCode).ShouldBeProtocolError();
        Read(body, grant: OAuthGrantType.ClientCredentials).ShouldBeProtocolError();
        Read(body, grant: OAuthGrantType.RefreshToken).IsSuccess.Should().BeTrue();
    }

    [Fact]
    public void TE_6_Unknown_members_are_ignored_also_when_they_are_there_twice() =>
        Read("""{"x":1,"x":{"access_token":"{at}"},"access_token":"{at}","token_type":"Bearer","x":[null]}""").IsSuccess.Should().BeTrue();

    [Theory]
    [InlineData(202)]
    [InlineData(203)]
    [InlineData(206)]
    [InlineData(299)]
    [Trait("Rule", "TE-6")]
    public void Another_2xx_than_200_and_201_is_a_protocol_error(int status) =>
        Read("""{"access_token":"{at}","token_type":"Bearer"}""", status).ShouldBeProtocolError();

    [Theory]
    [Trait("Rule", "F27")]
    [InlineData("""{"access_token":"{at}","access_token":"{at}","token_type":"Bearer"}""")]
    [InlineData("""{"access_token":"{at}","\u0061ccess_token":"{at}","token_type":"Bearer"}""")]
    [InlineData("""{"access_token":"{at}","ACCESS_TOKEN":"{at}","token_type":"Bearer"}""")]
    [InlineData("""{"access_token":"{at}","\u0041ccess_Token":"{at}","token_type":"Bearer"}""")]
    [InlineData("""{"access_token":"{at}","token_type":"Bearer","token_type":"Bearer"}""")]
    [InlineData("""{"access_token":"{at}","token_type":"Bearer","Token_Type":"mac"}""")]
    [InlineData("""{"access_token":"{at}","token_type":"Bearer","expires_in":1,"expires_in":99999}""")]
    [InlineData("""{"access_token":"{at}","token_type":"Bearer","expires_at":1,"Expires_At":99999}""")]
    [InlineData("""{"access_token":"{at}","token_type":"Bearer","scope":"a","scope":"admin"}""")]
    [InlineData("""{"access_token":"{at}","token_type":"Bearer","error":"","error":"invalid_grant"}""")]
    public void TE_7_Duplicate_members_are_a_protocol_error(string body) => Read(body).ShouldBeProtocolError();

    [Theory]
    [InlineData("""{"access_token":"{at}","token_type":"Bearer","refresh_token":"{rt}","refresh_token":"{rt}"}""")]
    [InlineData("""{"access_token":"{at}","token_type":"Bearer","refresh_token":"{rt}","Refresh_Token":"{rt}"}""")]
    [InlineData("""{"access_token":"{at}","token_type":"Bearer","refresh_token":"{rt}","refresh\u005ftoken":"{rt}"}""")]
    public void TE_7_Two_refresh_tokens_are_a_protocol_error_and_none_is_picked(string body)
    {
        TokenReply reply = Read(body);

        reply.ShouldBeProtocolError();
        reply.SalvagedRefreshToken.Should().BeNull();
    }

    [Fact]
    [Trait("Rule", "F27")]
    public void TE_7_An_access_token_in_other_case_is_not_taken_for_one() =>
        Read("""{"Access_Token":"{at}","token_type":"Bearer"}""").ShouldBeProtocolError();

    [Theory]
    [InlineData("null")]
    [InlineData("1")]
    [InlineData("true")]
    [InlineData("\"\"")]
    [InlineData("{}")]
    [InlineData("[\"a\"]")]
    [InlineData("\"\\ud800\"")]
    [InlineData("\"a\\udc00b\"")]
    public void C4_F28_A_2xx_without_a_usable_access_token_is_a_protocol_error(string value) =>
        Read($$"""{"access_token":{{value}},"token_type":"Bearer"}""").ShouldBeProtocolError();

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"token_type":"Bearer","expires_in":3600}""")]
    [InlineData("""{"access_token":"{at}","token_type":"Bearer","refresh_token":5}""")]
    [InlineData("""{"access_token":"{at}","token_type":"Bearer","refresh_token":{"v":"{rt}"}}""")]
    [InlineData("""{"access_token":"{at}","token_type":"Bearer","scope":7}""")]
    [InlineData("""{"access_token":"{at}","token_type":"Bearer","scope":["a",7]}""")]
    [InlineData("""{"access_token":"{at}","token_type":"Bearer","error":{"code":1}}""")]
    [InlineData("""{"access_token":"{at}","token_type":"Bearer","\ud800":1}""")]
    [InlineData("""{"access_token":"{at}\ud800","token_type":"Bearer"}""")]
    public void TE_7_Wrong_types_are_a_protocol_error(string body) => Read(body).ShouldBeProtocolError();

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"{at}\"")]
    [InlineData("<html>{at}</html>")]
    [InlineData("""{"access_token":"{at}","token_type":"Bearer"} trailing""")]
    [InlineData("""{"access_token":"{at}","token_type":"Bearer"}{}""")]
    [InlineData("""{"access_token":"{at}","token_type":"Bearer",}""")]
    [InlineData("""{"access_token":"{at}","token_type":"Bearer"/*c*/}""")]
    [InlineData("""{"access_token":"{at}","token_type":"Bear""")]
    public void F24_F25_What_is_not_exactly_one_json_object_is_a_protocol_error(string body) => Read(body).ShouldBeProtocolError();

    [Fact]
    public void F24_A_byte_order_mark_is_skipped() =>
        Read("\uFEFF" + """{"access_token":"{at}","token_type":"Bearer"}""").IsSuccess.Should().BeTrue();

    [Fact]
    public void F24_Another_charset_is_a_protocol_error() =>
        Read(Encoding.Unicode.GetBytes(Fill("""{"access_token":"{at}","token_type":"Bearer"}"""))).ShouldBeProtocolError();

    [Fact]
    public void F24_Bytes_that_are_not_utf_8_in_a_token_are_a_protocol_error()
    {
        byte[] body = Encoding.Latin1.GetBytes(Fill("""{"access_token":"{at}é","token_type":"Bearer"}"""));

        Read(body).ShouldBeProtocolError();
    }

    [Theory]
    [InlineData("3600", 3600)]
    [InlineData("\"3600\"", 3600)]
    [InlineData("\" 3600 \"", 3600)]
    [InlineData("3600.0", 3600)]
    [InlineData("\"3600.0\"", 3600)]
    [InlineData("1e3", 1000)]
    [InlineData("\"1e3\"", 1000)]
    [InlineData("3599.9", 3599)]
    [InlineData("1", 1)]
    [InlineData("0", 0)]
    [InlineData("-1", 0)]
    [InlineData("\"-1\"", 0)]
    [InlineData("-1e400", 0)]
    [InlineData("-9223372036854775809", 0)]
    [InlineData("31536000", 31536000)]
    [InlineData("31536001", 31536000)]
    [InlineData("999999999", 31536000)]
    public void TE_8_D3_F29_Every_number_of_seconds_becomes_a_lifetime_that_no_timer_trips_over(string value, int seconds)
    {
        TokenReply reply = Read($$"""{"access_token":"{at}","token_type":"Bearer","expires_in":{{value}}}""");

        reply.IsSuccess.Should().BeTrue();
        reply.Tokens!.ExpiresAt.Should().Be(Start.AddSeconds(seconds));
        reply.Detail.Should().BeNull();
    }

    [Theory]
    [InlineData("true")]
    [InlineData("\"177:05:38\"")]
    [InlineData("\"\"")]
    [InlineData("\"soon\"")]
    [InlineData("\"Infinity\"")]
    [InlineData("\"NaN\"")]
    [InlineData("\"+-1\"")]
    [InlineData("{}")]
    [InlineData("[3600]")]
    [InlineData("\"\\ud800\"")]
    public void TE_8_D3_A_lifetime_that_is_no_number_counts_as_missing_and_is_noted(string value)
    {
        TokenReply reply = Read($$"""{"access_token":"{at}","token_type":"Bearer","expires_in":{{value}}}""");

        reply.IsSuccess.Should().BeTrue();
        reply.Tokens!.ExpiresAt.Should().BeNull();
        reply.Detail.Should().NotBeNull();
    }

    [Theory]
    [InlineData("1568775134")]
    [InlineData("1568775134000")]
    [InlineData("9223372036854775807")]
    [InlineData("9223372036854775808")]
    [InlineData("1e400")]
    [Trait("Rule", "FP-17")]
    public void D3_A_lifetime_that_can_only_be_a_date_or_another_unit_counts_as_missing_and_is_noted(string value)
    {
        TokenReply reply = Read($$"""{"access_token":"{at}","token_type":"Bearer","expires_in":{{value}}}""");

        reply.IsSuccess.Should().BeTrue();
        reply.Tokens!.ExpiresAt.Should().BeNull();
        reply.Detail.Should().Contain("ExpiresInUnit");
    }

    [Theory]
    [InlineData("""{"access_token":"{at}","token_type":"Bearer"}""")]
    [InlineData("""{"access_token":"{at}","token_type":"Bearer","expires_in":null}""")]
    public void TE_8_D1_D2_A_missing_lifetime_is_unknown_and_never_immortal(string body)
    {
        TokenReply reply = Read(body);

        reply.Tokens!.ExpiresAt.Should().BeNull();
        reply.Tokens.Lifetime.Should().BeNull();
        reply.Tokens.IssuedAt.Should().Be(Start);
        reply.Detail.Should().BeNull();
    }

    [Fact]
    public void D1_F42_The_lifetime_comes_before_the_expiry_time()
    {
        long end = Start.AddHours(9).ToUnixTimeSeconds();

        Read($$"""{"access_token":"{at}","token_type":"Bearer","expires_in":60,"expires_at":{{end}}}""").Tokens!.ExpiresAt.Should().Be(Start.AddSeconds(60));
    }

    [Fact]
    public void D1_D6_F42_The_expiry_time_is_read_by_the_providers_clock_and_measured_on_ours()
    {
        DateTimeOffset theirs = Start.AddMinutes(20);
        TokenReply reply = Read($$"""{"access_token":"{at}","token_type":"Bearer","expires_at":{{theirs.AddHours(6).ToUnixTimeSeconds()}}}""", date: theirs);

        reply.Tokens!.ExpiresAt.Should().Be(Start.AddHours(6));
        reply.ClockSkew.Should().Be(TimeSpan.FromMinutes(20));
    }

    [Fact]
    public void D1_Without_a_date_header_our_clock_stands_in()
    {
        TokenReply reply = Read($$"""{"access_token":"{at}","token_type":"Bearer","expires_at":"{{Start.AddHours(6).ToUnixTimeSeconds()}}"}""");

        reply.Tokens!.ExpiresAt.Should().Be(Start.AddHours(6));
        reply.ClockSkew.Should().BeNull();
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("-5", 0)]
    [InlineData("-9223372036854775808", 0)]
    [InlineData("9223372036854775807", 31536000)]
    [InlineData("1e400", 31536000)]
    [InlineData("99999999999", 31536000)]
    public void D3_An_absurd_expiry_time_does_not_throw(string value, int seconds)
    {
        TokenReply reply = Read($$"""{"access_token":"{at}","token_type":"Bearer","expires_at":{{value}}}""", date: Start);

        reply.Tokens!.ExpiresAt.Should().Be(Start.AddSeconds(seconds));
    }

    [Theory]
    [InlineData(-9223372036854775808)]
    [InlineData(9223372036854775807)]
    public void D3_An_absurd_clock_is_reported_and_does_not_throw(long end) =>
        Read($$"""{"access_token":"{at}","token_type":"Bearer","expires_in":3600,"expires_at":{{end}}}""").ClockSkew.Should().NotBeNull();

    [Theory]
    [InlineData(61, true)]
    [InlineData(-61, true)]
    [InlineData(60, false)]
    [InlineData(-60, false)]
    [InlineData(0, false)]
    public void D1_Skew_is_reported_when_expiry_time_and_lifetime_disagree_by_more_than_a_minute(int ahead, bool reported)
    {
        long end = Start.AddSeconds(ahead + 3600).ToUnixTimeSeconds();
        TokenReply reply = Read($$"""{"access_token":"{at}","token_type":"Bearer","expires_in":3600,"expires_at":{{end}}}""");

        reply.Tokens!.ExpiresAt.Should().Be(Start.AddHours(1), "skew changes what is reported, never the lifetime");
        reply.ClockSkew.Should().Be(reported ? TimeSpan.FromSeconds(ahead) : null);
    }

    [Fact]
    public void D1_The_members_names_are_settings()
    {
        OAuthProviderOptions options = Provider();
        options.ExpiresInField = "lives_for";
        options.RefreshTokenExpiresInField = "x_refresh_token_expires_in";
        TokenReply reply = Read("""{"access_token":"{at}","token_type":"Bearer","expires_in":1,"lives_for":"50","x_refresh_token_expires_in":100}""", options: options);

        reply.Tokens!.ExpiresAt.Should().Be(Start.AddSeconds(50));
        reply.Tokens.RefreshTokenExpiresAt.Should().Be(Start.AddSeconds(100));
    }

    [Theory]
    [InlineData("604799", 604799)]
    [InlineData("157680000", 157680000)]
    [InlineData("0", null)]
    [InlineData("-1", null)]
    [InlineData("\"never\"", null)]
    [InlineData("1e400", 315360000)]
    public void D10_The_refresh_tokens_lifetime_is_read_and_zero_is_no_lifetime(string value, int? seconds) =>
        Read($$"""{"access_token":"{at}","token_type":"Bearer","refresh_token":"{rt}","refresh_token_expires_in":{{value}}}""")
            .Tokens!.RefreshTokenExpiresAt.Should().Be(seconds is { } s ? Start.AddSeconds(s) : null);

    [Theory]
    [InlineData("604799", 604799)]
    [InlineData("604799.9", 604799)]
    [InlineData("\"604799\"", 604799)]
    [InlineData("4294967296", 315360000)]
    [InlineData("1e400", 315360000)]
    [InlineData("0", null)]
    [InlineData("-1", null)]
    [InlineData("\"never\"", null)]
    [InlineData("null", null)]
    [Trait("Rule", "RX-4")]
    public void The_members_of_the_draft_on_refresh_token_expiry_are_read_as_other_lifetimes_are(string value, int? seconds)
    {
        foreach (string member in (string[])["refresh_token_timeout", "authorization_expires_in"])
        {
            Read($$"""{"access_token":"{at}","token_type":"Bearer","refresh_token":"{rt}","{{member}}":{{value}}}""")
                .Tokens!.RefreshTokenExpiresAt.Should().Be(seconds is { } s ? Start.AddSeconds(s) : null);
        }
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("315705599")]
    [Trait("Rule", "FP-16")]
    public void A_lifetime_that_nothing_can_renew_is_never_over_at_once_and_never_cut(string value)
    {
        DateTimeOffset? end = Read($$"""{"access_token":"{at}","token_type":"Bearer","expires_in":{{value}}}""", grant: OAuthGrantType.AuthorizationCode).Tokens!.ExpiresAt;

        end.Should().Be(value.Length < 3 ? null : Start.AddSeconds(315705599));
        Read($$"""{"access_token":"{at}","token_type":"Bearer","refresh_token":"{rt}","expires_in":{{value}}}""", grant: OAuthGrantType.AuthorizationCode)
            .Tokens!.ExpiresAt.Should().Be(value.Length < 3 ? Start : Start.AddDays(365));
    }

    [Fact]
    public void TE_9_A_missing_scope_is_as_requested()
    {
        Read("""{"access_token":"{at}","token_type":"Bearer"}""").Tokens!.Scopes.Should().BeNull();
        Read("""{"access_token":"{at}","token_type":"Bearer","scope":null}""").Tokens!.Scopes.Should().BeNull();
    }

    [Theory]
    [InlineData("\"\"")]
    [InlineData("\" \"")]
    [InlineData("[]")]
    public void TE_9_CVE_2022_31690_An_empty_scope_is_none_and_never_widened(string scope) =>
        Read($$"""{"access_token":"{at}","token_type":"Bearer","scope":{{scope}}}""").Tokens!.Scopes.Should().BeEmpty().And.NotBeNull();

    [Theory]
    [InlineData("\"read write\"")]
    [InlineData("\"read,write\"")]
    [InlineData("\"read, write\"")]
    [InlineData("[\"read\",\"write\"]")]
    public void TE_9_A_present_scope_is_stored_as_granted(string scope) =>
        Read($$"""{"access_token":"{at}","token_type":"Bearer","scope":{{scope}}}""").Tokens!.Scopes.Should().Equal("read", "write");

    [Fact]
    public void TE_10_A_token_that_looks_like_a_jwt_is_as_opaque_as_any_other()
    {
        static string Part(string json) => Convert.ToBase64String(Encoding.UTF8.GetBytes(json)).TrimEnd('=').Replace('+', '-').Replace('/', '_');
        string jwt = Part("""{"alg":"none"}""") + "." + Part("""{"exp":1,"scope":"admin","sub":"root"}""") + ".";

        TokenSet tokens = Read($$"""{"access_token":"{{jwt}}","token_type":"Bearer"}""").Tokens!;

        tokens.AccessToken.Should().Be(jwt);
        tokens.ExpiresAt.Should().BeNull();
        tokens.Scopes.Should().BeNull();
        tokens.AccountId.Should().BeNull();
    }

    [Theory]
    [InlineData("\\r\\n")]
    [InlineData("\\u0000")]
    [InlineData("\\u007f")]
    [InlineData("é")]
    [InlineData(",")]
    [InlineData(" ")]
    [InlineData("\\\"")]
    [InlineData("\\\\")]
    [InlineData("\uD83D\uDE00")]
    public void AT_8_A_token_that_no_header_can_carry_is_refused_without_its_value(string bad)
    {
        TokenReply reply = Read($$"""{"access_token":"{at}{{bad}}","token_type":"Bearer"}""");

        reply.ShouldBeProtocolError();
        reply.Detail.Should().Contain("no header can carry");
    }

    [Fact]
    public void AT_8_Characters_beyond_those_of_RFC_6750_are_taken_as_several_providers_use_them() =>
        Read("""{"access_token":"{at}!a|b^1.1#i:=a;()$'~","token_type":"Bearer"}""").IsSuccess.Should().BeTrue();

    [Theory]
    [InlineData("\\r\\n")]
    [InlineData("\\u0000")]
    [InlineData("é")]
    public void AT_8_A_refresh_token_with_control_characters_is_refused(string bad)
    {
        TokenReply reply = Read($$"""{"access_token":"{at}","token_type":"Bearer","refresh_token":"{rt}{{bad}}"}""");

        reply.ShouldBeProtocolError();
        reply.SalvagedRefreshToken.Should().BeNull();
    }

    [Theory]
    [InlineData("""{"access_token":"{at}","token_type":"Bearer"}""")]
    [InlineData("""{"access_token":"{at}","token_type":"Bearer","refresh_token":null}""")]
    [InlineData("""{"access_token":"{at}","token_type":"Bearer","refresh_token":""}""")]
    public void RF_2_A_missing_null_or_empty_refresh_token_brings_none(string body)
    {
        TokenReply reply = Read(body);

        reply.IsSuccess.Should().BeTrue();
        reply.Tokens!.RefreshToken.Should().BeNull();
        reply.SalvagedRefreshToken.Should().BeNull();
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(16 * 1024, true)]
    [InlineData(32 * 1024, true)]
    [InlineData(32 * 1024 + 1, false)]
    public void DL_7_An_access_token_is_taken_whole_or_refused_whole(int size, bool taken)
    {
        string token = new('a', size);
        TokenReply reply = Read($$"""{"access_token":"{{token}}","token_type":"Bearer"}""");

        reply.IsSuccess.Should().Be(taken);
        (reply.Tokens?.AccessToken).Should().Be(taken ? token : null);
    }

    [Theory]
    [InlineData(4 * 1024, true)]
    [InlineData(8 * 1024, true)]
    [InlineData(8 * 1024 + 1, false)]
    public void F30_A_refresh_token_is_taken_whole_or_refused_whole(int size, bool taken)
    {
        string token = new('a', size);
        TokenReply reply = Read($$"""{"access_token":"{at}","token_type":"Bearer","refresh_token":"{{token}}"}""");

        (reply.Tokens?.RefreshToken).Should().Be(taken ? token : null);
        reply.SalvagedRefreshToken.Should().BeNull();
        if (!taken)
            reply.ShouldBeProtocolError();
    }

    [Fact]
    public void DL_6_Depth_is_limited()
    {
        string deep = string.Concat(Enumerable.Repeat("[", 10_000)) + string.Concat(Enumerable.Repeat("]", 10_000));

        Read($$"""{"access_token":"{at}","token_type":"Bearer","x":{{deep}}}""").ShouldBeProtocolError();
    }

    [Theory]
    [InlineData(900, true)]
    [InlineData(1000, false)]
    public void DL_6_The_number_of_members_is_limited(int count, bool taken)
    {
        string many = string.Concat(Enumerable.Range(0, count).Select(i => $"\"k{i}\":0,"));

        Read($$"""{{{many}}"access_token":"{at}","token_type":"Bearer"}""").IsSuccess.Should().Be(taken);
    }

    [Theory]
    [InlineData("""{"athlete":{"id":9223372036854775807}}""", "9223372036854775807")]
    [InlineData("""{"athlete":{"id":"abc"}}""", "abc")]
    [InlineData("""{"athlete":{"id":9007199254740993}}""", "9007199254740993")]
    [InlineData("""{"athlete":{"id":1.5}}""", null)]
    [InlineData("""{"athlete":{"id":18446744073709551616}}""", null)]
    [InlineData("""{"athlete":{"id":""}}""", null)]
    [InlineData("""{"athlete":{"id":true}}""", null)]
    [InlineData("""{"athlete":{"id":null}}""", null)]
    [InlineData("""{"athlete":{"id":1,"id":2}}""", null)]
    [InlineData("""{"athlete":[]}""", null)]
    [InlineData("{}", null)]
    public void MT_6_The_account_id_is_text_or_an_exact_integer(string extra, string? expected)
    {
        OAuthProviderOptions options = Provider();
        options.AccountIdFrom = AccountIdSource.Reply;
        options.AccountIdPath = "athlete.id";
        string members = extra[1..^1];
        string body = $$"""{"access_token":"{at}","token_type":"Bearer"{{(members.Length > 0 ? "," + members : "")}}}""";

        TokenReply reply = Read(body, options: options);

        reply.IsSuccess.Should().BeTrue();
        reply.Tokens!.AccountId.Should().Be(expected);
    }

    [Fact]
    public void Captured_fields_are_scalars_up_to_a_kilobyte()
    {
        OAuthProviderOptions options = Provider();
        foreach (string path in (string[])["instance_url", "team.id", "n", "b", "big", "obj", "none"])
            options.CapturedFields.Add(path);
        string big = new('x', 1025);

        TokenReply reply = Read($$$"""
            {"access_token":"{at}","token_type":"Bearer","instance_url":"https://na1","team":{"id":"T1"},"n":7,"b":true,"big":"{{{big}}}","obj":{}}
            """.Trim(), options: options);

        reply.Tokens!.Captured.Should().BeEquivalentTo(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["instance_url"] = "https://na1", ["team.id"] = "T1", ["n"] = "7", ["b"] = "true",
        });
    }
}
