using System.Net;
using TokenLifecycle.Http;

namespace TokenLifecycle.Tests.Http;

public sealed class InsufficientScopeTests
{
    [Theory]
    [InlineData("Bearer error=\"insufficient_scope\"", null)]
    [InlineData("Bearer error=\"insufficient_scope\", scope=\"a b\"", "a b")]
    [InlineData("Bearer scope=\"a\", error=\"insufficient_scope\"", "a")]
    [InlineData("Bearer realm=\"x, error=\\\"invalid_token\\\", y\", error=\"insufficient_scope\", scope=\"a,b=c\"", "a,b=c")]
    [InlineData("bearer ERROR=insufficient_scope, Scope=a", "a")]
    [InlineData("Bearer error = \"insufficient_scope\" , scope = \"a\"", "a")]
    [InlineData("Bearer error=\"insufficient_scope\",scope=\"\"", "")]
    [InlineData("Basic realm=\"error=insufficient_scope\", Bearer error=\"insufficient_scope\", scope=\"a\"", "a")]
    public void AT_7_A_challenge_that_asks_for_a_wider_grant_is_understood(string challenge, string? scope)
    {
        foreach (HttpStatusCode status in new[] { HttpStatusCode.Forbidden, HttpStatusCode.Unauthorized })
        {
            Response(status, challenge).IsInsufficientScope(out string? required).Should().BeTrue();
            required.Should().Be(scope);
        }
    }

    [Theory]
    [InlineData("Bearer")]
    [InlineData("Bearer error=\"invalid_token\"")]
    [InlineData("Bearer error=\"invalid_token\", error_description=\"not an error=insufficient_scope, truly\"")]
    [InlineData("Bearer error_description=\"say \\\", error=insufficient_scope, \\\"\", error=\"invalid_token\"")]
    [InlineData("Basic error=\"insufficient_scope\"")]
    [InlineData("Bearer xerror=\"insufficient_scope\"")]
    [InlineData("Bearer insufficient_scope")]
    [InlineData("Bearer error=")]
    [InlineData("Bearer error=\"")]
    [InlineData("Bearer error=\"insufficient_scope\", scope=\"never closed")]
    [InlineData("=,=\",")]
    public void AT_7_Any_other_challenge_does_not_pass_for_one(string challenge)
    {
        Response(HttpStatusCode.Forbidden, challenge).IsInsufficientScope(out string? required).Should().BeFalse();
        required.Should().BeNull();
    }

    [Fact]
    public void AT_7_Other_statuses_do_not_speak_of_scopes()
    {
        Response(HttpStatusCode.BadRequest, "Bearer error=\"insufficient_scope\", scope=\"a\"").IsInsufficientScope(out string? required).Should().BeFalse();
        required.Should().BeNull();
    }

    private static HttpResponseMessage Response(HttpStatusCode status, string challenge)
    {
        var response = new HttpResponseMessage(status);
        response.Headers.TryAddWithoutValidation("WWW-Authenticate", challenge).Should().BeTrue();
        return response;
    }
}
