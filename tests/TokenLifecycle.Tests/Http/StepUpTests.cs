using System.Net;
using TokenLifecycle.Http;
using TokenLifecycle.Testing;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.Http;

/// <summary>An API that wants more of the user than a newer token can give.</summary>
public sealed class StepUpTests
{
    [Theory]
    [InlineData("Bearer error=\"insufficient_user_authentication\", acr_values=\"mfa\", max_age=\"300\"")]
    [InlineData("DPoP error=\"insufficient_user_authentication\"")]
    [InlineData("Bearer realm=\"\", error=\"insufficient_claims\", claims=\"eyJhY2Nlc3NfdG9rZW4iOnt9fQ==\"")]
    [InlineData("Bearer error=\"insufficient_scope\", scope=\"write\"")]
    [Trait("Rule", "SU-1")]
    [Trait("Rule", "SU-3")]
    public async Task A_challenge_to_the_user_is_returned_and_never_refreshed_on(string challenge)
    {
        await using World world = await HttpWorld.StartAsync();
        await world.ConnectAsync();
        world.Server.Api.FailAlways(Fault.Body(401, "more", "text/plain").WithHeader("WWW-Authenticate", challenge));

        using HttpResponseMessage response = await world.Api().SendAsync(world.Request());

        response.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
        (await response.Content.ReadAsStringAsync()).Should().Be("more");
        world.Refreshes.Should().Be(0);
        world.ApiRequests().Should().ContainSingle();
    }

    [Fact]
    [Trait("Rule", "SU-1")]
    public void What_the_API_wants_of_the_user_can_be_read()
    {
        using HttpResponseMessage response = Response("Bearer error=\"insufficient_user_authentication\", acr_values=\"mfa phr\", max_age=300");

        response.IsInsufficientUserAuthentication(out string? acrValues, out TimeSpan? maxAge).Should().BeTrue();

        (acrValues, maxAge).Should().Be(("mfa phr", TimeSpan.FromMinutes(5)));
        response.IsInsufficientClaims(out _).Should().BeFalse();
        response.IsInsufficientScope(out _).Should().BeFalse();
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("soon")]
    [InlineData("99999999999999999999")]
    [Trait("Rule", "SU-1")]
    public void An_age_that_is_not_a_number_of_seconds_is_left_out(string age)
    {
        using HttpResponseMessage response = Response($"Bearer error=\"insufficient_user_authentication\", max_age=\"{age}\"");

        response.IsInsufficientUserAuthentication(out string? acrValues, out TimeSpan? maxAge).Should().BeTrue();

        (acrValues, maxAge).Should().Be(((string?)null, (TimeSpan?)null));
    }

    [Fact]
    [Trait("Rule", "SU-3")]
    public void The_claims_of_a_challenge_can_be_read()
    {
        using HttpResponseMessage response = Response("Bearer error=\"insufficient_claims\", claims=\"eyJhIjoxfQ==\"");

        response.IsInsufficientClaims(out string? claims).Should().BeTrue();

        claims.Should().Be("eyJhIjoxfQ==");
        response.IsInsufficientUserAuthentication(out _, out _).Should().BeFalse();
    }

    private static HttpResponseMessage Response(string challenge)
    {
        var response = new HttpResponseMessage(HttpStatusCode.Unauthorized);
        response.Headers.TryAddWithoutValidation("WWW-Authenticate", challenge);
        return response;
    }
}
