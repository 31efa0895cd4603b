using TokenLifecycle.Protocol;

namespace TokenLifecycle.Tests.Protocol;

public sealed class ChallengeErrorTests
{
    [Theory]
    [InlineData("Bearer error=\"invalid_grant\"", "invalid_grant")]
    [InlineData("Bearer realm=\"a, error=\\\"x\\\"\", error=\"invalid_grant\"", "invalid_grant")]
    [InlineData("Bearer realm=\"x\",error=invalid_grant,error_uri=\"y\"", "invalid_grant")]
    [InlineData("Basic realm=\"x\", Bearer ERROR = \"invalid_client\"", "invalid_client")]
    [InlineData("error=\"invalid_grant", "invalid_grant")]
    [Trait("Rule", "FP-20")]
    public void The_code_is_found(string challenge, string code) => ChallengeError.Find(challenge).Should().Be(code);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Basic realm=\"x\"")]
    [InlineData("Bearer error_description=\"invalid_grant\"")]
    [InlineData("Bearer realm=\"error=invalid_grant\"")]
    [InlineData("Bearer myerror=\"invalid_grant\"")]
    [InlineData("Bearer error=\"\"")]
    [InlineData("Bearer realm=\"unfinished \\")]
    public void Nothing_else_is_taken_for_one(string? challenge) => ChallengeError.Find(challenge).Should().BeNull();
}
